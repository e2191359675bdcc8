"""Capacities to tick in « Mon entreprise », from the catalogue, each with its hour, its days or its number."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django import forms

from sourcier.matching.capacities import Capacity, catalogue
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.rules import CAN, MOST, WEEKS


@dataclass(frozen=True, slots=True)
class Group:
    """The capacities of one group as the page shows them; `open` when one is told, or wrong."""

    name: str
    fields: list[forms.BoundField]
    told: int
    wrong: bool


def fields() -> dict[str, forms.Field]:
    """One field for each capacity, in the order of the catalogue; none is required."""
    return {f"{CAN}{each.code}": _field(each) for each in catalogue().values() if each.may_be_ticked}


def initial(place: FirmPlace) -> dict[str, str]:
    """What the firm ticked, by name of field."""
    return {f"{CAN}{code}": place.capacities.get(code, "") for code in catalogue()}


def groups(form: forms.BaseForm) -> Iterator[Group]:
    """The fields of a form by group of the catalogue."""
    ticked = [each for each in catalogue().values() if each.may_be_ticked]
    for name, members in groupby(ticked, key=lambda each: each.group):
        bound = [form[f"{CAN}{each.code}"] for each in members]
        yield Group(name, bound, sum(bool(field.value()) for field in bound), any(field.errors for field in bound))


def _field(capacity: Capacity) -> forms.Field:
    label = capacity.said.format("…")
    if capacity.kind == "hour":
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        return forms.TimeField(
            label=label, required=False, widget=widget, error_messages={"invalid": "Écrivez l'heure ainsi : 06:30."}
        )
    if capacity.kind == "days":
        return forms.ChoiceField(label=label, required=False, choices=[("", "—"), *((each, each) for each in WEEKS)])
    if capacity.kind in ("least", "most", "delay"):
        return forms.IntegerField(
            label=label, required=False, min_value=1, max_value=MOST, widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            error_messages={"invalid": "Écrivez un nombre entier, par exemple 20."},
        )  # fmt: skip
    return forms.BooleanField(label=label, required=False)
