"""Filters of every template: amounts, dates and identifiers in French form. Built in: no `{% load %}` needed."""

from datetime import date, datetime

from django import template

from sourcier.kernel import french, geodesy, identifiers, money, phones
from sourcier.register.establishment import Establishment

register = template.Library()


@register.filter
def tied(text: str) -> str:
    """Typed words, with no line that begins with « : » or « ? »."""
    return french.tie(text)


@register.filter
def phone(e164: str) -> str:
    """« 06 12 34 56 78 »."""
    return phones.shown(e164) if e164 else ""


@register.filter
def euros(cents: int | None) -> str:
    return "" if cents is None else money.format_cents(cents)


@register.filter
def unit_price(price_e4: int | None) -> str:
    return "" if price_e4 is None else money.format_unit_price(price_e4)


@register.filter
def quantity(milli: int | None) -> str:
    return "" if milli is None else money.format_milli(milli)


@register.filter
def for_quantity(unit: str, milli: int) -> str:
    """The unit after a quantity: « 400 pièces »."""
    return french.plural(unit, milli)


@register.filter
def vat(basis_points: int | None) -> str:
    return "" if basis_points is None else money.format_vat(basis_points)


@register.filter
def moment(value: datetime | None) -> str:
    return "" if value is None else french.format_moment(value)


@register.filter
def hour(value: datetime | None) -> str:
    return "" if value is None else french.format_hour(value)


@register.filter
def day(value: date | None) -> str:
    """Of a moment, the day in the city's zone."""
    if isinstance(value, datetime):
        value = value.astimezone(french.PARIS).date()
    return "" if value is None else french.format_date(value)


@register.filter
def distance(metres: int | None) -> str:
    return "" if metres is None else geodesy.format_distance(metres)


@register.filter
def between(item: Establishment) -> str:
    """« 2,3 km »; « entre 900 m et 2,3 km (à la commune près) » when only the commune is known."""
    if item.distance_m is None:
        return item.vague
    if not item.vague:
        return geodesy.format_distance(item.distance_m)
    low, high = (geodesy.format_distance(metres) for metres in item.between_m)
    return f"entre {low} et {high} ({item.vague})"


@register.filter
def siret(value: str) -> str:
    return identifiers.format_siret(value)
