"""Ask again, more widely: a new request that begins with all that the former one held."""

import secrets
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import refuse
from sourcier.sourcing import queries
from sourcier.sourcing.actions.common import entry
from sourcier.sourcing.actions.panel import startable
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.sourcing.working_days import propose_deadline

COPIED = (
    "organisation_id", "need_id", "kind", "title", "trade", "description", "single_reason", "single_reasons",
    "price_formula", "price_sentence", "public_notice", "contact_name", "contact_phone", "contact_hours", "radius_m",
)  # fmt: skip
ROWS = ("price_lines", "criteria", "questions", "clauses", "documents", "candidates", "searches")
UNVOUCHED = ("searches",)


@transaction.atomic
def ask_again(agent: Agent, sourcing_id: UUID) -> Sourcing:
    """Begin another request with the prices, criteria, questions, documents and firms of one that ended without a choice.

    Nothing leaves: the panel is to be widened, and the request may be changed. Raises `Refused`.
    """
    former = queries.get(agent, sourcing_id)
    startable(agent, former.need_id)
    if former.state != Sourcing.State.ENDED:
        raise refuse("not_ended", "On relance une demande qui a fini sans choix.")
    now = timezone.now()
    sourcing = Sourcing.objects.create(
        **{name: getattr(former, name) for name in COPIED}, buyer=agent.user, notice_slug=secrets.token_urlsafe(16),
        deadline=propose_deadline(former.kind, now, former.organisation.postal_code),
        created_at=now, saved_at=now, saved_by=agent.user,
    )  # fmt: skip
    rows: list[Model] = []
    for name in ROWS:
        copied = _copy(getattr(former, name), sourcing)
        rows += [] if name in UNVOUCHED else copied
    kept = sourcing.candidates.filter(state=Candidate.State.KEPT).count()
    entry(agent, sourcing, "sourcing.asked_again", {"title": sourcing.title, "former": former.pk, "count": kept}, rows)
    return sourcing


def _copy(kept: Any, sourcing: Sourcing) -> list[Model]:
    """The same rows, for the new request."""
    copies = []
    for row in kept.order_by("pk"):
        row.pk = uuid4() if row._meta.pk.get_internal_type() == "UUIDField" else None
        row._state.adding = True
        row.sourcing = sourcing
        row.save()
        copies.append(row)
    return copies
