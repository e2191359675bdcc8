"""« Courrier à classer »: mail that names no operation is filed under one, read with a reason, or set aside. Never removed.

Filed under an operation, it obeys its seal. Of a firm that was asked and in time, it is what it would have been at the firm's
own address: an answer, if a quote is joined.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import User
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, next_state, refuse
from sourcier.mail import receiving
from sourcier.mail import rules as mail_rules
from sourcier.mail.incoming import read
from sourcier.mail.models import IncomingMessage
from sourcier.mail.rules import Sorting
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes.actions.read_mail import read_now, show, unsealed
from sourcier.quotes.models import HeardPrice
from sourcier.quotes.queries.tray import holding
from sourcier.quotes.rules import too_short
from sourcier.quotes.sealing import UNREADABLE
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.vault.queries import file_facts, read_sealed

logger = logging.getLogger(__name__)
State = IncomingMessage.State
LOST = "Ce courriel ne s'ouvre pas : le coffre ou la clé du serveur est abîmé. Rien n'a changé. Prévenez l'administrateur."


def file_mail(agent: Agent, message_id: UUID, need_id: UUID, firm_id: UUID | None = None) -> IncomingMessage:
    """File it under an operation, and a firm of its (`mail.filed`); readable at once when nothing there is closed.

    Raises `Refused`, or `ObjectDoesNotExist` for what is not of this city or not for this buyer.
    """
    row = _file(agent, message_id, needs.get(agent, need_id), firm_id)
    if row.state == State.WAITING:
        _take_up(row)
    elif row.held_by is None and row.opened_id is None:
        read_now(row)
    row.refresh_from_db()
    return row


@transaction.atomic
def _file(agent: Agent, message_id: UUID, need: Need, firm_id: UUID | None) -> IncomingMessage:
    row = _locked(agent, message_id)
    if refusal := mail_rules.may_sort(needs.roles_for(agent, need.department_id), Sorting.FILE):
        raise Refused(refusal)
    state = _next(row, Sorting.FILE)
    held = holding(need.pk)
    invitation = _asked(need, firm_id, held) if firm_id else None
    sender, reader = row.sender, row.handled_by if row.opened_id else None
    if held is not None and reader is not None:
        _has_read(held, reader, row)
    row.operation_id, row.held_by, row.state = need.pk, held.pk if held else None, state
    if invitation is not None:
        row.subject_id, row.known = invitation.pk, bool(sender) and sender == invitation.address.lower()
        if held is not None and held.deadline is not None and row.received_at <= held.deadline:
            row.state = State.WAITING
    if row.opened_id is None:
        row.sender = ""  # as for every message of an operation: told again at the opening
    _sign(row, agent)
    said = {
        "name": agent.user.name, "message": row.pk, "sender": sender or "inconnu", "received_at": row.received_at,
        "firm": invitation.named if invitation else None,
    }  # fmt: skip
    append(agent.organisation.pk, need.pk, "mail.filed", said, actor=agent.id, rows=[row])
    return row


def _asked(need: Need, firm_id: UUID, held: Sourcing | None) -> Invitation:
    """The invitation of that firm; of who came by a notice, nobody knows yet. Raises `Invitation.DoesNotExist`."""
    asked = Invitation.objects.filter(sourcing__need=need, firm=firm_id).select_related("firm", "sourcing")
    if held is not None:
        asked = asked.filter(sourcing=held).exclude(channel=Invitation.Channel.NOTICE)
    if (found := asked.order_by("-created_at").first()) is None:
        raise Invitation.DoesNotExist
    return found


def _has_read(held: Sourcing, reader: User, row: IncomingMessage) -> None:
    """Who read it before it was filed under a closed request knows what it says: he gives no mark (`price.heard`)."""
    heard, new = HeardPrice.objects.get_or_create(
        sourcing=held, user=reader,
        defaults={"how": "A lu le courriel avant qu'il soit classé ici.", "told_at": timezone.now()},
    )  # fmt: skip
    if new:
        said = {"name": heard.user.name, "sourcing": held.pk, "how": heard.how, "message": row.pk}
        append(held.organisation_id, held.need_id, "price.heard", said, actor=heard.user_id, rows=[heard])


def _take_up(row: IncomingMessage) -> None:
    """As if it had come to the firm's own address; what cannot be done now, `tick` does."""
    try:
        message = read(read_sealed(row.sealed_under, row.file))
    except UNREADABLE as error:
        logger.critical("a message kept cannot be read: %s", type(error).__name__)
        return
    receiving.handle(row, message)


def read_apart(agent: Agent, message_id: UUID, reason: str) -> IncomingMessage:
    """Read it without an operation, and say why (`mail.read_apart`). Raises `Refused`, `IncomingMessage.DoesNotExist`."""
    row = IncomingMessage.objects.select_related("file").get(organisation=agent.organisation, pk=message_id)
    if refusal := mail_rules.may_sort(agent.roles, Sorting.OPEN):
        raise Refused(refusal)
    _next(row, Sorting.OPEN)
    if refusal := too_short(reason):
        raise Refused(refusal, "reason")
    try:
        message, readable = unsealed(row)
    except UNREADABLE as error:
        logger.critical("a message kept cannot be opened: %s", type(error).__name__)
        raise refuse("lost", LOST) from None
    with transaction.atomic():
        row = _locked(agent, message_id)
        row.state = _next(row, Sorting.OPEN)
        show(row, message, readable)
        row.reason = reason.strip()[:1_000]
        _sign(row, agent)
        said = {
            "name": agent.user.name, "message": row.pk, "sender": row.sender or "inconnu", "subject": row.subject,
            "received_at": row.received_at, "reason": row.reason, "document": file_facts(readable),
        }  # fmt: skip
        append(agent.organisation.pk, None, "mail.read_apart", said, actor=agent.id, rows=[row, readable])
    return row


@transaction.atomic
def set_aside(agent: Agent, message_id: UUID) -> IncomingMessage:
    """Note that it is not for the city (`mail.set_aside`); it stays kept. Raises `Refused`, `IncomingMessage.DoesNotExist`."""
    row = _locked(agent, message_id)
    if refusal := mail_rules.may_sort(agent.roles, Sorting.SET_ASIDE):
        raise Refused(refusal)
    row.state = _next(row, Sorting.SET_ASIDE)
    if row.opened_id is None:
        _sign(row, agent)
    else:
        row.save()  # who read it stays named
    said = {"name": agent.user.name, "message": row.pk, "sender": row.sender or "inconnu", "received_at": row.received_at}
    append(agent.organisation.pk, None, "mail.set_aside", said, actor=agent.id, rows=[row])
    return row


def _locked(agent: Agent, message_id: UUID) -> IncomingMessage:
    rows = IncomingMessage.objects.select_for_update(of=("self",)).select_related("file", "handled_by")
    return rows.get(organisation=agent.organisation, pk=message_id)


def _next(row: IncomingMessage, verb: Sorting) -> str:
    if verb is Sorting.OPEN and row.opened_id is not None:
        raise refuse("already", "Ce courriel est déjà lu.")
    return next_state(mail_rules.TRAY, str(row.state), verb, "Ce courriel est déjà classé.")


def _sign(row: IncomingMessage, agent: Agent) -> None:
    row.handled_by, row.handled_at = agent.user, timezone.now()
    row.save()
