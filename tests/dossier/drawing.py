"""Draws told by a city, true or false, and the dossiers that carry them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sourcier.dossier import build
from sourcier.journal import anchors, proofs
from sourcier.journal.actions import append
from sourcier.sourcing import balanced
from sourcier.sourcing.actions import draw
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.dossier.purchase import zipped
from tests.sourcing.entries import last_payload

Payload = dict[str, Any]
Edit = Callable[[Payload], Payload]
ORDER = "les entreprises proposées, ou leur ordre, ne sont pas ce que donnent sa liste et sa graine."
ROOT = "sa graine n'est pas la racine du journal juste après sa liste."
TOKEN = "sa graine n'est pas l'empreinte du premier jeton qui suit sa liste."


def dossier(city: City, sourcing: Sourcing) -> bytes:
    """Taken now; with an authority, once it stamped it."""
    export = build.take(city.auditor, sourcing.need_id)
    if settings.TSA:
        anchors.take_due(timezone.now())
    return zipped(export)


def drawn_by_token(city: City, sourcing: Sourcing) -> bytes:
    draw.propose(city.buyer, sourcing.pk, 4)
    anchors.take_due(timezone.now())
    assert draw.finish_due(timezone.now()) == 1
    return dossier(city, sourcing)


def told(city: City, sourcing: Sourcing, edit: Edit) -> None:
    """What a city writes whose software lies of its draw: the journal itself is sound."""
    listed = {key: value for key, value in last_payload(sourcing, "panel.listed").items() if key != "rows"}
    listed |= {"draw": uuid4(), "number": 2, "reason": "Encore."}
    with transaction.atomic():
        index = append(city.organisation.pk, sourcing.need_id, "panel.listed", listed).index
        seed = proofs.root(city.organisation.pk, index + 1)
        facts = [balanced.Listed.read(each) for each in listed["firms"]]
        chosen = balanced.propose(facts, listed["count"], listed["on"], seed)
        said = {
            "draw": listed["draw"], "number": 2, "rules": 1, "source": "root", "seed": seed.hex(),
            "proposed": [{"siret": siret, "name": siret} for siret in chosen], "drawn": len(chosen), "among": len(facts),
            "chance": "hasard non prouvé",
        }  # fmt: skip
        append(city.organisation.pk, sourcing.need_id, "panel.drawn", edit(said))


def honest(said: Payload) -> Payload:
    return said


def one_siret(said: Payload) -> Payload:
    return said | {"proposed": [{"siret": "55208131700013", "name": "?"}, *said["proposed"][1:]]}


def one_left_out(said: Payload) -> Payload:
    return said | {"proposed": said["proposed"][1:]}


def one_order(said: Payload) -> Payload:
    first, second, *rest = said["proposed"]
    return said | {"proposed": [second, first, *rest]}


def one_seed(said: Payload) -> Payload:
    return said | {"seed": sha256(said["seed"].encode()).hexdigest()}


def no_list(said: Payload) -> Payload:
    return said | {"draw": uuid4()}


def nonsense(said: Payload) -> Payload:
    return said | {"proposed": [{"name": "douze"}]}


LIES = [
    (one_siret, f"Le tirage n° 2 ne se rejoue pas : {ORDER}"),
    (one_left_out, f"Le tirage n° 2 ne se rejoue pas : {ORDER}"),
    (one_order, f"Le tirage n° 2 ne se rejoue pas : {ORDER}"),
    (one_seed, f"Le tirage n° 2 ne se rejoue pas : {ROOT}"),
    (no_list, "Le tirage n° 2 n'a pas de liste figée avant lui, ou elle n'est pas montrée."),
    (nonsense, "Le tirage n° 2 ne se rejoue pas : sa liste ou son résultat n'est pas lisible."),
]
