"""Forms of the panel: the kind of consultation, the search."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from sourcier.kernel.activities import Activity
from sourcier.register.establishment import Filters
from sourcier.sourcing.models import Search, Sourcing

RADII = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 50_000, 100_000, 200_000)
SIZES = (
    ("none", "sans salarié connu", ("NN", "00", "")),
    ("micro", "1 à 9 salariés", ("01", "02", "03")),
    ("small", "10 à 49 salariés", ("11", "12")),
    ("medium", "50 à 249 salariés", ("21", "22", "31")),
    ("large", "250 salariés et plus", ("32", "41", "42", "51", "52", "53")),
)
AGES = (
    ("", "tous les âges"),
    ("1", "ouvertes depuis moins d'un an"),
    ("3", "depuis moins de 3 ans"),
    ("5", "depuis moins de 5 ans"),
)
YEAR = timedelta(days=365)


class KindForm(forms.Form):
    """How the market is asked."""

    kind = forms.ChoiceField(
        label="Plusieurs entreprises, ou une seule ?",
        choices=[
            (Sourcing.Kind.RFQ, "Demander des devis — à plusieurs : les mêmes informations, les critères annoncés à toutes"),
            (Sourcing.Kind.DIRECT, "Acheter directement — à une seule : vous dites pourquoi, une note est écrite au dossier"),
            (Sourcing.Kind.RFI, "Se renseigner — à aucune encore : ni prix ni classement, avant de demander"),
        ],
        initial=Sourcing.Kind.RFQ,
        widget=forms.RadioSelect,
    )


class SearchForm(forms.Form):
    """Around the places of delivery: which activities, how far, which firms."""

    activities = forms.MultipleChoiceField(
        label="Activités", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Cochez au moins une activité."}
    )
    radius = forms.TypedChoiceField(
        label="À moins de",
        coerce=int,
        choices=[(metres, f"{metres // 1000} km" if metres >= 1000 else f"{metres} m") for metres in RADII],
    )
    sizes = forms.MultipleChoiceField(
        label="Taille", required=False, choices=[(key, label) for key, label, _ in SIZES], widget=forms.CheckboxSelectMultiple
    )
    age = forms.ChoiceField(label="Âge", required=False, choices=AGES)
    social = forms.BooleanField(label="Économie sociale seulement", required=False)

    def __init__(self, sourcing: Sourcing, last: Search | None, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = list(sourcing.need.activities.order_by("pk"))
        self.fields["activities"].choices = [  # type: ignore[attr-defined]
            (f"{row.nomenclature}/{row.code}", f"{row.code} {row.label}") for row in rows
        ]
        kept = last.activities if last else [[row.nomenclature, row.code] for row in rows]
        self.initial |= {"activities": [f"{nomenclature}/{code}" for nomenclature, code in kept], "radius": sourcing.radius_m}
        if last:
            self.initial |= _initial(last.filters)

    def chosen(self) -> list[Activity]:
        """Those ticked."""
        return [Activity(*value.split("/", 1)) for value in self.cleaned_data["activities"]]

    def narrowed(self, today: date) -> Filters:
        """What narrows the search."""
        data = self.cleaned_data
        classes = [code for key, _, codes in SIZES if key in data["sizes"] for code in codes]
        since = today - YEAR * int(data["age"]) if data["age"] else None
        return Filters(size_classes=tuple(classes), social_economy=True if data["social"] else None, created_since=since)


def _initial(filters: dict[str, Any]) -> dict[str, Any]:
    classes = set(filters.get("size_classes", ()))
    since = filters.get("created_since")
    years = round((timezone.localdate() - date.fromisoformat(since)) / YEAR) if since else 0
    return {
        "sizes": [key for key, _, codes in SIZES if classes.intersection(codes)],
        "age": str(years) if str(years) in dict(AGES) else "",
        "social": filters.get("social_economy") is True,
    }


def in_words(filters: dict[str, Any]) -> str:
    """The filters of a kept search, for the line above the list."""
    found = _initial(filters)
    parts = [label for key, label, _ in SIZES if key in found["sizes"]]
    if found["age"]:
        parts.append(dict(AGES)[found["age"]])
    if found["social"]:
        parts.append("économie sociale")
    return ", ".join(parts)
