"""Forms of the panel: the kind of consultation, the search, and its filters one by one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from sourcier.kernel.activities import Activity
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.transitions import Refused
from sourcier.register.establishment import Facets, Filters
from sourcier.register.geocoding import locate
from sourcier.register.places import suggested
from sourcier.sourcing.around import LONGEST, Around, of
from sourcier.sourcing.models import Search, Sourcing

RADII = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 50_000, 100_000, 200_000)
SIZES = (
    ("none", "sans salarié connu", ("NN", "00", "")),
    ("micro", "1 à 9 salariés", ("01", "02", "03")),
    ("small", "10 à 49 salariés", ("11", "12")),
    ("medium", "50 à 249 salariés", ("21", "22", "31")),
    ("large", "250 salariés et plus", ("32", "41", "42", "51", "52", "53")),
)
CATEGORIES = (
    ("PME", "petite ou moyenne entreprise"),
    ("ETI", "entreprise de taille intermédiaire"),
    ("GE", "grande entreprise"),
)
LEGAL_FORMS = (
    ("company", "société (SARL, SAS, SA, coopérative…)", ("5",)),
    ("civil", "société civile, groupement, coopérative agricole", ("6",)),
    ("association", "association ou fondation", ("9",)),
    ("other", "autre forme", ("2", "3", "4", "7", "8")),
)
"""First figures of INSEE's legal forms; « 1 », the sole traders, is a filter of its own."""
AGES = (
    ("", "tous les âges"),
    ("1", "ouvertes depuis moins d'un an"),
    ("3", "depuis moins de 3 ans"),
    ("5", "depuis moins de 5 ans"),
)
EMPLOYERS = (
    ("", "avec ou sans salarié"),
    ("yes", "employeurs"),
    ("no", "non-employeurs"),
)
SOLE_TRADERS = (
    ("", "tous"),
    ("yes", "entrepreneurs individuels"),
    ("no", "sans les entrepreneurs individuels"),
)
KNOWN = (
    ("", "toutes"),
    ("yes", "déjà connues de la ville"),
    ("no", "que la ville ne connaît pas encore"),
)
SOCIAL = "économie sociale"
YEAR = timedelta(days=365)
TRUE = {"yes": True, "no": False}
_DEPARTMENT = re.compile(r"\d{2,3}|2[AB]")


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
    """Which activities, how far, around which place, which firms. `facets`: how many the last search has of each."""

    proposed = False

    activities = forms.MultipleChoiceField(
        label="Activités", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Cochez au moins une activité."}
    )
    radius = forms.TypedChoiceField(label="À moins de", coerce=int)
    place = forms.CharField(
        label="Autour de", required=False, max_length=LONGEST,
        help_text="Vide : les lieux de livraison. Ou une commune, un code postal, une adresse avec sa commune.",
    )  # fmt: skip
    point = forms.CharField(label="Quel lieu ?", required=False, max_length=40, widget=forms.RadioSelect)
    sizes = forms.MultipleChoiceField(label="Taille", required=False, widget=forms.CheckboxSelectMultiple)
    categories = forms.MultipleChoiceField(label="Catégorie", required=False, widget=forms.CheckboxSelectMultiple)
    legal = forms.MultipleChoiceField(label="Forme juridique", required=False, widget=forms.CheckboxSelectMultiple)
    departments = forms.MultipleChoiceField(label="Département", required=False, widget=forms.CheckboxSelectMultiple)
    age = forms.ChoiceField(label="Âge", required=False, choices=AGES)
    employer = forms.ChoiceField(label="Salariés", required=False)
    sole = forms.ChoiceField(label="Entrepreneurs individuels", required=False)
    known = forms.ChoiceField(label="Connues de la ville ?", required=False, choices=KNOWN)
    social = forms.BooleanField(label="Économie sociale seulement", required=False)

    def __init__(
        self, sourcing: Sourcing, last: Search | None, data: Any = None, *, facets: Facets | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        rows = list(sourcing.need.activities.order_by("pk"))
        found = facets.activities if facets else {}
        self._offer("activities", [
            (f"{each.nomenclature}/{each.code}", _counted(f"{each.code} {row.label}", found.get(each)))
            for row in rows
            for each in [Activity(row.nomenclature, row.code)]
        ])  # fmt: skip
        self.last = last
        kept = last.activities if last else [[row.nomenclature, row.code] for row in rows]
        self.initial |= {"activities": [f"{nomenclature}/{code}" for nomenclature, code in kept], "radius": sourcing.radius_m}
        self.initial |= chosen_in(last.filters if last else {}) | {"place": last.around if last else ""}
        # A request widened, or made by a program, may have another distance: it is offered, and never changed in silence.
        distances = sorted({*RADII, sourcing.radius_m})
        self._offer("radius", [(str(metres), format_distance(metres)) for metres in distances])
        self._offer_filters(facets)

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _offer_counted(self, name: str, labels: Mapping[str, str], counts: Mapping[str, int] | None) -> None:
        """Each value with how many have it; once they are counted, those that nobody has and nobody asked are left out."""
        asked = self[name].value() or []
        self._offer(name, [
            (key, _counted(label, counts.get(key, 0) if counts is not None else None)) for key, label in labels.items()
            if counts is None or self.is_bound or counts.get(key) or key in asked
        ])  # fmt: skip

    def _offer_filters(self, facets: Facets | None) -> None:
        """A département when some are there, or when it is asked."""
        self._offer_counted(
            "sizes",
            {key: label for key, label, _ in SIZES},
            facets and {key: sum(facets.size_classes.get(code, 0) for code in codes) for key, _, codes in SIZES},
        )
        self._offer_counted("categories", dict(CATEGORIES), facets and facets.categories)
        self._offer_counted(
            "legal", {key: label for key, label, _ in LEGAL_FORMS},
            facets and {key: _starting(facets.legal_forms, firsts) for key, _, firsts in LEGAL_FORMS},
        )  # fmt: skip
        for name, choices, count in (
            ("employer", EMPLOYERS, facets and facets.employer), ("sole", SOLE_TRADERS, facets and facets.sole_trader),
        ):  # fmt: skip
            self._offer(name, [(key, _counted(label, count if key == "yes" else None)) for key, label in choices])
        if facets:
            self.fields["social"].label = _counted("Économie sociale seulement", facets.social_economy)
        asked = filter(_DEPARTMENT.fullmatch, self["departments"].value() or [])
        offered = sorted({*asked, *(code for code in (facets.departments if facets else ()) if code)})
        self._offer_counted("departments", {code: code for code in offered}, facets and facets.departments)

    def counted(self) -> list[forms.BoundField]:
        """The filters whose values are ticked."""
        return [self[name] for name in ("sizes", "categories", "legal", "departments")]

    def clean(self) -> dict[str, Any]:
        """`around`: where to look, None for the places of delivery."""
        data = super().clean() or {}
        text = " ".join(data.get("place", "").split())
        same = self.last and text == self.last.around
        return data | {"around": (of(self.last) if same else self._located(text, data.get("point", ""))) if text else None}

    def _located(self, text: str, point: str) -> Around | None:
        """The place typed; when several answer, the one chosen of them."""
        try:
            located = locate(text)
            found, silent = located.place, f"{located.note} " if located.note else ""
            like = () if found else suggested(text)
        except Refused as refused:
            self.add_error("place", refused.sentence)
            return None
        places = {f"{each.lat_e6} {each.lon_e6}": each for each in ((found, *found.alternatives) if found else like)}
        chosen = places.get(point) or (found if found and len(places) == 1 and not found.unread else None)
        if chosen:
            return Around(((chosen.lat_e6, chosen.lon_e6),), (chosen.uncertainty_m,), chosen.label[:LONGEST])
        if not places:
            self.add_error(
                "place", f"{silent}« {text} » : aucun lieu de ce nom. Vérifiez-le, ou écrivez une commune ou un code postal."
            )
            return None
        self.fields["point"].widget.choices = [(key, f"{each.label} ({each.precision})") for key, each in places.items()]  # type: ignore[attr-defined]
        self.proposed = True
        read = f"« {found.unread if found else text} » n'est pas dans le répertoire. " if not found or found.unread else ""
        self.add_error("point", f"{silent}{read}Choisissez le lieu.")
        return None

    def chosen(self) -> list[Activity]:
        """Those ticked."""
        return [Activity(*value.split("/", 1)) for value in self.cleaned_data["activities"]]

    def narrowed(self, today: date) -> Filters:
        """What narrows the search."""
        return filters_of(self.cleaned_data, today)

    def known_to_city(self) -> bool | None:
        """Only firms that the city knows, only others, or all."""
        return TRUE.get(self.cleaned_data["known"])

    def narrowing(self) -> bool:
        """Whether a filter is in use, beyond the distance and the activities."""
        return any(self[name].value() for name in FILTERS)


FILTERS = ("sizes", "categories", "legal", "departments", "age", "employer", "sole", "known", "social")


def _starting(counts: Mapping[str, int], firsts: tuple[str, ...]) -> int:
    return sum(count for form, count in counts.items() if form.startswith(firsts))


def _counted(label: str, count: int | None) -> str:
    return label if count is None else f"{label} ({count})"


def filters_of(chosen: Mapping[str, Any], today: date) -> Filters:
    """What the register is asked, from what the form says."""
    return Filters(
        size_classes=tuple(code for key, _, codes in SIZES if key in chosen["sizes"] for code in codes),
        categories=tuple(chosen["categories"]),
        legal_forms=tuple(first for key, _, firsts in LEGAL_FORMS if key in chosen["legal"] for first in firsts),
        departments=tuple(chosen["departments"]),
        created_since=today - YEAR * int(chosen["age"]) if chosen["age"] else None,
        employer=TRUE.get(chosen["employer"]),
        sole_trader=TRUE.get(chosen["sole"]),
        social_economy=True if chosen["social"] else None,
    )


def chosen_in(filters: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says of filters as they are kept."""
    classes, firsts = set(filters.get("size_classes", ())), set(filters.get("legal_forms", ()))
    since = filters.get("created_since")
    years = round((timezone.localdate() - date.fromisoformat(since)) / YEAR) if since else 0
    said = {True: "yes", False: "no"}
    return {
        "sizes": [key for key, _, codes in SIZES if classes.intersection(codes)],
        "categories": list(filters.get("categories", ())),
        "legal": [key for key, _, codes in LEGAL_FORMS if firsts.intersection(codes)],
        "departments": list(filters.get("departments", ())),
        "age": str(years) if str(years) in dict(AGES) else "",
        "employer": said.get(filters.get("employer"), ""),  # type: ignore[arg-type]
        "sole": said.get(filters.get("sole_trader"), ""),  # type: ignore[arg-type]
        "known": said.get(filters.get("known"), ""),  # type: ignore[arg-type]
        "social": filters.get("social_economy") is True,
    }


@dataclass(frozen=True, slots=True)
class InUse:
    """One filter of a kept search: `key`, as the button that takes it away sends it, and its words."""

    key: str
    words: str


def in_use(filters: Mapping[str, Any]) -> list[InUse]:
    """The filters of a kept search, one by one."""
    chosen = chosen_in(filters)
    labels = {
        "sizes": {key: label for key, label, _ in SIZES}, "categories": dict(CATEGORIES),
        "legal": {key: label for key, label, _ in LEGAL_FORMS}, "departments": {}, "age": dict(AGES),
        "employer": dict(EMPLOYERS), "sole": dict(SOLE_TRADERS), "known": dict(KNOWN),
    }  # fmt: skip
    found = []
    for name, words in labels.items():
        values = [chosen[name]] if isinstance(chosen[name], str) else chosen[name]
        found += [InUse(f"{name}:{value}", words.get(value, f"département {value}")) for value in values if value]
    return [*found, InUse("social:", SOCIAL)] if chosen["social"] else found


def without(filters: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What the form says once the filter of this `InUse.key` is taken away; an unknown one takes nothing."""
    chosen = chosen_in(filters)
    name, _, value = key.partition(":")
    if isinstance(chosen.get(name), list):
        return chosen | {name: [kept for kept in chosen[name] if kept != value]}
    return chosen | {name: ""} if name in chosen else chosen


def in_words(filters: Mapping[str, Any]) -> str:
    """The filters of a kept search, for the line above the list."""
    return ", ".join(each.words for each in in_use(filters))
