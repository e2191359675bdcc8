"""Forms of running contracts: one typed by hand, what a need orders on it, why it goes elsewhere."""

from typing import Any

from django import forms

from sourcier.accounts.models import Department
from sourcier.kernel.money import format_cents
from sourcier.spend.importing.contracts import codes
from sourcier.spend.models import RunningContract
from sourcier.web.city.forms import EurosField


def _day(label: str, required: bool = False, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date ne se lit pas. Exemple : 31/12/2027.", "required": "Dites ce jour."}, **options,
    )  # fmt: skip


class ContractForm(forms.Form):
    """A running contract, as the person who follows it knows it."""

    object = forms.CharField(label="Objet", max_length=300, error_messages={"required": "Dites l'objet du marché."})
    kind = forms.ChoiceField(label="Nature", choices=RunningContract.Kind.choices, widget=forms.RadioSelect, initial="own")
    number = forms.CharField(label="Numéro", max_length=60, required=False)
    families = forms.CharField(
        label="Codes des familles d'achats",
        required=False,
        max_length=300,
        help_text="Séparés par des virgules : 10.01, 10.02.",
    )
    holder = forms.CharField(label="Titulaire", max_length=200, error_messages={"required": "Dites le titulaire."})
    siret = forms.CharField(label="SIRET du titulaire", required=False, max_length=20)
    how_to_order = forms.CharField(
        label="Comment commander", required=False, max_length=500, widget=forms.Textarea({"rows": 2}),
        help_text="Une adresse, un téléphone, un catalogue : ce qu'il faut à un service pour commander.",
    )  # fmt: skip
    first_on = _day("Premier jour")
    ends_on = _day("Dernier jour", required=True)
    maximum_cents = EurosField(label="Maximum hors taxes", required=False, help_text="Vide s'il n'y en a pas.")
    used_cents = EurosField(label="Déjà utilisé hors taxes", required=False)

    def typed(self) -> dict[str, Any]:
        return self.cleaned_data | {"families": list(codes(self.cleaned_data["families"]))}

    @staticmethod
    def of(contract: RunningContract) -> dict[str, Any]:
        """What the form shows of a contract."""
        said = {name: getattr(contract, name) for name in ContractForm.base_fields}
        amounts = {name: said[name] if said[name] is None else bare(said[name]) for name in ("maximum_cents", "used_cents")}
        return said | amounts | {"families": ", ".join(contract.families)}


class OrderForm(forms.Form):
    amount = EurosField(label="Montant de la commande", required=False)


class ElsewhereForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi aller ailleurs", max_length=2_000, widget=forms.Textarea({"rows": 3}),
        help_text="Par exemple : ce n'est pas le même besoin, parce que… Le contrôle lira cette raison.",
        error_messages={"required": "Écrivez votre raison : le contrôle la lira."},
    )  # fmt: skip


class RenewForm(forms.Form):
    """For which department: asked only when there are several."""

    department = forms.ModelChoiceField(
        Department.objects.none(), label="Pour quel service", empty_label="Choisissez",
        error_messages={"required": "Choisissez le service.", "invalid_choice": "Choisissez un des services."},
    )  # fmt: skip

    def __init__(self, *args: Any, departments: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]
        if len(departments) == 1:
            self.initial["department"] = departments[0]


def bare(cents: int) -> str:
    """An amount as one types it."""
    return format_cents(cents).removesuffix("\u00a0€")
