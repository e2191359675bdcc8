"""Forms of a need: the sentence, the five questions, what the buyer completes, a reason, a message."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms

from sourcier.accounts.models import DeliveryPlace, Department
from sourcier.kernel.money import NotANumber, format_cents, parse_decimal, to_cents
from sourcier.needs import queries, rules
from sourcier.needs.models import Kind, Need
from sourcier.needs.refining.answers import by_id
from sourcier.needs.refining.book import questions
from sourcier.spend.models import Family, Unit

QUESTION_OF = {field: question for question, fields in rules.QUESTIONS.items() for field in fields} | {
    "sentence": "sentence",
    "places": "where",
    "lots": "lots",
    **{f"unknown_{question}": question for question in rules.QUESTIONS},
}
"""Field → the question whose error it is shown with."""


DETAIL = "detail_"
"""What the field of a question of the family begins with; its « Je ne sais pas »: `unknown_detail_…`."""


def question_of(field: str) -> str:
    """The question of the page that a field belongs to; those of the family are one, « details »."""
    return "details" if field.removeprefix("unknown_").startswith(DETAIL) else QUESTION_OF.get(field, field)


def described_by(question: str) -> dict[str, str]:
    """Ties an input to the help and the error of its question."""
    return {"aria-describedby": f"help-{question} error-{question}"}


class AmountField(forms.CharField):
    """Euros typed as people write them, read as cents."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            number = parse_decimal(text)
        except NotANumber as error:
            raise forms.ValidationError(str(error)) from None
        if abs(number) > rules.MAX_CENTS:
            raise forms.ValidationError("Ce montant est trop grand. Écrivez-le en euros, par exemple 18 000.")
        return to_cents(number)

    def prepare_value(self, value: Any) -> Any:
        return format_cents(value).removesuffix("\u00a0€") if isinstance(value, int) else value


class AmountInput(forms.TextInput):
    def __init__(self, question: str) -> None:
        super().__init__({"inputmode": "decimal", "maxlength": 24, "autocomplete": "off", **described_by(question)})


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, question: str) -> None:
        super().__init__(described_by(question), format="%Y-%m-%d")


