"""The e-mails of a purchase in progress, from the real lines: who must act is told, and its author at each step."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sourcier.accounts import actions as accounts
from sourcier.mail.models import OutgoingMessage
from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.sourcing.actions import closing, invite
from sourcier.sourcing.models import Sourcing
from sourcier.web.notices import send_waiting_notices
from tests.cities import City
from tests.needs.test_actions import accepted, submitted
from tests.sourcing.scenes import accepted_need, after_deadline, in_days, sent

MONDAY = datetime(2026, 9, 14, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def afternoon(bakeries: Path, settings: Any) -> Iterator[Any]:
    """No digest leaves in the afternoon."""
    settings.REGISTER = str(bakeries)
    with time_machine.travel(MONDAY, tick=True) as clock:
        yield clock


def told(address: str) -> list[OutgoingMessage]:
    """What this person is sent once a few minutes have passed, and not before; told once."""
    before = set(OutgoingMessage.objects.values_list("pk", flat=True))
    send_waiting_notices(timezone.now())
    assert set(OutgoingMessage.objects.filter(to_address=address).values_list("pk", flat=True)) <= before, "told at once"
    later = timezone.now() + timedelta(minutes=6)
    send_waiting_notices(later)
    send_waiting_notices(later + timedelta(minutes=1))
    return list(OutgoingMessage.objects.filter(to_address=address).exclude(pk__in=before).order_by("created_at"))


def test_a_need_sent_is_told_to_the_buyers_and_a_return_to_its_author(city: City) -> None:
    need = submitted(city)
    [received] = told("bruno@rosny.example")
    assert received.subject == "Une demande vous attend" and "Besoin reçu : Pain frais" in received.body
    assert f"Lire ce besoin : http://127.0.0.1:8000/achats/{need.pk}/" in received.body
    assert OutgoingMessage.objects.filter(to_address="salima@rosny.example", kind="waiting").count() == 1
    needs.send_back(city.buyer, need.pk, "Combien ?")
    [returned] = told("denise@rosny.example")
    assert returned.kind == "waiting" and "À compléter : Pain frais" in returned.body
    assert told("bruno@rosny.example") == []


def test_a_message_is_told_to_the_other_side(city: City) -> None:
    need = accepted(city)
    told("denise@rosny.example")
    needs.say(city.buyer, need.pk, "Combien de crèches exactement ?")
    [message] = told("denise@rosny.example")
    assert "Message de Bruno Rosny" in message.body and f"/achats/{need.pk}/#messages" in message.body
    needs.say(city.requester, need.pk, "Huit.")
    [answer] = told("bruno@rosny.example")
    assert "Message de Denise Rosny" in answer.body


def test_the_author_is_told_at_each_step_who_has_it_and_the_next_date(city: City) -> None:
    def step() -> OutgoingMessage:
        [message] = told("denise@rosny.example")
        assert message.kind == "progress" and f"/achats/{need.pk}/" in message.body
        return message

    need = submitted(city)
    message = step()
    assert message.subject.startswith("Votre besoin est envoyé : Pain frais")
    assert "chez le service achats" in message.body and "d'ici le 21 septembre 2026." in message.body
    needs.accept(city.buyer, need.pk)
    message = step()
    assert message.subject.startswith("Votre besoin est accepté") and "chez Bruno Rosny" in message.body
    assert "La date limite des réponses sera connue à l'envoi de la demande." in message.body
    needs.close(city.buyer, need.pk, "Un marché existe déjà.")
    message = step()
    assert message.subject.startswith("Votre besoin est clos") and "La raison : Un marché existe déjà." in message.body


def test_the_author_is_told_of_the_asking_its_deadline_and_the_choice_and_nothing_of_the_answers(city: City) -> None:
    def step() -> str:
        [message] = told("denise@rosny.example")
        return f"{message.subject}\n{message.body}"

    sourcing = sent(city, starts_on=None, ends_on=None, unknown=["when", "estimate"])
    asked = step()
    assert asked.startswith("Les entreprises sont interrogées : ") and "Réponses des entreprises attendues jusqu'au" in asked
    invite.extend(city.buyer, sourcing.pk, in_days(60), "Une grève de la poste.")
    assert "Réponses des entreprises attendues jusqu'au 13 novembre 2026." in step()
    sourcing.refresh_from_db()
    closing.close_due(after_deadline(sourcing))
    Sourcing.objects.update(closed_at=timezone.now())
    past = step()
    assert past.startswith("La date limite des réponses est passée") and "La date du choix n'est pas encore fixée." in past
    for text in (asked, past):
        assert "Mathilde" not in text and "Perrier" not in text and " 3 " not in text
    Sourcing.objects.update(state="opened", opened_at=timezone.now())
    assert told("denise@rosny.example") == []
    needs.mark_awarded(Need.objects.get())
    Sourcing.objects.update(state="chosen", chosen_at=timezone.now())
    chosen = step()
    assert chosen.startswith("Le choix est fait") and "Bruno Rosny" in chosen and "La commande vient ensuite." in chosen


def test_a_consultation_stopped_is_told_to_its_author_and_awaits_its_buyer(city: City) -> None:
    sourcing = sent(city)
    told("denise@rosny.example")
    closing.end(city.buyer, sourcing.pk, "Le budget est gelé.")
    [author] = told("denise@rosny.example")
    assert author.subject.startswith("La demande aux entreprises s'est arrêtée") and "à reprendre ou à clore" in author.body
    assert (
        "À reprendre ou à clore" in OutgoingMessage.objects.filter(to_address="bruno@rosny.example").latest("created_at").body
    )


def test_what_the_buyer_edits_or_the_passing_of_a_date_makes_no_new_step(city: City, afternoon: Any) -> None:
    need = accepted_need(city, starts_on=timezone.localdate() + timedelta(days=3))
    assert len(told("denise@rosny.example")) == 1
    needs.save(city.buyer, need.pk, None, title="Pain des crèches")  # type: ignore[arg-type]
    afternoon.shift(timedelta(days=5))
    assert told("denise@rosny.example") == []


def test_an_author_who_left_is_told_nothing(city: City) -> None:
    submitted(city)
    accounts.deactivate_user(city.admin, city.requester.user.pk)
    assert told("denise@rosny.example") == []


def test_each_city_s_author_is_told_of_his_own_need_alone(city: City, other_city: City) -> None:
    need = submitted(city)
    submitted(other_city)
    [mine] = told("denise@rosny.example")
    [theirs] = OutgoingMessage.objects.filter(to_address="denise@pantin.example")
    assert str(need.pk) in mine.body and str(need.pk) not in theirs.body
    assert (mine.organisation, theirs.organisation) == (city.organisation, other_city.organisation)
