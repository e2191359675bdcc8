"""Fields that several pages of the city share: French amounts, moments, files, and an action's refusal beside its field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from sourcier.accounts.rules import Change, Overtaken
from sourcier.kernel.french import tie
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


class TwoAtOnce(forms.BaseForm):
    """A form whose page remembers what it showed: only what the person changed is written; two changes of a field both show."""

    def remember(self, *names: str) -> None:
        for name in names:
            self.fields[name].show_hidden_initial = True

    def shown(self) -> dict[str, Any]:
        """What the page showed when it was opened; nothing for a page that does not say."""
        keys = {name: self.add_initial_prefix(name) for name, field in self.fields.items() if field.show_hidden_initial}
        return {name: self.fields[name].to_python(self.data[key]) for name, key in keys.items() if key in self.data}

    def show_both(self, saved: Mapping[str, Any], changes: Mapping[str, Change]) -> None:
        """Beside each field, what somebody else saved, and who; sent again, the form is then judged from there."""
        self.data = self.data.copy()
        for name, value in saved.items():
            change = changes.get(name)
            by = f"par {change.who} {change.when}" if change else "par quelqu'un d'autre"
            told = f"Enregistré {by} : « {value} »." if value else f"Vidé {by}."
            self.add_error(name, tie(f"{told} Pour garder votre texte, enregistrez de nouveau ; sinon, remettez le sien."))
            self.data[self.add_initial_prefix(name)] = value


def add_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Show a refusal beside the field it names, else above the form; what was typed stays."""
    if isinstance(refused, Overtaken) and isinstance(form, TwoAtOnce):
        form.show_both(refused.saved, refused.changes)
    form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
