from datetime import timedelta

import pytest
from django.utils import timezone

from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.quotes.models import LastPriceRound
from sourcier.sourcing.models import Sourcing
from sourcier.web.operations import DONE, LATER, NOW, operation_context, seven_steps, three_words
from tests.cities import City
from tests.web.clients import signed_in


def draft(city: City) -> Need:
    return needs.start(city.requester, "Pain frais pour les crèches")


def consult(city: City, need: Need, state: str, kind: str = "rfq") -> Sourcing:
    """A consultation as it is stored in that state: the thread only reads."""
    now = timezone.now()
    need.state, need.rule = (Need.State.AWARDED if state == "done" else Need.State.ASKED), {"kind": kind}
    need.save()
    return Sourcing.objects.create(
        organisation=city.organisation, need=need, buyer=city.buyer.user, kind=kind, state=state, title="Pain",
        notice_slug=state, created_at=now, saved_at=now, saved_by=city.buyer.user, deadline=now,
        sent_at=None if state == "draft" else now,
    )  # fmt: skip


def shape(need: Need) -> str:
    """« ddn.... »: d done, n now, . later."""
    return "".join({DONE: "d", NOW: "n", LATER: "."}[step.status] for step in seven_steps(need))


def test_a_draft_is_at_its_first_step(city: City) -> None:
    need = draft(city)
    assert shape(need) == "n......"
    assert seven_steps(need)[0].sentence == "Décrivez votre besoin"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("draft", "ddn...."),
        ("open", "ddddn.."),
        ("closed", "ddddn.."),
        ("opened", "dddddn."),
        ("chosen", "dddddn."),
        ("done", "ddddddn"),
        ("ended", "ddddddn"),
    ],
)
def test_the_thread_follows_the_consultation_without_a_hole(city: City, state: str, expected: str) -> None:
    need = draft(city)
    consult(city, need, state)
    assert shape(need) == expected


def test_a_rule_passed_by_gets_no_tick_and_stays_within_reach(city: City) -> None:
    need = draft(city)
    consult(city, need, "open")
    need.rule = None
    need.save()
    rule = seven_steps(need)[1]
    assert (rule.status, rule.sentence) == (LATER, "Règle du jour pas encore vérifiée")
    assert signed_in(city.buyer).get(rule.url).status_code == 200


@pytest.mark.parametrize(("kind", "words"), [("rfq", "Réponses fermées jusqu'au "), ("rfi", "Réponses attendues jusqu'au ")])
def test_quotes_are_said_to_be_closed_until_their_deadline_and_information_awaited(city: City, kind: str, words: str) -> None:
    need = draft(city)
    sourcing = consult(city, need, "open", kind=kind)
    assert seven_steps(need)[4].sentence == "Date limite passée", "until the program has closed it"
    sourcing.deadline = timezone.now() + timedelta(hours=1)
    sourcing.save()
    assert seven_steps(need)[4].sentence.startswith(words)


def test_last_prices_are_said_to_be_closed_until_their_deadline_and_to_be_opened_after_it(city: City) -> None:
    need, now = draft(city), timezone.now()
    asked = LastPriceRound.objects.create(
        sourcing=consult(city, need, "opened"), asked_by=city.buyer.user, asked_at=now, deadline=now + timedelta(hours=1)
    )
    assert seven_steps(need)[5].sentence.startswith("Derniers prix fermés jusqu'au ")
    asked.deadline = now - timedelta(hours=1)
    asked.save()
    assert seven_steps(need)[5].sentence == "Date limite passée : ouvrez les derniers prix"
    asked.opened_at = now
    asked.save()
    assert seven_steps(need)[5].sentence == "Comparez et choisissez"


def test_only_steps_reached_have_a_link(city: City) -> None:
    need = draft(city)
    consult(city, need, "open")
    assert all(step.url for step in seven_steps(need)[:4])
    assert not any(step.url for step in seven_steps(need)[5:])


def test_a_closed_need_has_no_present_step(city: City) -> None:
    need = draft(city)
    need.state = Need.State.CLOSED
    assert NOW not in {step.status for step in seven_steps(need)}


def test_a_department_reads_three_words(city: City) -> None:
    need = draft(city)
    assert [step.name for step in operation_context(city.requester, need)["steps"]] == ["Demandé", "En cours", "Choisi"]
    assert [step.status for step in three_words(need)] == [NOW, LATER, LATER]
    need.state, need.buyer = Need.State.ACCEPTED, city.buyer.user
    assert [step.status for step in three_words(need)] == [DONE, NOW, LATER]
    assert three_words(need)[1].sentence == "Chez Bruno Rosny"
    need.state = Need.State.AWARDED
    assert [step.status for step in three_words(need)] == [DONE, DONE, DONE]


def test_every_page_of_an_operation_shows_its_thread(city: City) -> None:
    need = draft(city)
    page = signed_in(city.requester).get(f"/achats/{need.pk}/").content.decode()
    assert "Étapes de l'achat" in page
    assert need.reference in page
