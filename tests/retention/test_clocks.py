"""A clock is born with its record, in the entry of the act; its term starts when the event comes."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from sourcier.accounts import actions as accounts
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.law.retention import ACCOUNT, CONTACT, CONTRACT, PROCEDURE
from sourcier.needs import actions as needs
from sourcier.retention import actions
from sourcier.retention.models import Clock
from sourcier.suppliers.actions import add_contact, meet
from tests.cities import City
from tests.dossier.purchase import BEGUN, Purchase, answered_purchase
from tests.sourcing.stock import MATHILDE


def clock(kind: str, subject: object) -> Clock:
    return Clock.objects.get(kind=kind, subject_id=subject)


def vouching(row: Clock) -> str:
    """The verb of the last entry that vouches for a clock."""
    told = [
        entry.verb for entry in Entry.objects.filter(log_id=row.organisation_id).select_related("payload").order_by("index")
        if any(each["kind"] == "clock" and each["id"] == row.pk.hex for each in (payload_of(entry) or {}).get("rows", ()))
    ]  # fmt: skip
    return told[-1]


def test_a_need_has_its_clock_from_its_first_sentence(city: City) -> None:
    need = needs.start(city.requester, "Du pain pour les crèches, livré chaque matin")
    made = clock(PROCEDURE, need.pk)
    assert (made.years, made.started_on, made.ends_on) == (5, None, None)
    assert "notification" in made.event and "R.2184-12" in made.article
    assert vouching(made) == "need.started"


def test_a_need_closed_without_a_contract_is_kept_from_that_day(city: City) -> None:
    with time_machine.travel(BEGUN, tick=True):
        need = needs.start(city.requester, "Du pain pour les crèches, livré chaque matin")
        needs.close(city.requester, need.pk, "Le marché de la région suffit.")
    made = clock(PROCEDURE, need.pk)
    assert (made.started_on, made.ends_on) == (date(2026, 9, 14), date(2031, 9, 14))
    assert "sans contrat" in made.event and vouching(made) == "need.closed"


def test_nothing_tells_of_the_answers_before_the_choice(city: City) -> None:
    purchase = answered_purchase(city)
    assert {row.kind for row in Clock.objects.filter(operation_id=purchase.need.pk)} == {PROCEDURE}
    assert clock(PROCEDURE, purchase.need.pk).started_on is None


def test_the_choice_opens_the_clock_of_the_contract_and_the_telling_starts_that_of_the_procedure(finished: Purchase) -> None:
    contract, procedure = clock(CONTRACT, finished.need.pk), clock(PROCEDURE, finished.need.pk)
    assert (contract.years, contract.started_on, contract.ends_on) == (5, None, None)
    assert (procedure.started_on, procedure.ends_on) == (date(2026, 10, 1), date(2031, 10, 1))
    assert (vouching(contract), vouching(procedure)) == ("choice.made", "result.delivered")


def test_the_head_buyer_notes_the_end_of_the_contract_and_may_correct_it(finished: Purchase) -> None:
    city, need = finished.city, finished.need
    with time_machine.travel(BEGUN + timedelta(days=500), tick=True):
        for refused_on in (None, timezone.localdate() + timedelta(days=1), date(2026, 1, 1)):
            with pytest.raises(Refused):
                actions.note_end(city.head_buyer, need.pk, refused_on)
        actions.note_end(city.head_buyer, need.pk, date(2027, 12, 30))
        ended = actions.note_end(city.head_buyer, need.pk, date(2027, 12, 31))
    assert (ended.started_on, ended.ends_on) == (date(2027, 12, 31), date(2032, 12, 31))
    assert vouching(ended) == "retention.end_noted"


def test_an_address_is_kept_three_years_after_the_last_contact(finished: Purchase) -> None:
    firm = finished.invitation(MATHILDE).firm
    made = clock(CONTACT, firm.pk)
    first = made.ends_on
    assert first == date(2029, 9, 15)
    Clock.objects.filter(pk=made.pk).update(started_on=date(2022, 1, 1), ends_on=date(2025, 1, 1))
    assert actions.renew_due(timezone.now()) >= 1
    made.refresh_from_db()
    assert made.started_on == date(2026, 9, 15) and vouching(made) == "retention.renewed"


def test_somebody_that_leaves_starts_a_clock_which_waits_when_he_comes_back(city: City) -> None:
    gone = accounts.deactivate_user(city.admin, city.second_buyer.id)
    made = clock(ACCOUNT, gone.pk)
    assert made.started_on == timezone.localdate() and vouching(made) == "user.deactivated"
    accounts.reactivate_user(city.admin, gone.pk)
    made.refresh_from_db()
    assert made.started_on is None and vouching(made) == "user.reactivated"
    assert verify(city.organisation.pk).ok


def test_the_journal_vouches_for_every_clock(finished: Purchase) -> None:
    city = finished.city
    add_contact(city.buyer, meet(city.organisation, {"siret": "73282932000074", "name": "Fournil"}, "manual").pk,
                "email", "fournil@pain.example")  # fmt: skip
    report = verify(city.organisation.pk)
    assert Clock.objects.count() > 5
    assert [each for each in report.problems if "clock" in each.sentence] == []
