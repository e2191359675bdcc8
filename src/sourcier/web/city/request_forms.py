"""Forms of the request: its words, its lines to price, its criteria, its questions."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from sourcier.kernel.french import format_moment
from sourcier.kernel.money import NotANumber, format_milli, parse_decimal, to_milli
from sourcier.law.reasons import reason, reasons
from sourcier.needs.queries import is_exempt
from sourcier.sourcing import queries, rules
from sourcier.sourcing.actions.request import MAX_QUANTITY_MILLI
from sourcier.sourcing.models import Criterion, Question, Sourcing
from sourcier.sourcing.registry import PRICE_FORMULAS
from sourcier.web.city.forms import MomentField
from sourcier.web.city.rows import Rows


class QuantityField(forms.CharField):
    """« 15 240 » or « 1 200,5 » to thousandths."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal"}), max_length=30, **options)

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().clean(value)
        try:
            quantity = to_milli(parse_decimal(text)) if text else None
        except NotANumber as error:
            raise forms.ValidationError(str(error)) from None
        if quantity is not None and not 0 < quantity <= MAX_QUANTITY_MILLI:
            raise forms.ValidationError("Écrivez une quantité au-dessus de zéro.")
        return quantity


class RequestForm(forms.Form):
    """The words of the request. All may stay empty in a draft."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label="Titre pour les entreprises", max_length=160, required=False)
    trade = forms.CharField(
        label="Métier cherché", max_length=80, required=False,
        help_text="Avec son article : « un boulanger ». Le message dira : « La mairie cherche un boulanger ».",
    )  # fmt: skip
    description = forms.CharField(
        label="Ce qu'il faut", max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Des phrases courtes : quoi, combien, comment. La même description pour toutes.",
    )  # fmt: skip
    price_formula = forms.ChoiceField(label="Comment le prix devient une note", required=False)
    deadline = MomentField(label="Date limite de réponse", required=False)
    single_reasons = forms.MultipleChoiceField(
        label="Pourquoi une seule entreprise ?", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Cochez ce qui est vrai. La note du devis unique les gardera, avec leurs articles.",
    )  # fmt: skip
    single_reason = forms.CharField(
        label="Dans vos mots", max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Pourquoi celle-ci, et ce que vous savez des autres.",
    )  # fmt: skip
    public_notice = forms.BooleanField(label="Publier un avis : toute autre entreprise pourra répondre", required=False)
    contact_name = forms.CharField(label="Interlocuteur", max_length=120, required=False)
    contact_phone = forms.CharField(
        label="Téléphone", max_length=20, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    contact_hours = forms.CharField(label="Heures d'appel", max_length=60, required=False)

    def __init__(self, sourcing: Sourcing, data: QueryDict | None = None) -> None:
        names = [name for name in self.base_fields if name != "version"]
        initial = {name: getattr(sourcing, name) for name in names} | {"version": sourcing.version}
        super().__init__(data, initial=initial)
        formulas = [(key, f"{formula.label} — {formula.sentence}") for key, formula in PRICE_FORMULAS.items()]
        self.fields["price_formula"].choices = formulas  # type: ignore[attr-defined]
        exempt = is_exempt(sourcing.need, timezone.localdate())
        self.fields["single_reasons"].choices = [(each.id, each.label) for each in reasons(exempt)]  # type: ignore[attr-defined]
        for name in self.fields:
            self.fields[name].required = name == "version"
        if sourcing.kind != Sourcing.Kind.RFQ:
            del self.fields["price_formula"]
        if sourcing.kind == Sourcing.Kind.DIRECT:
            del self.fields["public_notice"]

    def tell_missing(self, sourcing: Sourcing, criteria: Rows) -> None:
        """Beside each field, what would keep the request from leaving as it is typed."""
        given = {
            name: self.cleaned_data[name]
            for name in ("title", "description", "deadline", "contact_name", "contact_phone")
            if name in self.cleaned_data
        }
        weights = [row.cleaned_data.get("weight") for row in criteria.filled()]
        summed = tuple(weight for weight in weights if weight is not None)
        facts = replace(queries.facts(sourcing), **given, weights=summed)
        for name, refusal in rules.missing(facts, timezone.now()):
            if name in given and name not in self.errors:
                self.add_error(name, refusal.sentence)
            elif refusal.code == "weights" and len(summed) == len(weights):
                for row in criteria.filled():
                    row.add_error("weight", refusal.sentence)


class LineForm(forms.Form):
    """A line to price."""

    designation = forms.CharField(
        label="Désignation", max_length=200, error_messages={"required": "Dites ce qu'il faut chiffrer."}
    )
    quantity = QuantityField(label="Quantité", error_messages={"required": "Écrivez une quantité."})
    unit = forms.CharField(label="Unité", max_length=40, error_messages={"required": "Donnez l'unité."})
    lot = forms.TypedChoiceField(label="Lot", coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, lots: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        if lots:
            self.fields["lot"].choices = [(number, f"Lot {number} : {title}") for number, title in lots]  # type: ignore[attr-defined]
        else:
            del self.fields["lot"]


class CriterionForm(forms.Form):
    """A criterion and its weight."""

    label = forms.CharField(label="Critère", max_length=120, error_messages={"required": "Nommez ce critère."})
    weight = forms.IntegerField(
        label="Poids", min_value=1, max_value=100,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Un poids va de 1 à 100."),
    )  # fmt: skip
    kind = forms.ChoiceField(label="Noté", choices=Criterion.Kind.choices, initial=Criterion.Kind.JUDGED)
    detail = forms.CharField(label="Ce qui sera regardé", max_length=300, required=False)


class QuestionForm(forms.Form):
    """A question put to every firm."""

    text = forms.CharField(label="Question", max_length=300, error_messages={"required": "Écrivez la question."})
    kind = forms.ChoiceField(label="Réponse", choices=Question.Kind.choices)
    choices = forms.CharField(
        label="Choix, un par ligne", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    required = forms.BooleanField(label="Obligatoire", required=False)


def line_rows(sourcing: Sourcing, data: QueryDict | None) -> Rows:
    lots = list(sourcing.need.lots.values_list("number", "title"))
    initial = [
        {
            "designation": line.designation, "unit": line.unit, "quantity": format_milli(line.quantity_milli),
            "lot": line.lot.number if line.lot else None,
        }
        for line in sourcing.price_lines.select_related("lot")
    ]  # fmt: skip
    return Rows(LineForm, "lignes", data, initial, lots=lots)


def criterion_rows(sourcing: Sourcing, data: QueryDict | None) -> Rows:
    return Rows(CriterionForm, "criteres", data, list(sourcing.criteria.values("label", "weight", "kind", "detail")))


def question_rows(sourcing: Sourcing, data: QueryDict | None) -> Rows:
    found = sourcing.questions.values("text", "kind", "choices", "required")
    return Rows(QuestionForm, "questions", data, [row | {"choices": "\n".join(row["choices"])} for row in found])


def line_values(rows: Rows) -> list[dict[str, Any]]:
    """What `save_request` takes."""
    return [
        {"designation": row["designation"], "unit": row["unit"], "quantity_milli": row["quantity"], "lot": row.get("lot")}
        for row in rows.cleaned()
    ]


def question_values(rows: Rows) -> list[dict[str, Any]]:
    """What `save_request` takes."""
    return [row | {"choices": row["choices"].splitlines()} for row in rows.cleaned()]


def in_words(sourcing: Sourcing) -> dict[str, str]:
    """The request as it is stored, to compare with what someone else has typed."""
    lines = [f"{line.designation}, {format_milli(line.quantity_milli)} ({line.unit})" for line in sourcing.price_lines.all()]
    criteria = [f"{criterion.label} {criterion.weight}" for criterion in sourcing.criteria.all()]
    return {
        "title": sourcing.title, "trade": sourcing.trade, "description": sourcing.description,
        "deadline": format_moment(sourcing.deadline) if sourcing.deadline else "", "single_reason": sourcing.single_reason,
        "single_reasons": _ticked(sourcing.single_reasons),
        "contact_name": sourcing.contact_name, "contact_phone": sourcing.contact_phone, "contact_hours": sourcing.contact_hours,
        "lignes": "\n".join(lines), "criteres": "\n".join(criteria),
        "questions": "\n".join(sourcing.questions.values_list("text", flat=True)),
        "clauses": "\n".join(sourcing.clauses.filter(taken=True).values_list("title", flat=True)),
    }  # fmt: skip


def typed_in_words(form: RequestForm, lines: Rows, criteria: Rows, questions: Rows) -> dict[str, str]:
    """The request as it was just typed, in the same words as `in_words`."""
    data = form.cleaned_data
    deadline = data.get("deadline")
    names = ("title", "trade", "description", "single_reason", "contact_name", "contact_phone", "contact_hours")
    return {
        **{name: data.get(name, "") for name in names},
        "deadline": format_moment(deadline) if deadline else "",
        "single_reasons": _ticked(data.get("single_reasons", ())),
        "lignes": "\n".join(f"{r['designation']}, {format_milli(r['quantity'])} ({r['unit']})" for r in lines.cleaned()),
        "criteres": "\n".join(f"{row['label']} {row['weight']}" for row in criteria.cleaned()),
        "questions": "\n".join(row["text"] for row in questions.cleaned()),
    }


def _ticked(ids: Iterable[str]) -> str:
    return "\n".join(reason(each).label for each in ids)


LABELS = {
    "title": "Titre", "trade": "Métier cherché", "description": "Ce qu'il faut", "deadline": "Date limite",
    "single_reasons": "Pourquoi une seule entreprise", "single_reason": "Une seule entreprise, dans vos mots",
    "contact_name": "Interlocuteur", "contact_phone": "Téléphone",
    "contact_hours": "Heures d'appel", "lignes": "Lignes à chiffrer", "criteres": "Critères", "questions": "Questions",
    "clauses": "Clauses d'achat durable",
}  # fmt: skip
