"""One person's marks for all the answers: a grid of answers and judged criteria. Text in, `Mark`s out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from sourcier.accounts.agents import Agent
from sourcier.quotes.actions.mark import Mark
from sourcier.quotes.models import Score, Submission
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.quotes.rules import mark_problem
from sourcier.sourcing.models import Criterion, Sourcing

MAX_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer and one criterion: the mark already given, if any, and the fields to give or correct it."""

    submission: Submission
    criterion: Criterion
    given: Score | None
    value: forms.BoundField
    note: forms.BoundField
    reason: forms.BoundField | None

    @property
    def open(self) -> bool:
        """Something was typed to correct it, or is to mend."""
        fields = [field for field in (self.value, self.note, self.reason) if field]
        return any(field.errors or (field.form.is_bound and field.name in field.form.changed_data) for field in fields)


class MarksForm(forms.Form):
    """Fields `value-<answer>-<criterion>`, `note-…`, and `reason-…` where a mark is already given."""

    use_required_attribute = False

    def __init__(self, agent: Agent, sourcing: Sourcing, data: Any = None) -> None:
        super().__init__(data, auto_id="marks-%s")
        self.answers = [each for each in opened_submissions(sourcing) if each.kind == Submission.Kind.QUOTE]
        self.criteria = [each for each in sourcing.criteria.all() if each.kind == Criterion.Kind.JUDGED]
        own = Score.objects.filter(submission__sourcing=sourcing, evaluator=agent.user, current=True)
        self.given = {(score.submission_id, score.criterion_id): score for score in own}
        for submission, criterion, cell in self._keys():
            self._add(cell, self.given.get((submission.pk, criterion.pk)))

    def _add(self, cell: str, given: Score | None) -> None:
        self.fields[f"value-{cell}"] = forms.IntegerField(
            required=False,
            initial=given.value if given else None,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 4}),
            error_messages={"invalid": "Écrivez un nombre entier, de 0 à 100."},
        )
        words = forms.Textarea(attrs={"rows": 2})
        note = given.note if given else ""
        self.fields[f"note-{cell}"] = forms.CharField(required=False, max_length=MAX_WORDS, initial=note, widget=words)
        if given:
            self.fields[f"reason-{cell}"] = forms.CharField(required=False, max_length=MAX_WORDS)

    def _keys(self) -> Iterator[tuple[Submission, Criterion, str]]:
        for submission in self.answers:
            for criterion in self.criteria:
                yield submission, criterion, Mark.cell(submission.pk, criterion.pk)

    def rows(self) -> Iterator[tuple[Submission, list[Cell]]]:
        """What the template walks through: each answer with its cells, in the order of the criteria."""
        cells: dict[Submission, list[Cell]] = {submission: [] for submission in self.answers}
        for submission, criterion, cell in self._keys():
            reason = self[f"reason-{cell}"] if f"reason-{cell}" in self.fields else None
            given = self.given.get((submission.pk, criterion.pk))
            made = Cell(submission, criterion, given, self[f"value-{cell}"], self[f"note-{cell}"], reason)
            cells[submission].append(made)
        yield from cells.items()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for submission, criterion, cell in self._keys():
            if f"value-{cell}" in self.errors:
                continue
            given = self.given.get((submission.pk, criterion.pk))
            value, note, reason = self._typed(cell)
            if value is None and not note and given is None:
                continue
            before = (given.value, given.note) if given else None
            if problem := mark_problem(value, note, reason, before):
                self.add_error(f"{problem[0]}-{cell}", problem[1].sentence)
        return cleaned

    def _typed(self, cell: str) -> tuple[int | None, str, str]:
        data = self.cleaned_data
        note = data.get(f"note-{cell}", "").replace("\r\n", "\n")  # as browsers send the lines of a text
        return data.get(f"value-{cell}"), note, data.get(f"reason-{cell}", "")

    def marks(self) -> list[Mark]:
        """The marks typed; those left as they were change nothing."""
        found = []
        for submission, criterion, cell in self._keys():
            value, note, reason = self._typed(cell)
            if value is not None:
                found.append(Mark(submission.pk, criterion.pk, value, note, reason))
        return found