class StartForm(forms.Form):
    """The one sentence. The department is asked only of who writes for several. `draft` is what was saved meanwhile."""

    sentence = forms.CharField(
        label="Votre besoin, en une phrase",
        help_text="Par exemple : « Pain frais livré tous les jours avant 7 h pour les crèches ».",
        widget=forms.Textarea({"rows": 3, "autofocus": True, "class": "sentence"}),
        error_messages={"required": "Écrivez votre besoin en une phrase."},
    )
    department = forms.ModelChoiceField(
        Department.objects.none(), label="Pour quel service ?", empty_label="Choisissez",
        error_messages={"required": "Choisissez le service."},
    )  # fmt: skip
    estimate_cents = AmountField(
        label="Pour combien, environ ?", required=False,
        widget=forms.TextInput({"inputmode": "decimal", "maxlength": 24, "autocomplete": "off"}),
        help_text="En euros hors taxes, pour toute la durée. Vous pourrez le dire plus tard.",
    )  # fmt: skip
    draft = forms.UUIDField(required=False, widget=forms.HiddenInput({"id": "draft"}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput({"id": "version"}))
    field_order = ("department", "sentence", "estimate_cents")

    def __init__(self, *args: Any, departments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(departments) > 1:
            self.fields["department"].queryset = departments  # type: ignore[attr-defined]
        else:
            del self.fields["department"]


class NeedForm(forms.Form):
    """The five questions, the lots, and each « Je ne sais pas ». Every field may stay empty while it is a draft."""

    sentence = forms.CharField(
        widget=forms.Textarea({"rows": 2, **described_by("sentence")}),
        error_messages={"required": "Écrivez votre besoin en une phrase."},
    )
    what = forms.CharField(required=False, widget=forms.Textarea({"rows": 4, **described_by("what")}))
    how_much = forms.CharField(required=False, widget=forms.TextInput(described_by("how_much")))
    where_note = forms.CharField(label="Une précision sur le lieu", required=False)
    starts_on = forms.DateField(
        label="À partir du", required=False, widget=DateInput("when"),
        error_messages={"invalid": "Cette date ne se lit pas. Exemple : 04/01/2027."},
    )  # fmt: skip
    ends_on = forms.DateField(
        label="Jusqu'au", required=False, widget=DateInput("when"),
        error_messages={"invalid": "Cette date ne se lit pas. Exemple : 31/12/2027."},
    )  # fmt: skip
    estimate_cents = AmountField(required=False, widget=AmountInput("estimate"))
    lots = forms.CharField(required=False, widget=forms.Textarea({"rows": 4, **described_by("lots")}))

    def __init__(self, need: Need, places: Iterable[DeliveryPlace], data: Mapping[str, Any] | None = None) -> None:
        self.need = need
        self.city_places = list(places)
        super().__init__(data, initial=self._stored(), auto_id="%s")
        for question in rules.QUESTIONS:
            self.fields[f"unknown_{question}"] = forms.BooleanField(label="Je ne sais pas", required=False)
            self.initial[f"unknown_{question}"] = question in need.unknown
        self._add_details()

    def _add_details(self) -> None:
        """The questions of the family, and those that the page was shown before it changed."""
        self.refining = queries.refining(self.need)
        stored, book = by_id(self.need.details), questions()
        asked = [each.question.id for each in self.refining.asked]
        shown = [name.removeprefix(DETAIL) for name in self.data if name.startswith(DETAIL)]
        self.detail_ids = list(dict.fromkeys(asked + [each for each in shown if each in book]))
        for each in self.detail_ids:
            name, limit = DETAIL + each, rules.LENGTHS["detail"]
            attrs = {"maxlength": limit, "autocomplete": "off", **described_by(name)}
            self.fields[name] = forms.CharField(required=False, widget=forms.TextInput(attrs))
            self.fields[f"unknown_{name}"] = forms.BooleanField(label="Je ne sais pas", required=False)
            self.initial[name] = stored.get(each) or ""
            self.initial[f"unknown_{name}"] = stored.get(each, "") is None

    def detail_rows(self) -> list[dict[str, Any]]:
        """Each question of the family with its two fields, and the words of the need that answer it already."""
        return [
            {
                "question": each.question,
                "said": each.said,
                "name": name,
                "field": self[name],
                "unknown": self[f"unknown_{name}"],
            }
            for each in self.refining.asked
            for name in [DETAIL + each.question.id]
        ]

    def details(self) -> dict[str, str | None]:
        """Id of the question → what was typed, None for « je ne sais pas »; only those that the page had."""
        cleaned, found = self.cleaned_data, {}
        for each in self.detail_ids:
            name = DETAIL + each
            if name in self.data and name in cleaned:
                found[each] = cleaned[name] or (None if cleaned.get(f"unknown_{name}") else "")
        return found

    def _stored(self) -> dict[str, Any]:
        stored = {field: getattr(self.need, field) for field in rules.WORDS_OF_THE_DEPARTMENT - {"unknown", "details"}}
        return stored | {"lots": "\n".join(lot.title for lot in self.need.lots.all())}

    def chosen_places(self) -> dict[UUID, str]:
        """Places ticked → note; ids that are not the city's are left out."""
        ticked = set(self.data.getlist("places"))  # type: ignore[attr-defined]
        return {
            place.pk: self.data.get(f"note-{place.pk}", "").strip() for place in self.city_places if str(place.pk) in ticked
        }

    def place_rows(self) -> list[dict[str, Any]]:
        """Each place of the city with its tick and its note, as typed or as stored."""
        stored = {row.place_id: row.note for row in self.need.places.all()}
        chosen = self.chosen_places() if self.is_bound else stored
        return [{"place": p, "ticked": p.pk in chosen, "note": chosen.get(p.pk, "")} for p in self.city_places]

    def unknown(self, questions: Iterable[str]) -> list[str]:
        """« Je ne sais pas » after this form, where only `questions` were posted."""
        posted = {question for question in questions if self.cleaned_data.get(f"unknown_{question}")}
        return [q for q in rules.QUESTIONS if (q in posted if q in questions else q in self.need.unknown)]

    def lot_titles(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["lots"].splitlines() if line.strip()]

    def question_errors(self) -> dict[str, list[str]]:
        """Question → its sentences, for every question (empty lists too, so that a corrected one is cleared)."""
        said: dict[str, list[str]] = {question: [] for question in ("sentence", *rules.QUESTIONS, "lots")}
        said |= {DETAIL + each: [] for each in self.detail_ids}
        for field, errors in self.errors.items():
            said.setdefault(QUESTION_OF.get(field, field), []).extend(str(error) for error in errors)
        return said


class CompleteForm(forms.Form):
    """What the buyer completes: the words for the firms, the kind, the family."""

    title = forms.CharField(
        label="Titre", max_length=160, required=False, help_text="Quelques mots, sans le nom d'une personne."
    )
    kind = forms.ChoiceField(
        label="Nature", choices=[("", "À choisir"), *Kind.choices], required=False,
        error_messages={"invalid_choice": "Choisissez fournitures, services ou travaux."},
    )  # fmt: skip
    family = forms.ModelChoiceField(Family.objects.none(), label="Famille", required=False, empty_label="À choisir")
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label="Unité fonctionnelle ou opération", required=False, empty_label="Aucune",
        help_text="Ce qui s'additionne avec cet achat, en plus de sa famille.",
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, families: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["family"]
        field.queryset = families  # type: ignore[attr-defined]
        field.label_from_instance = lambda family: f"{family.code} · {family.label}"  # type: ignore[attr-defined]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["unit"].label_from_instance = lambda unit: unit.label  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """A reason, kept in the file."""

    reason = forms.CharField(
        label="Votre raison", widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Écrivez la raison : elle reste dans le dossier."},
    )  # fmt: skip


class GiveUpForm(ReasonForm):
    """Giving up a request, with the need or without it."""

    close_need = forms.BooleanField(label="Clore aussi le besoin (sinon il attend une autre demande)", required=False)


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ManyFilesField(forms.FileField):
    """Several files at once; the vault looks inside each."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [super(ManyFilesField, self).clean(item, initial) for item in data or ()]


class MessageForm(forms.Form):
    """A message on the need, with files. An empty one is left to the vault, whose refusal says which."""

    text = forms.CharField(
        label="Votre message", widget=forms.Textarea({"rows": 3}), error_messages={"required": "Écrivez votre message."}
    )
    files = ManyFilesField(
        label="Joindre des fichiers", required=False, allow_empty_file=True, widget=ManyFilesInput({"multiple": True}),
        help_text="PDF, photo ou document bureautique, 25 Mo au plus chacun.",
    )  # fmt: skip
