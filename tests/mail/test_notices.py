from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.mail.models import Notice, OutgoingMessage
from sourcier.web import awaiting as page
from sourcier.web.notices import send_waiting_notices
from tests.cities import City

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = datetime(2026, 11, 24, 15, tzinfo=PARIS)
WAITING: dict[str, list[Awaiting]] = {}


def source(agent: Agent) -> list[Awaiting]:
    return list(WAITING.get(agent.user.email, []))


@pytest.fixture(autouse=True)
def one_source(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What waits is what the test says."""
    monkeypatch.setattr(page, "SOURCES", (source,))
    WAITING.clear()
    yield
    WAITING.clear()


def wait(agent: Agent, *, since: datetime, url: str = "/achats/1/", sentence: str = "Un besoin attend votre avis.") -> None:
    WAITING.setdefault(agent.user.email, []).append(Awaiting(since, sentence, "Lire", url, "Petite enfance"))


def sent(kind: str = "waiting") -> list[OutgoingMessage]:
    return list(OutgoingMessage.objects.filter(kind=kind).order_by("created_at"))


def test_a_person_is_told_once_of_what_waits(city: City) -> None:
    wait(city.buyer, since=TUESDAY - timedelta(hours=1))
    assert send_waiting_notices(TUESDAY) == 1
    assert send_waiting_notices(TUESDAY + timedelta(hours=1)) == 0
    [message] = sent()
    assert message.to_address == "bruno@rosny.example"
    assert message.subject == "Une demande vous attend"
    assert "- Un besoin attend votre avis. (Petite enfance)\n  Depuis le 24 novembre 2026 à 14\u00a0h." in message.body
    assert "Lire : http://127.0.0.1:8000/achats/1/" in message.body


def test_what_is_settled_within_minutes_makes_no_message_and_what_comes_together_makes_one(city: City) -> None:
    wait(city.buyer, since=TUESDAY - timedelta(minutes=1))
    assert send_waiting_notices(TUESDAY) == 0
    wait(city.buyer, since=TUESDAY, url="/achats/2/")
    assert send_waiting_notices(TUESDAY + timedelta(minutes=6)) == 1
    assert sent()[0].subject == "2 demandes vous attendent"


def test_the_same_page_waiting_again_later_is_told_again(city: City) -> None:
    wait(city.buyer, since=TUESDAY - timedelta(hours=1))
    send_waiting_notices(TUESDAY)
    WAITING.clear()
    wait(city.buyer, since=TUESDAY + timedelta(hours=1))
    assert send_waiting_notices(TUESDAY + timedelta(hours=2)) == 1


def test_a_digest_leaves_each_working_morning_at_half_past_seven_and_once(city: City) -> None:
    wait(city.buyer, since=TUESDAY - timedelta(days=30))
    morning = TUESDAY.replace(hour=7, minute=29)
    send_waiting_notices(morning)
    assert sent("digest") == []
    for minute in range(1, 200, 20):
        send_waiting_notices(morning + timedelta(minutes=minute))
    assert [message.subject for message in sent("digest")] == ["Ce matin : une demande vous attend"]
    send_waiting_notices(morning + timedelta(days=1, minutes=1))
    assert len(sent("digest")) == 2


def test_what_the_digest_told_is_not_told_again(city: City) -> None:
    wait(city.buyer, since=TUESDAY.replace(hour=7))
    send_waiting_notices(TUESDAY.replace(hour=7, minute=30))
    send_waiting_notices(TUESDAY.replace(hour=9))
    assert len(sent("digest")) == 1 and sent() == []


@pytest.mark.parametrize("day", [datetime(2026, 11, 22, 8, tzinfo=PARIS), datetime(2026, 11, 11, 8, tzinfo=PARIS)])
def test_no_digest_on_a_sunday_nor_on_a_holiday(city: City, day: datetime) -> None:
    wait(city.buyer, since=day - timedelta(days=30))
    send_waiting_notices(day)
    assert sent("digest") == []


def test_nothing_waiting_sends_nothing_all_morning(city: City) -> None:
    assert send_waiting_notices(TUESDAY.replace(hour=8)) == 0
    wait(city.buyer, since=TUESDAY.replace(hour=8, minute=10))
    assert send_waiting_notices(TUESDAY.replace(hour=9)) == 1
    assert sent("digest") == [] and len(sent()) == 1


def test_who_was_deactivated_hears_nothing(city: City) -> None:
    wait(city.buyer, since=TUESDAY - timedelta(hours=1))
    city.buyer.user.is_active = False
    city.buyer.user.save()
    wait(city.second_buyer, since=TUESDAY - timedelta(hours=1))
    city.second_buyer.user.memberships.update(active=False)
    assert send_waiting_notices(TUESDAY) == 0 == Notice.objects.count()


def test_one_person_whose_list_breaks_does_not_silence_the_others(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(agent: Agent) -> list[Awaiting]:
        if agent.user == city.requester.user:
            raise RuntimeError
        return source(agent)

    monkeypatch.setattr(page, "SOURCES", (breaks,))
    wait(city.buyer, since=TUESDAY - timedelta(hours=1))
    assert send_waiting_notices(TUESDAY) == 1
