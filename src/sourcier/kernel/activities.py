"""An activity is always a pair: nomenclature and code. NAF rév. 2 until 2026-12-31, NAF 2025 from 2027-01-01."""

import re
from dataclasses import dataclass

NAF_REV2 = "NAFRev2"
NAF_2025 = "NAF2025"
_CODE = re.compile(r"(\d{2})\.?(\d{2})([A-Z])")


class InvalidActivity(ValueError):
    """Not an activity code; the message is a French sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Activity:
    """`Activity("NAFRev2", "10.71C")`."""

    nomenclature: str
    code: str


def parse_activity(text: str, nomenclature: str = NAF_REV2) -> Activity:
    """Read « 10.71C », « 1071c ». Raises `InvalidActivity`."""
    match = _CODE.fullmatch(text.strip().upper().replace(" ", ""))
    if not match:
        raise InvalidActivity("Un code d'activité s'écrit avec quatre chiffres et une lettre, par exemple 10.71C.")
    return Activity(nomenclature, f"{match[1]}.{match[2]}{match[3]}")
