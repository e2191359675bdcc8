"""Reminders to those silent: at most two, the same for all, and nobody in the city is told to whom."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes.actions import answer as act
from sourcier.quotes.actions.remind import remind_due
from sourcier.quotes.models import Reminder
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.actions import unsubscribe
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, answer, make_request

pytestmark = pytest.mark.django_db
# Sent on a Thursday at dawn, to be answered by the Wednesday: once, two working days before.
NINE = datetime(2026, 9, 28, 7, tzinfo=UTC)
SOON = timedelta(minutes=1)


def reminded() -> list[str]:
    return sorted(OutgoingMessage.objects.filter(kind="reminder").values_list("to_address", flat=True))


def test_only_those_who_sent_nothing_are_reminded_and_once(city: City) -> None:
    request = make_request(city)
    said_yes, said_no, silent = (request.invite(name, f"{name}@pain.example") for name in ("oui", "non", "muet"))
    request.invite("courrier", "")
    unsubscribe(request.invite("paix", "paix@pain.example").firm)
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=False):
        act.submit(said_yes, answer(request), received_at=BEFORE + timedelta(hours=1))
        act.decline(said_no, "too_far", received_at=BEFORE + timedelta(hours=1))
    assert remind_due(NINE - SOON) == 0
    assert remind_due(NINE) == 1
    assert remind_due(NINE + SOON) == remind_due(DEADLINE) == remind_due(DEADLINE + SOON) == 0
    assert reminded() == ["muet@pain.example"]
    [message] = OutgoingMessage.objects.filter(kind="reminder")
    assert message.sealed and message.secret and "La mairie ne sait pas lesquelles" in message.body
    entry = Entry.objects.get(verb="reminder.sent")
    said = payload_of(entry) or {}
    assert (said["number"], said["count"], [firm["name"] for firm in said["firms"]]) == (1, 1, [silent.firm.name])
    assert {row["kind"] for row in said["rows"]} == {"reminder"}


def test_a_round_leaves_the_same_mark_when_all_have_answered(city: City) -> None:
    request = make_request(city)
    act.submit(request.invite(), answer(request), received_at=BEFORE)
    assert remind_due(NINE) == 1
    assert reminded() == [] and Reminder.objects.count() == Entry.objects.filter(verb="reminder.sent").count() == 1


def test_twice_when_there_is_time_and_never_a_third_time_after_a_later_deadline(city: City) -> None:
    request = make_request(city, deadline=DEADLINE + timedelta(days=14))
    request.invite()
    assert sum(remind_due(BEFORE + timedelta(days=day)) for day in range(1, 22)) == 2
    Sourcing.objects.update(deadline=DEADLINE + timedelta(days=60))
    assert remind_due(DEADLINE + timedelta(days=59)) == 0
    assert len(reminded()) == 2


@pytest.mark.parametrize("state", ["closed", "ended", "opened"])
def test_nobody_is_reminded_of_what_no_longer_waits(city: City, state: str) -> None:
    request = make_request(city, state=state)
    request.invite()
    assert remind_due(NINE) == 0 and reminded() == []


def test_a_direct_purchase_has_no_reminder(city: City) -> None:
    make_request(city, kind="direct").invite()
    assert remind_due(NINE) == 0
