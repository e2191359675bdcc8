"""Where a typed address is: the city's own geocoder when it set one (it speaks as the Base Adresse Nationale), else the stock.

What people type is sent to that server, and said nowhere else: neither in a log nor in an exception.
"""

import json
import logging
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from sourcier.register.places import MOST, Place, place

logger = logging.getLogger(__name__)
LONGEST_REPLY = 500_000
LONGEST_QUESTION = 200
"""The server itself refuses longer texts."""

KINDS = {
    "housenumber": ("address", 30),
    "street": ("street", 300),
    "locality": ("street", 500),
    "municipality": ("commune", 5_000),
}
"""What each type of result is, and its uncertainty in metres: the server tells none."""

LEAST_SCORE, AS_GOOD = 0.5, 0.05
"""Under that score (0 to 1) a result is no answer; within that much of the best, another is an alternative."""


class NoAnswer(Exception):
    """The geocoder said nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Located:
    """The place, None when nothing is known of it, and a French sentence when the geocoder that was set did not answer."""

    place: Place | None
    note: str = ""


def locate(text: str) -> Located:
    """The place that the text names. Raises `RegisterMissing` when only a register could tell and there is none."""
    if not settings.BAN_URL or not text.strip():
        return Located(place(text))
    try:
        told = _ask(text)
    except NoAnswer:
        return Located(place(text), "Le service d'adresses de la ville ne répond pas : le lieu est cherché dans le répertoire.")
    if told and told.kind == "address":
        return Located(told)
    # For a street or a commune the stock measures how far it reaches; the geocoder does not say.
    ours = place(text)
    return Located(ours if ours and not ours.unread else told or ours)


@sensitive_variables()
def _ask(text: str) -> Place | None:
    """What the server finds, within `BAN_TIMEOUT` seconds whatever it does. Raises `NoAnswer`."""
    joint = "&" if "?" in settings.BAN_URL else "?"
    url = settings.BAN_URL + joint + urlencode({"q": text.strip()[:LONGEST_QUESTION], "limit": 5})
    replies: list[bytes | None] = []
    # In a thread that is left behind when it is late: a socket's own limit counts from its last byte.
    thread = threading.Thread(target=lambda: replies.append(_fetch(url)), name="geocoder", daemon=True)
    thread.start()
    thread.join(settings.BAN_TIMEOUT)
    if not replies or replies[0] is None:
        raise NoAnswer
    try:
        features = json.loads(replies[0])["features"]
        found = [(float(each["properties"]["score"]), _place(each)) for each in features if _known(each)]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        logger.warning("geocoder: the reply cannot be read")
        raise NoAnswer from None
    good = sorted((pair for pair in found if pair[0] >= LEAST_SCORE), key=lambda pair: -pair[0])
    if not good:
        return None
    others = tuple(each for score, each in good[1:] if score >= good[0][0] - AS_GOOD)
    return replace(good[0][1], alternatives=others[:MOST])


@sensitive_variables()
def _fetch(url: str) -> bytes | None:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - http and https alone
    try:
        with urllib.request.urlopen(request, timeout=settings.BAN_TIMEOUT) as response:  # noqa: S310
            reply: bytes = response.read(LONGEST_REPLY + 1)
    except urllib.error.HTTPError as error:
        error.close()
        logger.warning("geocoder answered %s", error.code)
        return None
    except (OSError, HTTPException, ValueError) as error:
        logger.warning("geocoder unreachable: %s", type(error).__name__)
        return None
    return reply if len(reply) <= LONGEST_REPLY else None


def _known(feature: dict[str, Any]) -> bool:
    return feature["properties"]["type"] in KINDS


def _place(feature: dict[str, Any]) -> Place:
    """One result. Raises `ValueError` for a point outside the globe."""
    longitude, latitude = (float(value) for value in feature["geometry"]["coordinates"][:2])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError
    kind, uncertainty = KINDS[feature["properties"]["type"]]
    label = " ".join(str(feature["properties"]["label"]).split())[:LONGEST_QUESTION]
    return Place(label, round(latitude * 1e6), round(longitude * 1e6), kind, uncertainty)
