"""The firms that a need names, when its words are no need: their trade is where to begin."""

from dataclasses import dataclass

from sourcier.accounts.models import Organisation
from sourcier.kernel.activities import NAF_2025, Activity
from sourcier.matching.engine import Result
from sourcier.matching.firm_names import Asked, bears, name_asked, numbers
from sourcier.needs import nomenclatures
from sourcier.register import search as register
from sourcier.register.establishment import Establishment
from sourcier.register.search import RegisterMissing

SHOWN = 3
READ = 40
"""Establishments read for one name: short names come first, and a firm may have several."""


@dataclass(frozen=True, slots=True)
class NamedFirm:
    """A firm of the register; `activity` is None when no nomenclature in use names it, and `label` is then empty."""

    firm: Establishment
    activity: Activity | None
    label: str


def firms_named(organisation: Organisation, text: str, result: Result) -> tuple[NamedFirm, ...]:
    """Up to three firms whose name or number `text` is, those of the city's département first; `result`: what it matched.

    None for a need that is understood, nor without a register. Undisclosed firms are never among them.
    """
    try:
        if known := numbers(text):
            found = [each for number in known for each in register.by_name(number, READ)]
        else:
            asked = name_asked(text, result)
            found = _bearing(asked, organisation.postal_code[:2]) if asked else []
    except RegisterMissing:
        return ()
    firms: dict[str, Establishment] = {}
    for each in found:
        firms.setdefault(each.siren, each)
    return tuple(map(_named, list(firms.values())[:SHOWN]))


def _bearing(asked: Asked, departement: str) -> list[Establishment]:
    """Those near first, then any."""
    words = " ".join(asked.words)
    return [
        each
        for around in (f"{words} {departement}", words)
        for each in register.by_name(around, READ)
        if bears(asked, (each.name, each.legal_name), f"{each.postal_code} {each.commune}")
    ]


def _named(firm: Establishment) -> NamedFirm:
    for activity in (Activity(firm.nomenclature, firm.activity), Activity(NAF_2025, firm.activity_2025)):
        if label := nomenclatures.named(activity):
            return NamedFirm(firm, activity, label)
    return NamedFirm(firm, None, "")
