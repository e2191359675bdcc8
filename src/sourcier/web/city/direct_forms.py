"""The fields of « Acheter directement », and what they say together: the department, the firm, the amount before tax."""

from typing import Any

from django import forms
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department
from sourcier.direct import parties, queries, rules
from sourcier.direct.actions import Typed
from sourcier.direct.models import DirectPurchase
from sourcier.direct.parties import Party
from sourcier.kernel.money import format_vat, without_vat
from sourcier.kernel.transitions import Refused
from sourcier.law.reasons import reasons
from sourcier.needs.queries import served_departments
from sourcier.quotes.answer_rules import VAT_RATES
from sourcier.spend.models import Family
from sourcier.spend.queries import families_in
from sourcier.web.city.forms import EurosField
from sourcier.web.city.rule import FamilyChoice

BEFORE_TAX, NO_TAX = "ht", "none"


class DirectForm(forms.Form):
    """Ten seconds a field: what, who, how much, which papers, why."""

    use_required_attribute = False

    sentence = forms.CharField(
        label="Quoi ?", max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "par exemple : 12 ballons pour la crèche"}),
        error_messages={"required": "Dites en une phrase ce que vous achetez."},
    )  # fmt: skip
    department = forms.ModelChoiceField(
        Department.objects.none(), label="Pour quel service ?", empty_label="Choisissez",
        error_messages={"required": "Choisissez le service.", "invalid_choice": "Choisissez un de vos services."},
    )  # fmt: skip
    who = forms.CharField(
        label="À quelle entreprise ?", max_length=120, help_text="Son nom, ou le SIRET écrit sur le ticket ou la facture.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Écrivez le nom de l'entreprise, ou son SIRET."},
    )  # fmt: skip
    siret = forms.CharField(required=False, max_length=14, widget=forms.HiddenInput)
    who_seen = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)
    amount = EurosField(
        label="Combien ?", max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "0,00"}),
        error_messages={"required": "Écrivez le prix, par exemple 48,50."},
    )  # fmt: skip
    vat = forms.ChoiceField(
        label="Ce prix est", widget=forms.RadioSelect,
        error_messages={"required": "Dites si ce prix est avec ou sans TVA.", "invalid_choice": "Choisissez dans la liste."},
    )  # fmt: skip
    family = FamilyChoice(
        Family.objects.none(), label="Famille d'achats", empty_label="Choisissez",
        help_text="Proposée d'après vos mots : vérifiez-la. Elle dit ce qui s'additionne dans l'année.",
        error_messages={"required": "Vérifiez la famille : elle dit ce qui s'additionne dans l'année.",
                        "invalid_choice": "Cette famille n'est pas dans votre nomenclature."},
    )  # fmt: skip
    family_seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reasons = forms.MultipleChoiceField(
        label="Pourquoi une seule entreprise ?", widget=forms.CheckboxSelectMultiple,
        choices=[(each.id, each.label) for each in reasons()],
        error_messages={"required": "Cochez au moins une raison.", "invalid_choice": "Choisissez dans la liste."},
    )  # fmt: skip
    note = forms.CharField(
        label="Une précision", required=False, max_length=rules.LENGTHS["note"], widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, agent: Agent, data: Any = None) -> None:
        self.agent = agent
        self.party: Party | None = None
        self.found: list[Party] = []
        self.who_said = ""
        self.papers_wrong: list[str] = []
        super().__init__(data, auto_id="direct-%s")
        self._departments()
        rates = VAT_RATES[agent.organisation.territory]
        self.fields["vat"].choices = [  # type: ignore[attr-defined]
            *((str(rate), f"TTC, TVA {format_vat(rate)}") for rate in rates), (BEFORE_TAX, "HT"), (NO_TAX, "sans TVA"),
        ]  # fmt: skip
        if not rates:
            self.fields["vat"].initial = NO_TAX
        of_year = families_in(agent.organisation, timezone.localdate().year)
        self.fields["family"].queryset = of_year  # type: ignore[attr-defined]

    def _departments(self) -> None:
        """Asked for only of who buys for several: the one of his last purchase first."""
        served = served_departments(self.agent).order_by("name")
        field = self.fields["department"]
        field.queryset = served  # type: ignore[attr-defined]
        field.label_from_instance = lambda department: department.name  # type: ignore[attr-defined]
        if len(served) == 1:
            field.required, field.widget = False, forms.HiddenInput()
            self.only: Department | None = served[0]
            return
        self.only = None
        last = DirectPurchase.objects.filter(recorded_by=self.agent.user, need__department__in=served)
        field.initial = last.order_by("-recorded_at").values_list("need__department", flat=True).first()

    def ticked(self, small: bool) -> list[dict[str, Any]]:
        """The reasons of the small purchases, or the special cases of the law, as the page draws them."""
        chosen = self["reasons"].value() or []
        return [{"reason": each, "ticked": each.id in chosen} for each in reasons() if each.small is small]

    def everyday(self) -> list[dict[str, Any]]:
        return self.ticked(small=True)

    def special(self) -> list[dict[str, Any]]:
        return self.ticked(small=False)

    def special_ticked(self) -> bool:
        return any(each["ticked"] for each in self.special())

    # What is typed so far, complete or not -----------------------------------------------------------------------------------

    def read(self) -> None:
        """Look for the firm and the family of what is typed; the choices of a person hold as long as their words do."""
        self.is_valid()
        around = queries.centres(self.agent, self.buys_for)
        text = self._text("who")
        siret = parties.siret_in(text)
        if not siret and text:
            self.found = parties.suggestions(self.agent, text, around)
            ticked = self._text("siret") if self._text("who_seen") == text else ""
            sirets = [each.siret for each in self.found]
            siret = ticked if ticked in sirets else sirets[0] if len(sirets) == 1 else ""
        if siret:
            try:
                self.party = parties.party(self.agent, siret, around)
            except Refused as refused:
                self.who_said = refused.sentence
        elif len(text) >= parties.SHORTEST and not self.found:
            self.who_said = "Aucune entreprise de ce nom par ici. Écrivez le SIRET : il est sur le ticket ou la facture."
        if text and self.party is None:
            self.add_error("who", self.who_said or "Touchez l'entreprise dans la liste, ou écrivez son SIRET.")
        self._propose_family()

    def _propose_family(self) -> None:
        """What the words call, as long as nobody has chosen otherwise."""
        own, seen = self._text("family"), self._text("family_seen")
        self.data = self.data.copy()
        self.data["family_seen"] = seen
        if own != seen:
            return
        proposed = queries.proposed_family(self.agent, self._text("sentence"))
        self.data["family"] = self.data["family_seen"] = str(proposed.pk) if proposed else ""

    @property
    def buys_for(self) -> Department | None:
        return self.only or getattr(self, "cleaned_data", {}).get("department")

    @property
    def family_shown(self) -> Family | None:
        """As the page shows it now."""
        text = self._text("family")
        found = [each for each in self.fields["family"].queryset if str(each.pk) == text]  # type: ignore[attr-defined]
        return found[0] if found else None

    @property
    def amount_cents(self) -> int | None:
        """Before tax; None when it cannot be said yet."""
        data = getattr(self, "cleaned_data", {})
        cents, vat = data.get("amount"), data.get("vat")
        if cents is None or not vat:
            return None
        return without_vat(cents, int(vat)) if vat not in (BEFORE_TAX, NO_TAX) else cents

    def typed(self) -> Typed | None:
        """What is to be recorded; None when something is to mend, said beside its field."""
        if self.errors or self.buys_for is None:
            return None
        data, vat = self.cleaned_data, self.cleaned_data["vat"]
        return Typed(
            self.buys_for, data["sentence"], self.party.siret if self.party else "", self.amount_cents, data["amount"],
            int(vat) if vat not in (BEFORE_TAX, NO_TAX) else None, data.get("family"), tuple(data.get("reasons", ())),
            data.get("note", ""),
        )  # fmt: skip

    def for_others(self) -> Typed | None:
        """What a need is made of: neither a firm, a family nor a reason must be there."""
        for name in ("who", "family", "reasons", "note"):
            self.errors.pop(name, None)
        return self.typed()

    def paper_refused(self, sentence: str) -> None:
        """Said beside the papers; the page says above that the rest is kept."""
        self.papers_wrong.append(sentence)
        self.add_error(None, "Une pièce n'a pas été gardée, et rien n'est encore enregistré. Votre texte est gardé.")

    def _text(self, name: str) -> str:
        return str(self.data.get(name, "")).strip()
