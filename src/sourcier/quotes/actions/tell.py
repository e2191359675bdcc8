"""Tell everyone the result by the channel that reached him. The choice is not closed while someone remains untold."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.law.retention import PROCEDURE
from sourcier.mail.actions import enqueue
from sourcier.mail.models import OutgoingMessage, OutgoingText
from sourcier.quotes import results
from sourcier.quotes.actions.evaluate import lock, require_buyer
from sourcier.quotes.models import Notification
from sourcier.quotes.results import Key
from sourcier.retention.clocks import start
from sourcier.sourcing.actions import progress, texting
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import texted_at
from sourcier.suppliers.queries import emails_of

BY_ITSELF = ("email", "sms")


@transaction.atomic
def tell_all(agent: Agent, sourcing_id: UUID, sentences: Mapping[Key, str]) -> list[Notification]:
    """Tell every firm that answered, with the sentences written for each lot of each answer. Raises `Refused`.

    E-mails and SMS leave by themselves; the others wait for « Prévenue » with how it was done.
    """
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    if sourcing.state not in (Sourcing.State.CHOSEN, Sourcing.State.ENDED) or sourcing.opened_at is None:
        raise refuse("not_chosen", "Choisissez d'abord : on prévient ensuite toutes les entreprises.")
    if Notification.objects.filter(sourcing=sourcing).exists():
        raise refuse("already_told", "Les entreprises sont déjà prévenues, ou en train de l'être.")
    messages = results.messages(agent, sourcing, sentences)
    emails = emails_of([message.submission.firm_id for message in messages])
    told: list[Notification] = []
    addresses: dict[UUID, str] = {}
    for message in messages:
        submission = message.submission
        by_text = texted_at(submission.invitation)
        address = "" if by_text else submission.invitation.address or emails.get(submission.firm_id, "")
        notification = Notification.objects.create(
            sourcing=sourcing, firm=submission.firm, submission=submission, won=message.won,
            channel="sms" if by_text else "email" if address else "letter", sentence=message.sentence, body=message.body,
        )  # fmt: skip
        addresses[notification.pk] = address
        told.append(notification)
    rows: list[Model] = [*told]
    if not told:
        rows += _close(sourcing, timezone.now())
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "result.told",
        {
            "name": agent.user.name,
            "count": len(told),
            "told": [_told_facts(notification) for notification in told],
        },
        actor=agent.id,
        rows=rows,
    )
    for notification, message in zip(told, messages, strict=True):
        if address := addresses[notification.pk]:
            enqueue(
                agent.organisation, kind="result", to_address=address, to_name=notification.firm.name,
                subject=message.subject, body=message.body, operation_id=sourcing.need_id,
                firm_id=notification.firm_id, subject_id=notification.pk,
            )  # fmt: skip
        elif notification.channel == "sms":
            texting.text(message.submission.invitation, "result", notification.pk)
    return told


@transaction.atomic
def mark_told(agent: Agent, notification_id: UUID, how: str) -> Notification:
    """Write down that a firm was told by letter, telephone or at the counter. Raises `Refused`."""
    notification = Notification.objects.select_related("submission__invitation__firm").get(
        pk=notification_id, sourcing__organisation=agent.organisation
    )
    sourcing = lock(agent, notification.sourcing_id)
    require_buyer(agent, sourcing.need)
    notification.refresh_from_db()
    if notification.state == Notification.State.SENT:
        raise refuse("already_told", "Cette entreprise est déjà prévenue.")
    if not how.strip():
        raise refuse("no_how", "Dites comment : courrier posté le…, appel avec…, remis au guichet…", "how")
    notification.how = how
    notification.told_by = agent.user
    rows = _told(notification, sourcing, timezone.now())
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "result.told_by_hand",
        {"name": agent.user.name, "firm": notification.submission.invitation.named, "how": how},
        actor=agent.id,
        rows=rows,
    )
    return notification


@transaction.atomic
def print_results(agent: Agent, sourcing_id: UUID) -> list[Notification]:
    """Note who printed the results that no e-mail carried, and return them for `letter.result_letters`. Raises `Refused`."""
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    by_hand = Q(state=Notification.State.FAILED) | ~Q(channel__in=BY_ITSELF)
    left = Notification.objects.filter(by_hand, sourcing=sourcing, told_at=None)
    left = left.select_related("firm", "submission__invitation__firm").order_by("firm__name", "pk")
    # A letter goes to the address of the register: not what concerns someone of whom only an e-mail is known.
    found = [each for each in left if not each.submission.invitation.unverified]
    if not found:
        raise refuse("no_letter", "Aucun courrier à imprimer.")
    firms = [{"siret": each.firm.siret, "name": each.submission.invitation.named} for each in found]
    facts = {"name": agent.user.name, "sourcing": sourcing.pk, "count": len(found), "firms": firms}
    append(agent.organisation.pk, sourcing.need_id, "letter.printed", facts, actor=agent.id)
    return found


def record_delivery(message: OutgoingMessage | OutgoingText) -> None:
    """Registered with the outbox and the SMS: the result reached the firm's server or the gateway, or did not."""
    notification = Notification.objects.select_for_update().filter(pk=message.subject_id).first()
    known = notification is not None and notification.state == Notification.State.SENT
    if notification is None or notification.how or (known and not message.lost):
        return
    sourcing = Sourcing.objects.select_for_update().get(pk=notification.sourcing_id)
    if not message.lost:
        rows = _told(notification, sourcing, message.sent_at or timezone.now())
        verb = "result.delivered"
    else:
        notification.state, notification.told_at = Notification.State.FAILED, None
        notification.save(update_fields=["state", "told_at"])
        rows, verb = [notification], "result.undelivered"
    append(sourcing.organisation_id, sourcing.need_id, verb, {"firm": notification.submission.invitation.named}, rows=rows)


def _told_facts(notification: Notification) -> dict[str, object]:
    invitation = notification.submission.invitation
    return {
        "notification": notification.pk, "invitation": invitation.pk, "firm": invitation.named,
        "channel": notification.channel, "won": notification.won, "body": notification.body,
    }  # fmt: skip


def _told(notification: Notification, sourcing: Sourcing, at: datetime) -> list[Model]:
    """Record that this one is told, and close the choice when he was the last. Returns the rows changed."""
    notification.state = Notification.State.SENT
    notification.told_at = at
    notification.save(update_fields=["state", "told_at", "how", "told_by"])
    rows: list[Model] = [notification]
    if notification.won:
        rows += start(sourcing.organisation_id, PROCEDURE, sourcing.need_id, at)
    if not Notification.objects.filter(sourcing=sourcing).exclude(state=Notification.State.SENT).exists():
        rows += _close(sourcing, at)
    return rows


def _close(sourcing: Sourcing, at: datetime) -> list[Model]:
    """Everyone is told: a choice is done. (An end without choice stays an end.)"""
    if sourcing.state != Sourcing.State.CHOSEN:
        return []
    progress.mark_done(sourcing, at)
    return [sourcing]
