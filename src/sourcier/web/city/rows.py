"""Rows of a form that grow and shrink without JavaScript: « Ajouter » and « Ôter » are buttons that show the page again."""

from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

MAX_ROWS = 80


class Rows:
    """A list of forms with one prefix. What was typed stays whatever the button; empty rows at the end are left out."""

    def __init__(
        self, form: type[forms.Form], prefix: str, data: QueryDict | None, initial: list[dict[str, Any]], **options: Any
    ) -> None:
        self.form, self.prefix, self.options = form, prefix, options
        self.data = data
        if data is None:
            self.forms = [self._make(number, initial=row) for number, row in enumerate(initial)]
        else:
            self.forms = [self._make(number, data=data) for number in range(_count(data, prefix))]

    def _make(self, number: int, **values: Any) -> forms.Form:
        return self.form(prefix=f"{self.prefix}-{number}", **self.options, **values)

    def is_valid(self) -> bool:
        """All rows are sound; those left empty do not count. Every row is asked, so that every error shows."""
        sound = [row.is_valid() for row in self.filled()]
        return all(sound)

    def filled(self) -> list[forms.Form]:
        """The rows where something was typed."""
        return [row for row in self.forms if row.is_bound and _typed(row)]

    def cleaned(self) -> list[dict[str, Any]]:
        return [row.cleaned_data for row in self.filled()]

    def add(self) -> None:
        """One more empty row."""
        if len(self.forms) < MAX_ROWS:
            self.forms.append(self._make(len(self.forms)))

    def remove(self, number: int) -> None:
        """Without this row; the others are numbered again."""
        if self.data is None or not 0 <= number < len(self.forms):
            return
        kept = [n for n in range(len(self.forms)) if n != number]
        data = self.data.copy()
        fields = self.form.base_fields
        for name in [f"{self.prefix}-{n}-{field}" for n in range(len(self.forms)) for field in fields]:
            data.pop(name, None)
        for new, old in enumerate(kept):
            for field in fields:
                data.setlist(f"{self.prefix}-{new}-{field}", self.data.getlist(f"{self.prefix}-{old}-{field}"))
        self.forms = [self._make(new, data=data) for new in range(len(kept))]

    def quiet(self) -> None:
        """Show what was typed, without errors: nobody asked to save yet."""
        for row in self.forms:
            silence(row)


def silence(form: forms.Form) -> None:
    """Keep a form from judging what was typed."""
    form._errors = ErrorDict()
    form.cleaned_data = {}


def _count(data: QueryDict, prefix: str) -> int:
    typed = data.get(f"{prefix}-rows", "0")
    return min(int(typed), MAX_ROWS) if typed.isdecimal() and len(typed) < 4 else 0


def _typed(row: forms.Form) -> bool:
    """Something was typed where a person types: a choice left as it comes says nothing."""
    return any(
        str(row.data.get(row.add_prefix(name), "")).strip()
        for name, field in row.fields.items()
        if not isinstance(field, forms.ChoiceField | forms.BooleanField)
    )
