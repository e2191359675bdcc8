"""What a head buyer decides of purchases that are shown together: to count them together, or to say why not."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.insights.models import Finding, Look
from sourcier.insights.together import AT_ONCE, look
from sourcier.journal.actions import append
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import refuse
from sourcier.needs.actions import join_unit
from sourcier.needs.models import Need
from sourcier.spend.actions.units import open_unit, put_in_unit
from sourcier.spend.models import Commitment, Order, Unit
from sourcier.spend.purchase import COMMITMENT, NEED, ORDER

MAX_REASON = 1_000


@transaction.atomic
def explain(agent: Agent, finding_id: UUID, reason: str, seen_cents: int | None = None) -> Finding:
    """These purchases are distinct, because…: the reason goes to the journal, and is asked again when they grow."""
    finding = _load(agent, finding_id, seen_cents)
    words = " ".join(reason.split())
    if not 0 < len(words) <= MAX_REASON:
        raise refuse(
            "reason", f"Écrivez pourquoi, en {MAX_REASON} caractères au plus : le contrôle lira votre raison.", "reason"
        )
    finding.unit = None
    _decide(agent, finding, Finding.Decision.DISTINCT, words)
    append(agent.organisation.pk, None, "together.explained", _facts(agent, finding), actor=agent.id, rows=[finding])
    return finding


@transaction.atomic
def join(
    agent: Agent, finding_id: UUID, unit_id: UUID | None, *, label: str = "", reason: str = "", seen_cents: int | None = None
) -> Finding:
    """Count these purchases together: all of them go to the unit chosen, or to one opened now with this name and this reason.

    Each need and what it engaged is told in its own operation. Raises `Unit.DoesNotExist` for another city's.
    """
    finding = _load(agent, finding_id, seen_cents)
    if finding.kind != Finding.Kind.SPLIT:
        raise refuse("not_alike", "Seuls des achats semblables se comptent ensemble. Écrivez plutôt votre raison.")
    if unit_id:
        unit = Unit.objects.get(organisation=agent.organisation, nature=finding.nature, pk=unit_id)
    else:
        first = date.fromisoformat(finding.purchases[0]["on"])
        place = finding.purchases[0]["place"] if finding.nature == Unit.Nature.WORKS else ""
        unit = open_unit(agent, nature=finding.nature, label=label, reason=reason, place=place, first_on=first)
    rows = _put(agent, finding, unit)
    finding.unit = unit
    _decide(agent, finding, Finding.Decision.JOINED, unit.reason)
    facts = {"unit": unit.label, "unit_id": unit.pk} | _facts(agent, finding)
    append(agent.organisation.pk, None, "together.joined", facts, actor=agent.id, rows=[finding, *rows])
    return finding


def _put(agent: Agent, finding: Finding, unit: Unit) -> list[Commitment]:
    """Into the unit, need by need; returns the commitments of no need."""
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for listed in finding.purchases:
        by_source[listed["source"]].append(listed["id"])
    chosen = put_in_unit(agent, unit, by_source[ORDER], [UUID(key) for key in by_source[COMMITMENT]])
    engaged: defaultdict[UUID, list[Commitment]] = defaultdict(list)
    alone = []
    own = set(
        Need.objects.filter(organisation=agent.organisation, pk__in=[row.operation_id for row in chosen]).values_list("pk")
    )
    for row in chosen:
        (engaged[row.operation_id] if (row.operation_id,) in own and row.operation_id else alone).append(row)
    for key in sorted({*engaged, *(UUID(key) for key in by_source[NEED])}):
        join_unit(agent, key, unit, engaged[key])
    return alone


def ask_to_look(agent: Agent) -> bool:
    """Compare again: at once (True) when there are few purchases, else by the worker within minutes."""
    organisation = agent.organisation
    if Order.objects.filter(organisation=organisation).count() <= AT_ONCE:
        look(organisation)
        return True
    Look.objects.update_or_create(organisation=organisation, defaults={"digest": ""})
    return False


def _load(agent: Agent, finding_id: UUID, seen_cents: int | None) -> Finding:
    """The finding, locked, as it was shown. Raises `Finding.DoesNotExist` for another city's."""
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats décide de ce qui se compte ensemble.")
    rows = Finding.objects.select_for_update(of=("self",)).select_related("organisation")
    finding = rows.get(organisation=agent.organisation, pk=finding_id)
    if finding.gone_at:
        raise refuse("gone", "Ces achats n'atteignent plus la limite ensemble. Rien n'est changé.")
    if seen_cents is not None and seen_cents != finding.total_cents:
        total = format_cents(finding.total_cents)
        raise refuse("changed", f"Ces achats ont changé depuis : ils font maintenant {total} HT. Relisez-les, puis décidez.")
    return finding


def _decide(agent: Agent, finding: Finding, decision: str, reason: str) -> None:
    finding.decision, finding.reason, finding.decided_cents = decision, reason, finding.total_cents
    finding.decided_by, finding.decided_at = agent.user, timezone.now()
    finding.save(update_fields=["decision", "reason", "decided_cents", "decided_by", "decided_at", "unit"])


def _facts(agent: Agent, finding: Finding) -> dict[str, object]:
    """What was decided, on what: the journal keeps the list, which may change after."""
    return {
        "name": agent.user.name, "finding": finding.pk, "kind_words": finding.get_kind_display(), "count": finding.count,
        "total_cents": finding.total_cents, "limit_cents": finding.limit_cents, "sentences": finding.sentences,
        "purchases": [listed["id"] for listed in finding.purchases], "reason": finding.reason,
    }  # fmt: skip
