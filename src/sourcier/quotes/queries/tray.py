"""What waits in « Courrier à classer »: sender and hour, nothing else until somebody says what it is."""

from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.accounts.queries import in_scope
from sourcier.mail.models import IncomingMessage
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes.models import LastPriceRound
from sourcier.sourcing.models import Sourcing

State = IncomingMessage.State
PURCHASES_SHOWN = 300


def waiting(agent: Agent) -> QuerySet[IncomingMessage]:
    """Mail of the city that belongs to no operation, oldest first; once read, it says so."""
    return _kept(agent).filter(state=State.TRAY)


def aside(agent: Agent) -> QuerySet[IncomingMessage]:
    """What somebody said is not for the city, latest first."""
    return _kept(agent).filter(state=State.ASIDE).order_by("-received_at", "pk")


def _kept(agent: Agent) -> QuerySet[IncomingMessage]:
    rows = IncomingMessage.objects.filter(organisation=agent.organisation, operation_id=None)
    return rows.select_related("handled_by", "opened").order_by("received_at", "pk")


def get(agent: Agent, message_id: UUID) -> IncomingMessage:
    """One that is not filed yet. Raises `IncomingMessage.DoesNotExist`."""
    return _kept(agent).get(pk=message_id, state__in=(State.TRAY, State.ASIDE))


def purchases(agent: Agent) -> QuerySet[Need]:
    """The operations under which this buyer may file, latest move first."""
    mine = needs.visible(agent).filter(in_scope(agent, Role.BUYER, Role.HEAD_BUYER))
    return mine.exclude(state=Need.State.DRAFT).order_by("-waiting_since", "-reference")[:PURCHASES_SHOWN]


def holding(need_id: UUID) -> Sourcing | None:
    """The request of an operation that is out and not opened, or whose last prices are not: what comes waits for it."""
    pending = LastPriceRound.objects.filter(sourcing=OuterRef("pk"), opened_at=None)
    out = Q(sent_at__isnull=False, state__in=(Sourcing.State.OPEN, Sourcing.State.CLOSED)) | Exists(pending)
    return Sourcing.objects.filter(out, need=need_id).order_by("-created_at").first()


def awaiting(agent: Agent) -> list[Awaiting]:
    """One line for the whole tray."""
    if not settings.REPLY_TO or not agent.has(Role.BUYER, Role.HEAD_BUYER):
        return []
    since = list(waiting(agent).values_list("received_at", flat=True))
    if not since:
        return []
    sentence = "Un courriel à classer." if len(since) == 1 else f"{len(since)} courriels à classer."
    return [Awaiting(since[0], sentence, "Classer le courrier", reverse("tray"))]
