"""Reminders to those silent: at most two, the same for all, sent by the program, which tells nobody to whom."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from sourcier.journal.actions import append
from sourcier.quotes.models import Reminder, Submission
from sourcier.quotes.queries.answers import SENT
from sourcier.sourcing import rules, words
from sourcier.sourcing.actions.invite import told, write_to
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.sourcing.timing import reminders


def remind_due(now: datetime) -> int:
    """Send the reminders whose hour has come. Returns how many rounds were made. For `tick`, each in its own transaction."""
    waiting = Sourcing.objects.filter(state=Sourcing.State.OPEN, deadline__gt=now)
    made = dict(Reminder.objects.filter(sourcing__in=waiting).values_list("sourcing").annotate(rounds=Count("pk")))
    due = [each.pk for each in waiting.select_related("organisation") if _is_due(each, made.get(each.pk, 0), now)]
    return sum(_remind(pk, now) for pk in due)


def _is_due(sourcing: Sourcing, made: int, now: datetime) -> bool:
    """`made`: how many rounds already."""
    moments = reminders(sourcing, now)
    return made < len(moments) and moments[made] <= now


@transaction.atomic
def _remind(sourcing_id: UUID, now: datetime) -> bool:
    """One round, one entry, whoever is silent, and even when nobody is: its number tells nothing."""
    rows = Sourcing.objects.select_for_update(of=("self",)).select_related("organisation", "need")
    sourcing = rows.get(pk=sourcing_id)
    before = Reminder.objects.filter(sourcing=sourcing).count()
    if rules.open_to_answers(sourcing.state, sourcing.deadline, now) or not _is_due(sourcing, before, now):
        return False
    made = Reminder.objects.create(sourcing=sourcing, number=before + 1, made_at=now)
    subject, body = words.reminder_mail(brief(sourcing))
    silent = [each for each in _silent(sourcing) if write_to(each, "reminder", subject, body, made.pk, sealed=True)]
    firms = [{"siret": invitation.firm.siret, "name": invitation.named} for invitation in silent]
    facts = {"sourcing": sourcing.pk, "reminder": made.pk, "number": made.number, "count": len(firms), "firms": firms}
    append(sourcing.organisation_id, sourcing.need_id, "reminder.sent", facts, rows=[made])
    return True


def _silent(sourcing: Sourcing) -> list[Invitation]:
    """Reached otherwise than by letter, and nothing sent: neither a price nor a refusal, not even one taken back."""
    sent = Submission.objects.filter(invitation=OuterRef("pk"), state__in=SENT)
    return list(told(sourcing).exclude(channel=Invitation.Channel.LETTER).exclude(Exists(sent)))
