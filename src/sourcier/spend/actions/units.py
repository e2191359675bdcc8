"""Functional units and operations of works: what a buyer says adds up, whatever the family and the year."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.french import fold
from sourcier.kernel.transitions import refuse
from sourcier.spend.models import Commitment, Order, Unit

MAX_LABEL, MAX_PLACE, MAX_REASON = 120, 120, 500


@transaction.atomic
def open_unit(
    agent: Agent,
    *,
    nature: str,
    label: str,
    reason: str,
    place: str = "",
    first_on: date | None = None,
    last_on: date | None = None,
) -> Unit:
    """Say that what will be put in it is one need, and why; from today when no first day is given. `Refused` beside a field."""
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un acheteur ouvre une unité fonctionnelle ou une opération de travaux.")
    if nature not in Unit.Nature.values:
        raise refuse("nature", "Choisissez : unité fonctionnelle, ou opération de travaux.", "nature")
    label, place, reason = (" ".join(text.split()) for text in (label, place, reason))
    for name, words, limit in (("label", label, MAX_LABEL), ("reason", reason, MAX_REASON)):
        if not 0 < len(words) <= limit:
            raise refuse(name, f"Écrivez quelques mots, {limit} caractères au plus.", name)
    if len(place) > MAX_PLACE:
        raise refuse("place", f"Le lieu s'écrit en {MAX_PLACE} caractères au plus.", "place")
    first_on = first_on or timezone.localdate()
    if last_on and last_on < first_on:
        raise refuse("last", "Le dernier jour ne peut pas venir avant le premier.", "last_on")
    organisation = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    known = Unit.objects.filter(organisation=organisation, nature=nature).values_list("label", flat=True)
    if fold(label) in map(fold, known):
        raise refuse("known", "Elle existe déjà : choisissez-la dans la liste, ou donnez un autre nom.", "label")
    unit = Unit.objects.create(
        organisation=organisation, nature=nature, label=label, place=place, reason=reason, first_on=first_on, last_on=last_on,
        opened_by=agent.user, opened_at=timezone.now(),
    )  # fmt: skip
    facts = {
        "name": agent.user.name, "unit": unit.pk, "nature": unit.get_nature_display().lower(), "label": label, "place": place,
        "reason": reason, "first": first_on, "last": last_on,
    }  # fmt: skip
    append(organisation.pk, None, "unit.opened", facts, actor=agent.id, rows=[unit])
    return unit


def put_in_unit(agent: Agent, unit: Unit, orders: Collection[str], commitments: Collection[UUID]) -> list[Commitment]:
    """Orders, by fingerprint, and commitments that the unit adds up from now on; returns the commitments, for `rows=`.

    For the room above, which writes the entry. Refused, and nothing is changed, when one is in another unit.
    """
    if unit.organisation_id != agent.organisation.pk:
        raise Unit.DoesNotExist
    bought = Order.objects.filter(organisation=agent.organisation, fingerprint__in=orders)
    chosen = Commitment.objects.filter(organisation=agent.organisation, pk__in=commitments).order_by("pk")
    for rows in (bought, chosen):
        if elsewhere := rows.exclude(unit=unit).filter(unit__isnull=False).select_related("unit").first():
            refuse_elsewhere(elsewhere.unit)
    bought.update(unit=unit)
    locked = list(chosen.select_for_update(of=("self",)))
    for row in locked:
        row.unit = unit
    Commitment.objects.bulk_update(locked, ["unit"])
    return locked


def refuse_elsewhere(unit: Unit) -> None:
    """A purchase counts in one unit."""
    raise refuse("elsewhere", f"Un de ces achats compte déjà dans « {unit.label} » : choisissez-la.", "unit")
