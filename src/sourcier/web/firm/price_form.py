"""The form of an answer: one price a line, VAT, places, limits, questions, documents. Text in, an `Answer` out."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sourcier.kernel.money import format_unit_price, format_vat
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing.briefs import asked_places
from sourcier.sourcing.models import AskedPlace, Invitation, PriceLine, Question

OF_THE_ANSWER = ("daily_maximum", "reservation", "note", "signer", "email")


class AnswerForm(forms.Form):
    """Fields are named as the problems of `answer_rules`: `price-<line>`, `question-<id>`, `vat`, `rate`…"""

    use_required_attribute = False

    daily_maximum = forms.CharField(
        label=_("Au plus, par jour"), required=False, max_length=120,
        widget=forms.TextInput(attrs={"placeholder": _("par exemple : 80 baguettes")}),
    )  # fmt: skip
    reservation = forms.CharField(
        label=_("Oui, mais…"), required=False, max_length=rules.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("par exemple : pas en août")}),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Un mot pour la mairie"), required=False, max_length=rules.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    signer = forms.CharField(
        label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "autocapitalize": "words"}),
        error_messages={"required": _("Écrivez votre nom : la mairie saura à qui parler.")},
    )  # fmt: skip
    email = forms.EmailField(
        label=_("Votre adresse électronique"), required=False, help_text=_("Pour recevoir votre récépissé."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"invalid": _("Cette adresse est incomplète. Exemple : nom@exemple.fr")},
    )  # fmt: skip

    def __init__(
        self, invitation: Invitation, data: MultiValueDict[str, Any] | None = None, sent: Submission | None = None
    ) -> None:
        self.sourcing = sourcing = invitation.sourcing
        first = answers.window(invitation).round == 1
        self.asked = answers.asked(sourcing, 1 if first else 2)
        self.lines: list[PriceLine] = list(sourcing.price_lines.select_related("lot"))
        # A last price is a price: where the firm delivers and what it replied stand as in its first answer.
        self.questions: list[Question] = list(sourcing.questions.all()) if first else []
        self.documents_wrong: list[str] = []
        super().__init__(data, initial=initial(sent) if sent else {}, auto_id="%s")
        self._add_prices()
        if first:
            self._add_places()
        self._add_questions()
        if not self.lines:
            self.fields["note"].label = "Votre réponse"

    def _add_prices(self) -> None:
        if not self.lines:
            return
        rates = [(str(rate), format_vat(rate)) for rate in self.asked.rates]
        for line in self.lines:
            price = forms.CharField(required=False, max_length=40, label=f"Votre prix pour : {line.designation}")
            price.widget.attrs.update(inputmode="decimal", autocomplete="off", placeholder="0,00", enterkeyhint="next")
            self.fields[f"price-{line.pk.hex}"] = price
            if rates and len(self.lines) > 1:
                choices = [("", "le taux choisi plus bas"), *rates]
                self.fields[f"rate-{line.pk.hex}"] = forms.ChoiceField(
                    required=False, choices=choices, label=f"Taux de TVA pour : {line.designation}"
                )
        if rates:
            self.fields["vat"] = forms.ChoiceField(
                choices=_vat_choices(rates), widget=forms.RadioSelect, required=False, label=_("Votre prix est")
            )
            self.fields["rate"] = forms.ChoiceField(
                choices=rates, widget=forms.RadioSelect, required=False, label=_("Votre taux de TVA")
            )

    def _add_places(self) -> None:
        places = asked_places(self.sourcing)
        if len(places) > 1:
            self.fields["places"] = forms.MultipleChoiceField(
                choices=[(place.place_id.hex, _place_label(place)) for place in places],
                widget=forms.CheckboxSelectMultiple, required=False, label=_("Où pouvez-vous livrer ?"),
                help_text=_("Rien de coché : partout."),
            )  # fmt: skip

    def _add_questions(self) -> None:
        for question in self.questions:
            self.fields[f"question-{question.pk.hex}"] = _question_field(question)

    # What the template walks through --------------------------------------------------------------------------------------

    def price_rows(self) -> Iterator[dict[str, Any]]:
        """Line, price field and rate field (or None), with the lot when it changes."""
        lot = None
        for line in self.lines:
            rate = f"rate-{line.pk.hex}"
            yield {
                "line": line,
                "field": self[f"price-{line.pk.hex}"],
                "rate": self[rate] if rate in self.fields else None,
                "lot": line.lot if line.lot_id and line.lot != lot else None,
            }
            lot = line.lot

    def question_rows(self) -> Iterator[dict[str, Any]]:
        for question in self.questions:
            yield {"question": question, "field": self[f"question-{question.pk.hex}"]}

    @property
    def limits_open(self) -> bool:
        """Open the folded part when it holds something or is wrong."""
        names = ("daily_maximum", "reservation", "note")
        return any(self[name].value() or (self.is_bound and self[name].errors) for name in names)

    # Reading what was typed -----------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for line in self.lines:
            name = f"price-{line.pk.hex}"
            text = cleaned.get(name, "").strip()
            try:
                cleaned[name] = rules.read_price(text) if text else None
            except rules.BadPrice as error:
                self.add_error(name, gettext(str(error)))
        vat, with_rate, rate = cleaned.get("vat", "").partition("-")
        if with_rate:
            cleaned |= {"vat": vat, "rate": rate}
        if "vat" in self.fields and any(cleaned.get(f"price-{line.pk.hex}") for line in self.lines):
            self._check_vat(cleaned)
        return cleaned

    def _check_vat(self, cleaned: dict[str, Any]) -> None:
        """The tap one forgets; without VAT, the rate to add to the price as well."""
        if not cleaned.get("vat"):
            self.add_error("vat", gettext("Dites si votre prix est avec ou sans TVA."))
        own_rate = all(cleaned.get(f"rate-{line.pk.hex}") for line in self.lines)
        if cleaned.get("vat") == rules.EXCLUDED and not cleaned.get("rate") and not own_rate:
            self.add_error("rate", gettext("Choisissez votre taux de TVA."))

    def answer(self, *, with_file: frozenset[UUID], documents: int) -> rules.Answer | None:
        """The answer, or None when something is to mend: every problem is then beside its field."""
        if not self.is_valid():
            return None
        answer = self._read()
        for problem in rules.problems(self.asked, answer, with_file=with_file, documents=documents):
            self.problem(problem.field, problem.sentence)
        return None if self.wrong else answer

    @property
    def wrong(self) -> bool:
        """Something is to mend, in a field or in a document."""
        return bool(self.errors or self.documents_wrong)

    def problem(self, field: str | None, sentence: str) -> None:
        """Put a sentence beside its field; above the form when it concerns the whole."""
        sentence = gettext(sentence)
        if field == "prices" and self.lines:
            field = f"price-{self.lines[0].pk.hex}"
        if field == "documents":
            self.documents_wrong.append(sentence)
        elif field not in self.fields:
            self.add_error(None, sentence)
        elif sentence not in self.errors.get(field, []):
            self.add_error(field, sentence)

    def _read(self) -> rules.Answer:
        data = self.cleaned_data
        without_rates = not self.asked.rates
        vat = rules.EXCLUDED if without_rates or not self.lines else data["vat"] or rules.INCLUDED
        return rules.Answer(
            vat=vat,
            prices=tuple(self._prices(vat)),
            places=frozenset(UUID(place) for place in data.get("places", ())),
            replies={
                question.pk: data[f"question-{question.pk.hex}"]
                for question in self.questions
                if question.kind != Question.Kind.FILE
            },
            **{name: data[name] for name in OF_THE_ANSWER},
        )

    def _prices(self, vat: str) -> Iterator[rules.TypedPrice]:
        data = self.cleaned_data
        for line in self.lines:
            price = data.get(f"price-{line.pk.hex}")
            if price:
                rate = data.get(f"rate-{line.pk.hex}") or data.get("rate") or -1
                free = vat == rules.EXEMPT or not self.asked.rates
                yield rules.TypedPrice(line.pk, price, 0 if free else int(rate))


def _vat_choices(rates: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """« avec TVA à 5,5 % » says both in one tap."""
    included = [(f"{rules.INCLUDED}-{value}", gettext("avec TVA à %(rate)s") % {"rate": rate}) for value, rate in rates]
    return [*included, (rules.EXCLUDED, gettext("sans TVA")), (rules.EXEMPT, gettext("Je ne facture pas la TVA"))]


def _place_label(place: AskedPlace) -> str:
    return f"{place.name}, {place.address}" + (f" ({place.note})" if place.note else "")


def _question_field(question: Question) -> forms.Field:
    common: dict[str, Any] = {"label": question.text, "required": False}
    if question.kind == Question.Kind.CHOICE:
        return forms.ChoiceField(choices=[(c, c) for c in question.choices], widget=forms.RadioSelect, **common)
    if question.kind == Question.Kind.NUMBER:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        return forms.CharField(max_length=40, widget=widget, **common)
    if question.kind == Question.Kind.FILE:
        return forms.FileField(**common)
    return forms.CharField(max_length=rules.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3}), **common)


def initial(sent: Submission) -> dict[str, Any]:
    """What the firm had typed, to change it."""
    own = answers.read(sent)
    values: dict[str, Any] = {name: getattr(sent, name) for name in (*OF_THE_ANSWER, "vat")}
    for line in own.lines:
        values[f"price-{line.price_line_id.hex}"] = typed_price(line.typed_price_e4)
        values[f"rate-{line.price_line_id.hex}"] = values["rate"] = str(line.vat_bp)
    if sent.vat == rules.INCLUDED and "rate" in values:
        values["vat"] = f"{rules.INCLUDED}-{values['rate']}"
    values["places"] = [place.hex for place in own.places]
    return values | {f"question-{question.hex}": text for question, text in own.replies.items()}


def typed_price(price_e4: int) -> str:
    """« 0,95 », as one would type it."""
    return format_unit_price(price_e4).removesuffix("€").strip()
