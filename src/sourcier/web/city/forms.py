"""Fields that several pages of the city share: French amounts, moments, files, and an action's refusal beside its field."""

from datetime import datetime
from typing import Any

from django import forms

from sourcier.kernel.money import NotANumber, parse_decimal, to_cents
from sourcier.kernel.transitions import Refused


class EurosField(forms.CharField):
    """« 18 240,50 » to cents (int), before tax. Empty gives None."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(**options)

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        try:
            return to_cents(parse_decimal(text))
        except NotANumber as error:
            raise forms.ValidationError(str(error)) from None


class MomentField(forms.SplitDateTimeField):
    """A day and an hour, in the city's zone."""

    def __init__(self, **options: Any) -> None:
        options["widget"] = forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "jour"},
            time_attrs={"type": "time", "aria-label": "heure"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        )
        super().__init__(**options)

    def compress(self, data_list: list[Any]) -> datetime | None:
        return super().compress(data_list)


def add_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Show a refusal beside the field it names, else above the form; what was typed stays."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
