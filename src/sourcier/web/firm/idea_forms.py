"""« Proposer une idée »: the fields, from the public page and from a firm's own place."""

from typing import Any

from django import forms

from sourcier.ideas.actions import Told
from sourcier.ideas.rules import LIMITS

TRAP = "complement"


class OwnIdeaForm(forms.Form):
    """From the place: the city knows who speaks."""

    use_required_attribute = False

    words = forms.CharField(
        label="Votre idée", max_length=LIMITS["words"], widget=forms.Textarea(attrs={"rows": 7}),
        help_text="Avec vos mots : ce que vous savez faire, ce que la mairie y gagnerait.",
        error_messages={"required": "Écrivez votre idée en quelques mots."},
    )  # fmt: skip
    file = forms.FileField(label="Un document", required=False, help_text="Un PDF ou une photo, 5 Mo au plus.")
    email = forms.CharField(
        label="Votre adresse électronique", max_length=200, required=False, help_text="Pour recevoir la réponse.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip

    def told(self) -> Told:
        return Told(**{name: value for name, value in self.cleaned_data.items() if name not in ("file", TRAP)})


class IdeaForm(OwnIdeaForm):
    """From anywhere. A field that people do not see stops the programs that fill every field, without a riddle."""

    name = forms.CharField(
        label="Nom de votre entreprise", max_length=LIMITS["name"], required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )  # fmt: skip
    siret = forms.CharField(
        label="Son SIRET", max_length=30, required=False, help_text="Quatorze chiffres. Il est sur vos factures.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    trade = forms.CharField(
        label="Votre métier", max_length=LIMITS["trade"], required=False,
        help_text="Par exemple : menuisier, traiteur, réparation de vélos.",
    )  # fmt: skip
    complement = forms.CharField(
        label="Laissez ce champ vide", required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )
    field_order = ("words", "file", "name", "siret", "trade", "email", TRAP)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].required = True
        self.fields["email"].error_messages["required"] = "Écrivez votre adresse électronique : la réponse y viendra."

    def clean_complement(self) -> str:
        """A person whom a program of his own filled it for is told, and loses nothing."""
        if self.cleaned_data[TRAP]:
            raise forms.ValidationError("Ce champ doit rester vide : videz-le, puis envoyez de nouveau.")
        return ""
