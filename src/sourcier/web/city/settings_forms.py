"""Forms of the settings."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q

from sourcier.accounts.models import DeliveryPlace, Department, Organisation, Role, User
from sourcier.accounts.rules import DEPARTMENT_ROLES, Change
from sourcier.kernel.french import tie
from sourcier.kernel.transitions import Refused
from sourcier.register.borders import may_be_in_france
from sourcier.register.geocoding import Located, locate
from sourcier.vault.pictures import sides
from sourcier.web.city.forms import TwoAtOnce

ROLE_SENTENCES = {
    Role.REQUESTER: "Dit ce qu'il lui faut.",
    Role.BUYER: "Interroge les entreprises.",
    Role.HEAD_BUYER: "Règle, décide des exceptions.",
    Role.AUDITOR: "Lit tout, ne change rien.",
    Role.ADMIN: "Gère les comptes, pas les achats.",
}
MOST_PIXELS = 3_000
WHOLE_CITY = "Toute la collectivité"


class CityForm(TwoAtOnce, forms.ModelForm):
    class Meta:
        model = Organisation
        fields = (
            "name",
            "phone",
            "phone_hours",
            "email",
            "dpo_email",
            "counter",
            "colour",
            "asks_a_year",
            "idea_days",
            "rotation_percent",
            "tiles_address",
            "tiles_attribution",
        )
        help_texts = {
            "phone": "Celui que les entreprises appellent.",
            "phone_hours": "Par exemple : de 9 h à 17 h.",
            "email": "Les réponses des entreprises à nos courriels y arrivent.",
            "dpo_email": "Écrite au pied des courriers et sur la page « Données personnelles ».",
            "counter": "Où venir à la mairie pour un achat.",
            "asks_a_year": "Au-delà, elle n'est plus gardée d'office avec toutes les autres ; une personne peut la garder.",
            "rotation_percent": "Au-delà, et à partir de trois achats, une raison est demandée pour la proposer de nouveau.",
            "tiles_address": "Vide : la carte se dessine seule, et rien ne sort. Sinon, qui sert les tuiles apprend "
            "quelle zone chaque acheteur regarde. Par exemple : https://tuiles.exemple.fr/{z}/{x}/{y}.png",
            "tiles_attribution": "Celle que demande qui fait le fond de carte ; elle est écrite sous la carte.",
            "idea_days": "La date est promise à l'entreprise. Passée, l'idée est montrée en retard.",
            "colour": "Celle des boutons. Un texte blanc doit s'y lire : les teintes trop claires sont refusées.",
        }
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    logo = forms.FileField(
        label="Logo",
        required=False,
        help_text="PNG ou JPEG, de préférence sur fond transparent, 500 ko au plus.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    remove_logo = forms.BooleanField(label="Retirer le logo actuel", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remember(*self.Meta.fields)

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if logo and logo.size > 500_000:
            raise forms.ValidationError("Ce logo est trop lourd : 500 ko au plus. Enregistrez-le en plus petit.")
        # Letters draw it: a few kilobytes may unpack to gigabytes.
        if logo and max(sides(logo.read()) or (0,)) > MOST_PIXELS:
            raise forms.ValidationError("Ce logo est trop grand : 3 000 pixels de côté au plus. Enregistrez-le en plus petit.")
        return logo


class ArchivesForm(TwoAtOnce, forms.ModelForm):
    """Who is who, for the archives service that receives the files at the end."""

    class Meta:
        model = Organisation
        fields = ("archives_identifier", "archives_agreement", "archives_producer")
        help_texts = {
            "archives_identifier": "Celui que le service d'archives vous a donné pour lui-même.",
            "archives_agreement": "Le numéro de la convention, ou du contrat d'entrée.",
            "archives_producer": "Laissez vide si c'est le SIRET de la ville.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remember(*self.Meta.fields)


class RoleForm(forms.Form):
    """A role, for one department or for all."""

    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)
    department = forms.ModelChoiceField(
        label="Pour quelle direction ?",
        queryset=Department.objects.none(),
        required=False,
        empty_label=WHOLE_CITY,
        help_text="Un demandeur ou un acheteur peut être limité à une direction. Les autres rôles valent partout.",
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role.value, f"{role.label}. {ROLE_SENTENCES[role]}") for role in Role]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]
        self.fields["department"].queryset = organisation.departments.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("department") and data.get("role") not in DEPARTMENT_ROLES and data.get("role"):
            self.add_error("department", f"Ce rôle vaut partout : choisissez « {WHOLE_CITY} ».")
        return data


class InviteForm(RoleForm):
    name = forms.CharField(label="Prénom et nom", max_length=120)
    email = forms.EmailField(label="Adresse électronique professionnelle", max_length=254)
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    field_order = ("name", "email", "phone", "role", "department")


class PersonForm(TwoAtOnce, forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "phone")
        labels = {"name": "Prénom et nom"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remember(*self.Meta.fields)


class DepartmentForm(TwoAtOnce, forms.Form):
    name = forms.CharField(label="Nom de la direction ou du service", max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial:
            self.remember("name")


class UsualPlacesForm(forms.Form):
    """Where a department is usually delivered, among the places offered and those it has already."""

    places = forms.ModelMultipleChoiceField(
        DeliveryPlace.objects.none(), label="Lieux habituels de livraison", required=False,
        widget=forms.CheckboxSelectMultiple, help_text="Cochés d'avance dans chaque nouveau besoin de cette direction.",
    )  # fmt: skip
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, department: Department, *args: Any, **kwargs: Any) -> None:
        held = [row.place_id for row in department.usual_places.all()]
        super().__init__(*args, initial={"places": held, "shown": " ".join(map(str, held))}, **kwargs)
        field = self.fields["places"]
        field.queryset = department.organisation.places.filter(Q(active=True) | Q(pk__in=held))  # type: ignore[attr-defined]
        field.label_from_instance = lambda place: place.name  # type: ignore[attr-defined]

    def ticked_before(self) -> list[UUID] | None:
        """The places that the page had ticked when it was opened; None for a page that does not say."""
        if "shown" not in self.data:
            return None
        return [UUID(word) for word in re.findall(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", self.data["shown"])]


POINT = ("lat_e6", "lon_e6", "uncertainty_m")
ABROAD = (
    "Ce point n'est pas en France. Vérifiez les deux nombres, la latitude d'abord, par exemple 48,8721 2,4874 ; "
    "ou videz ce champ : nous chercherons l'adresse."
)


class PlaceForm(TwoAtOnce, forms.ModelForm):
    """A delivery place. Without coordinates, its address is looked up, and what is found is confirmed before it is kept.

    A place whose address changes is looked up again: its former point is offered, and never kept in silence.
    """

    postal_code = forms.CharField(
        label="Code postal",
        max_length=7,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code"}),
    )
    coordinates = forms.CharField(
        label="Latitude et longitude",
        max_length=60,
        required=False,
        help_text="Laissez vide : nous cherchons l'adresse, et vous confirmez. Ou tapez-les, par exemple 48,8721 2,4874.",
    )
    point = forms.CharField(label="Où est ce lieu ?", required=False, max_length=40, widget=forms.RadioSelect)
    asked = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)
    proposed = False

    class Meta:
        model = DeliveryPlace
        fields = ("name", "address", "postal_code", "commune", "hours", "contact_name", "contact_phone")
        labels = {"contact_name": "Qui demander sur place"}
        help_texts = {"hours": "Quand livrer. Par exemple : de 6 h 30 à 7 h, du lundi au vendredi."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.lat_e6 is not None:
            place = self.instance
            self.initial["coordinates"] = f"{place.lat_e6 / 1e6:.4f} {place.lon_e6 / 1e6:.4f}".replace(".", ",")
        if not self.instance._state.adding:
            self.remember(*self.Meta.fields, "coordinates")

    def shown(self) -> dict[str, Any]:
        """The point as well: known as it is in the database when the page showed the same, else unknown."""
        values = super().shown()
        text = values.pop("coordinates", None)
        if text is not None:
            same = text == self.initial.get("coordinates", "")
            values |= {name: getattr(self.instance, name) if same else None for name in POINT}
        return values

    def show_both(self, saved: Mapping[str, Any], changes: Mapping[str, Change]) -> None:
        told = {name: value for name, value in saved.items() if name not in POINT}
        point = changes.get("lat_e6") or changes.get("lon_e6")
        if len(told) < len(saved):
            told["coordinates"] = self.initial["coordinates"]
        super().show_both(told, {**changes, "coordinates": point} if point else changes)

    def clean_postal_code(self) -> str:
        text = self.cleaned_data["postal_code"].replace(" ", "")
        if not re.fullmatch(r"[0-9]{5}", text):
            raise forms.ValidationError("Un code postal a cinq chiffres, par exemple 93110.")
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        text, point, asked = data.pop("coordinates", ""), data.pop("point", ""), data.pop("asked", "")
        showed = self.data.get(self.add_initial_prefix("coordinates"), self.initial.get("coordinates"))
        if text and text == showed:
            if not self._moved(data):
                return data | {name: getattr(self.instance, name) for name in POINT}
            text = ""
        address = f"{data['address']}, {data['postal_code']} {data['commune']}"
        confirmed = re.fullmatch(r"(-?[0-9]{1,8}) (-?[0-9]{1,9}) ([0-9]{1,6})", point if asked == address else "")
        if text or not confirmed:
            found = self._typed(text) if text else self._propose(address)
            return data | dict(zip(POINT, (*found, 0), strict=True)) if found else data
        found = self._in_france([int(confirmed[1]), int(confirmed[2])])
        return data | dict(zip(POINT, (*found, int(confirmed[3])), strict=True)) if found else data

    def _moved(self, data: Mapping[str, Any]) -> bool:
        return any(data[name] != getattr(self.instance, name) for name in ("address", "postal_code", "commune"))

    def _typed(self, text: str) -> tuple[int, int] | None:
        numbers = re.findall(r"-?[0-9]{1,3}[.,][0-9]+", text)
        return self._in_france([round(float(number.replace(",", ".")) * 1_000_000) for number in numbers])

    def _in_france(self, point: Sequence[int]) -> tuple[int, int] | None:
        if len(point) != 2 or abs(point[0]) > 90_000_000 or abs(point[1]) > 180_000_000:
            self.add_error("coordinates", "Écrivez deux nombres avec leurs décimales, par exemple 48,8721 2,4874.")
        elif not may_be_in_france(*point):
            self.add_error("coordinates", ABROAD)
        else:
            return point[0], point[1]
        return None

    def _propose(self, address: str) -> None:
        """Show what the address may be, for the person to confirm: nothing is kept that nobody has seen."""
        try:
            located = locate(address)
        except Refused:
            located = Located(None)
        found = located.place
        known = not self.instance._state.adding
        if found is None and not known:
            self.add_error("coordinates", "Nous ne trouvons pas cette commune : vérifiez son nom, ou écrivez les coordonnées.")
            return
        told = [located.note] if located.note else []
        if found is None:
            told.append("Nous ne trouvons pas cette commune : vérifiez son nom, ou gardez l'endroit enregistré.")
        elif found.unread:
            told.append(
                f"« {found.unread} » n'est pas dans le répertoire : choisissez ce qui s'en approche, ou corrigez l'adresse."
            )
        elif found.alternatives:
            told.append("Plusieurs lieux répondent à cette adresse : choisissez le bon.")
        else:
            told.append("Nous l'avons trouvé ici. Si c'est bien cela, enregistrez ; sinon, corrigez l'adresse.")
        field, places = self.fields["point"], (found, *found.alternatives) if found else ()
        choices = [(f"{each.lat_e6} {each.lon_e6} {each.uncertainty_m}", f"{each.label} ({each.precision})") for each in places]
        if known:
            said = " ".join(str(getattr(self.instance, name)) for name in POINT)
            choices.append((said, f"L'endroit enregistré jusqu'ici ({self.initial['coordinates']})"))
        field.widget.choices, self.proposed, self.data = choices, True, self.data.copy()  # type: ignore[attr-defined]
        self.data["asked"], self.data["point"] = (
            address,
            choices[0][0] if len(choices) == 1 and found and not found.unread else "",
        )
        self["point"].help_text = tie(" ".join(told))
        self.add_error("point", "Confirmez l'endroit, puis enregistrez.")
