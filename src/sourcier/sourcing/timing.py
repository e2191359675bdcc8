"""The time that a request leaves: the days of the post for who is written to on paper, and the reminders."""

from datetime import datetime

from sourcier.sourcing import queries, working_days
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.queries import written_to


def by_post(sourcing: Sourcing) -> bool:
    """Will a firm of the panel have to be written to on paper?"""
    firms = [candidate.firm for candidate in queries.to_invite(sourcing)]
    return len(written_to(firms)) < len(firms)


def proposed_deadline(sourcing: Sourcing, now: datetime) -> datetime:
    """A later deadline, fair to those who are reached on paper."""
    return working_days.propose_deadline(sourcing.kind, now, sourcing.organisation.postal_code, letters=by_post(sourcing))


def advice(sourcing: Sourcing, now: datetime) -> str:
    """What to tell the buyer of a deadline that is lawful but unkind."""
    if sourcing.deadline is None:
        return ""
    place = sourcing.organisation.postal_code
    return working_days.warning(sourcing.kind, sourcing.deadline, now, place, letters=by_post(sourcing))


def reminders(sourcing: Sourcing, now: datetime) -> list[datetime]:
    """When those silent are reminded; of a request that has not left, if it left now. A direct purchase has none."""
    if sourcing.kind == Sourcing.Kind.DIRECT or sourcing.deadline is None:
        return []
    return working_days.reminders(sourcing.sent_at or now, sourcing.deadline, sourcing.organisation.postal_code)
