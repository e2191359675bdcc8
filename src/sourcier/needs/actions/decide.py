"""Who has a need now: sent, taken, given back, closed; then what the rooms above make of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.canonical import canonical
from sourcier.kernel.transitions import refuse
from sourcier.law.retention import PROCEDURE
from sourcier.needs import queries, rules
from sourcier.needs.actions.common import check, check_unit, clean_text, clean_value, entry, load, touch
from sourcier.needs.actions.leading import follow_lane, keep_lane, take_lead
from sourcier.needs.lanes import BY_AUTHOR
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb
from sourcier.retention import clocks
from sourcier.retention.models import Clock
from sourcier.spend.actions.units import refuse_elsewhere
from sourcier.spend.models import Family, Unit


@transaction.atomic
def submit(agent: Agent, need_id: UUID) -> Need:
    """Send the need to the buyers: each question is answered, or « je ne sais pas »."""
    need = load(agent, need_id)
    check(agent, need, Verb.SUBMIT)
    if missing := queries.unanswered(need):
        raise refuse("unanswered", "Répondez, ou cochez « Je ne sais pas ».", field=missing[0])
    need.submitted_at = timezone.now()
    need.reason = ""
    lane = keep_lane(need)
    said = {"lane": lane.lane, "lane_words": lane.sentence}
    need = _move(agent, need, Verb.SUBMIT, "need.submitted", said)
    return take_lead(need) if lane.lane in BY_AUTHOR else need


@transaction.atomic
def accept(agent: Agent, need_id: UUID) -> Need:
    """Take the need: the agent becomes its buyer."""
    need = load(agent, need_id)
    check(agent, need, Verb.ACCEPT)
    need.buyer = agent.user
    return _move(agent, need, Verb.ACCEPT, "need.accepted", {})


@transaction.atomic
def send_back(agent: Agent, need_id: UUID, reason: str) -> Need:
    """Give the need back to its department, with what is to be completed."""
    need = load(agent, need_id)
    check(agent, need, Verb.SEND_BACK)
    need.reason = clean_text("reason", reason, required=True)
    need.buyer = need.buyer or agent.user
    return _move(agent, need, Verb.SEND_BACK, "need.sent_back", {"reason": need.reason})


@transaction.atomic
def close(agent: Agent, need_id: UUID, reason: str) -> Need:
    """End the need before any firm is asked, with its reason."""
    need = load(agent, need_id)
    check(agent, need, Verb.CLOSE)
    need.reason = clean_text("reason", reason, required=True)
    return _move(agent, need, Verb.CLOSE, "need.closed", {"reason": need.reason}, keep_from_now(need))


@transaction.atomic
def keep_rule(agent: Agent, need_id: UUID, family: Family | None, kind: str, rule: Mapping[str, Any]) -> Need:
    """Keep the law's advice of the day as it was (strings and integers), with the family and the kind it was given for."""
    need = load(agent, need_id)
    check(agent, need, Verb.KEEP_RULE)
    need.family = clean_value(agent, "family", family)
    need.kind = clean_value(agent, "kind", kind)
    check_unit(need)
    canonical(rule)
    need.rule = dict(rule)
    touch(agent, need)
    need.save()
    family_words = f"{family.code} {family.label}" if family else ""
    entry(agent, need, "need.rule_kept", {"family": family_words, "kind": need.kind, "rule": need.rule})
    return follow_lane(need)


@transaction.atomic
def allow_crossing(agent: Agent, need_id: UUID, reason: str) -> Need:
    """The head buyer lets firms be asked though the family, or the works, reach the limit, and says why."""
    need = load(agent, need_id)
    check(agent, need, Verb.ALLOW_CROSSING)
    today = timezone.localdate()
    rule = queries.crosses(need, today)
    if rule is None:
        raise refuse("no_crossing", "Ce besoin ne franchit aucune limite aujourd'hui : il n'y a rien à décider.")
    words = clean_text("reason", reason, required=True)
    need.crossing = {
        "name": agent.user.name, "reason": words, "on": today.isoformat(), "total_cents": rule["total_cents"],
        "limit_cents": rule["limit_cents"],
    }  # fmt: skip
    touch(agent, need)
    need.save()
    entry(agent, need, "need.crossing_allowed", need.crossing)
    return need


@transaction.atomic
def join_unit(agent: Agent, need_id: UUID, unit: Unit, rows: Sequence[Model] = ()) -> Need:
    """The head buyer counts this purchase with others, be it engaged already (`rows`: what it engaged, put there before)."""
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats décide de ce qui se compte ensemble.")
    need = Need.objects.select_for_update(of=("self",)).get(organisation=agent.organisation, pk=need_id)
    if need.unit_id not in (None, unit.pk):
        refuse_elsewhere(Unit.objects.get(pk=need.unit_id))
    need.unit = clean_value(agent, "unit", unit)
    check_unit(need)
    touch(agent, need)
    need.save()
    entry(agent, need, "need.joined", {"unit": unit.pk, "label": unit.label}, rows)
    return need


def mark_asked(need: Need) -> Need:
    """Firms are asked. For the room above: no entry of its own, the caller puts the returned row in `rows=`."""
    return _mark(need, Verb.MARK_ASKED)


def mark_awarded(need: Need) -> Need:
    """The choice is made. For the room above, as `mark_asked`."""
    return _mark(need, Verb.MARK_AWARDED)


def mark_closed(need: Need, reason: str) -> Need:
    """Ended without a choice. For the room above, as `mark_asked`."""
    return _mark(need, Verb.MARK_CLOSED, reason=clean_text("reason", reason, required=True))


def mark_bought(need: Need) -> Need:
    """Bought from one firm, nobody being asked. For the room above, as `mark_asked`."""
    return _mark(need, Verb.MARK_BOUGHT)


def mark_cancelled(need: Need, reason: str) -> Need:
    """What was bought directly is cancelled. For the room above, as `mark_asked`."""
    return _mark(need, Verb.MARK_CANCELLED, reason=clean_text("reason", reason, required=True))


def keep_from_now(need: Need) -> list[Clock]:
    """Closed without a contract, so without a notification: its file is kept from today. The caller puts it in `rows=`."""
    event = "la fin de l'achat, sans contrat"
    return clocks.start(need.organisation_id, PROCEDURE, need.pk, timezone.now(), event)


def _mark(need: Need, verb: Verb, **fields: Any) -> Need:
    locked = Need.objects.select_for_update().get(pk=need.pk)
    locked.state = rules.after(locked.state, verb)
    locked.waiting_since = timezone.now()
    for name, value in fields.items():
        setattr(locked, name, value)
    locked.save()
    return locked


def _move(agent: Agent, need: Need, verb: Verb, journal_verb: str, payload: dict[str, Any], rows: Sequence[Model] = ()) -> Need:
    need.state = rules.after(need.state, verb)
    need.waiting_since = timezone.now()
    touch(agent, need)
    need.save()
    entry(agent, need, journal_verb, payload, rows)
    return need
