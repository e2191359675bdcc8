"""Two people, or two clicks, at the same instant: real threads on a real database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.needs.rules import Conflict
from sourcier.sourcing.actions import closing, invite, notice, panel, request
from sourcier.sourcing.models import Invitation, NoticeVisit, Sourcing
from tests.cities import City
from tests.sourcing.scenes import draft, in_days, ready, sent
from tests.sourcing.secrets import confirmation_token
from tests.sourcing.stock import FAR, MATHILDE

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts together; what each returned or raised."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait(30)
            return act()
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(60) for future in [pool.submit(run, act) for act in acts]]


def test_a_double_click_on_send_sends_once(city: City) -> None:
    sourcing = ready(city)

    done = at_once(*[lambda: invite.send(city.buyer, sourcing.pk)] * 4)

    refusals = [item for item in done if isinstance(item, Refused)]
    assert [item.refusal.code for item in refusals] == ["wrong_state"] * 3
    assert Invitation.objects.count() == 3
    assert OutgoingMessage.objects.filter(kind="invitation").count() == 2
    assert Entry.objects.filter(verb="sourcing.sent").count() == 1


def test_two_people_who_save_together_leave_one_version_and_one_conflict(city: City) -> None:
    sourcing = draft(city)

    done = at_once(
        lambda: request.save_request(city.buyer, sourcing.pk, sourcing.version, title="Bruno"),
        lambda: request.save_request(city.second_buyer, sourcing.pk, sourcing.version, title="Salima"),
    )

    [conflict] = [item for item in done if isinstance(item, Conflict)]
    sourcing.refresh_from_db()
    assert conflict.current.title == sourcing.title in ("Bruno", "Salima")


def test_two_people_who_keep_the_same_firm_keep_it_once(city: City) -> None:
    sourcing = draft(city)
    at_once(*[lambda: panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])] * 3)
    assert sourcing.candidates.count() == 1
    assert city.organisation.firms.filter(siret=MATHILDE.siret).count() == 1


def test_an_extension_at_the_deadline_s_second_wins_or_loses_whole(city: City) -> None:
    sourcing = sent(city)
    Sourcing.objects.filter(pk=sourcing.pk).update(deadline=timezone.now(), next_check=timezone.now())
    later, tick = in_days(10), timezone.now() + timedelta(seconds=1)

    at_once(lambda: invite.extend(city.buyer, sourcing.pk, later, "Raison."), lambda: closing.close_due(tick))

    sourcing.refresh_from_db()
    assert (sourcing.state, sourcing.deadline, sourcing.next_check) == (Sourcing.State.OPEN, later, later)


def test_a_confirmation_link_followed_twice_at_once_gives_one_page(city: City) -> None:
    sourcing = sent(city)
    notice.come(sourcing, FAR.siret, "lyon@pain.example")
    token = confirmation_token("lyon@pain.example")

    done = at_once(*[lambda: notice.confirm(token)] * 3)

    assert sum(isinstance(item, notice.Used) for item in done) == 2
    assert Invitation.objects.filter(channel=Invitation.Channel.NOTICE).count() == 1
    assert NoticeVisit.objects.get().invitation is not None
