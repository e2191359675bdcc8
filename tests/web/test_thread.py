"""The thread says who was told what, by which channel: letters and calls too, and each firm reads its own."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from sourcier.insights.exchanges import Exchange, channel_of, thread
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.actions.answer import submit
from sourcier.sourcing.actions import invite, questions
from sourcier.sourcing.actions.closing import close_due
from sourcier.sourcing.models import Invitation, Relay, Sourcing
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import BEGUN, Purchase, asked_purchase, finished_purchase
from tests.pdf import text_of
from tests.quotes.requests import BEFORE, Request, answer, make_request
from tests.quotes.requests import DEADLINE as LIMIT
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
AFTER = LIMIT + timedelta(minutes=5)


def of_firm(purchase: Purchase, firm: Firm) -> list[Exchange]:
    return thread(purchase.city.buyer, purchase.need, firm_id=firm.pk)


def opened(request: Request) -> None:
    Sourcing.objects.filter(pk=request.sourcing.pk).update(next_check=LIMIT)
    close_due(AFTER)
    with time_machine.travel(AFTER, tick=True):
        evaluate.choose_reference(request.city.buyer, request.sourcing.pk, "none")
        opening.open_answers(request.city.buyer, request.sourcing.pk)
    request.sourcing.refresh_from_db()


@pytest.fixture
def relayed(city: City) -> Iterator[Purchase]:
    """A firm reached by letter is told by telephone of an answer, and by letter of a later deadline."""
    purchase = asked_purchase(city)
    with time_machine.travel(BEGUN + timedelta(days=6), tick=True):
        for relay in Relay.objects.filter(invitation__sourcing=purchase.sourcing).order_by("created_at"):
            how = "Appelé M. Lefort" if relay.subject == "answer" else "Courrier posté ce matin"
            invite.mark_relayed(city.buyer, relay.pk, how)
    yield purchase


def test_what_a_firm_reached_by_letter_was_told_otherwise_is_in_its_thread(relayed: Purchase) -> None:
    lefort = relayed.invitation(LEFORT).firm
    told = {each.subject: each for each in of_firm(relayed, lefort) if "noté par" in each.state}
    assert told.keys() == {"Réponse à une question", "Nouvelle date limite"}
    said = told["Réponse à une question"]
    assert (said.channel, said.direction, said.firm) == ("phone", "out", lefort.name)
    assert said.state == "Appelé M. Lefort · noté par Bruno Rosny" and "Oui, en papier" in said.text
    assert told["Nouvelle date limite"].channel == "letter"
    page = signed_in(relayed.city.requester).get(reverse("exchanges", args=[relayed.need.pk])).content.decode()
    assert "Appelé M. Lefort" in page


def test_a_relay_not_told_yet_is_no_exchange(city: City) -> None:
    purchase = asked_purchase(city)
    assert Relay.objects.filter(told_at=None).exists()
    assert not [each for each in thread(city.buyer, purchase.need) if each.subject == "Nouvelle date limite"]


def test_the_letter_of_a_request_has_its_text_and_how_it_was_posted(relayed: Purchase) -> None:
    (letter,) = [each for each in of_firm(relayed, relayed.invitation(LEFORT).firm) if each.subject.startswith("Lettre")]
    assert letter.state == "posté au guichet de La Poste"
    assert "60 baguettes par jour" in letter.text
    # the deadline was moved since: the letter keeps the one it announced
    assert "28 septembre 2026" in letter.text and "30 septembre" not in letter.text


def test_a_letter_is_printed_again_without_what_opens_the_page_of_the_firm(relayed: Purchase, other_city: City) -> None:
    invitation = relayed.invitation(LEFORT)
    address = reverse("exchange_letter", args=[relayed.need.pk, invitation.pk])
    response = signed_in(relayed.city.auditor).get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    text = text_of(response.content)
    assert "28 septembre 2026" in text and invitation.firm.name in text
    assert "tapez le code" not in text and "photographiez" not in text
    assert address in signed_in(relayed.city.buyer).get(reverse("exchanges", args=[relayed.need.pk])).content.decode()
    assert signed_in(relayed.city.admin).get(address).status_code == 403
    assert signed_in(other_city.buyer).get(address).status_code == 404
    by_email = relayed.invitation(MATHILDE)
    for other in (by_email.pk, uuid4()):
        missing = reverse("exchange_letter", args=[relayed.need.pk, other])
        assert signed_in(relayed.city.buyer).get(missing).status_code == 404


def test_what_was_told_to_all_is_in_the_thread_of_each_firm(relayed: Purchase) -> None:
    for shop in (LEFORT, MATHILDE):
        found = of_firm(relayed, relayed.invitation(shop).firm)
        assert [each.firm for each in found if each.subject == "Réponse à une question" and each.channel == "page"] == [
            "Toutes"
        ]


def test_two_firms_of_one_name_and_one_address_keep_their_own_messages(city: City) -> None:
    request = make_request(city)
    pair = [request.invite("BOULANGERIE", "groupe@pain.example") for _ in range(2)]
    with time_machine.travel(BEFORE, tick=True):
        sent = [submit(invitation, answer(request, email="groupe@pain.example")) for invitation in pair]
        asked = questions.ask(pair[0], "Des sacs en papier ?")
        questions.answer(city.buyer, asked.pk, "Oui.")
    opened(request)
    for invitation, submission in zip(pair, sent, strict=True):
        found = thread(city.buyer, request.sourcing.need, firm_id=invitation.firm_id)
        own = [f"Bien reçu : votre question, récépissé {asked.receipt_number}"] if invitation == pair[0] else []
        received = sorted(e.subject for e in found if "Bien reçu" in e.subject)
        assert received == [f"Bien reçu : récépissé {submission.receipt_number}", *own]
        assert len([e for e in found if e.subject.startswith("Une question et sa réponse")]) == 1


def test_every_message_to_a_firm_says_which(city: City) -> None:
    purchase = finished_purchase(city)
    assert Invitation.objects.filter(sourcing=purchase.sourcing).exists()
    messages = OutgoingMessage.objects.filter(operation_id=purchase.need.pk)
    assert messages.filter(kind="result").exists()
    assert set(messages.filter(firm_id=None).values_list("kind", flat=True)) == set()


def test_a_clarification_is_one_line_by_its_true_channel(city: City) -> None:
    purchase = finished_purchase(city)
    perrier = purchase.invitation(PERRIER).firm
    asked = [each for each in of_firm(purchase, perrier) if "La livraison du lundi" in each.text]
    assert [(each.channel, each.direction) for each in asked] == [("email", "out")]


def test_a_clarification_of_a_firm_without_address_is_on_its_page_until_it_is_told_otherwise(city: City) -> None:
    request = make_request(city)
    invitation = request.invite("Lettre", "")
    with time_machine.travel(BEFORE, tick=True):
        sent = submit(invitation, answer(request))
    opened(request)
    with time_machine.travel(AFTER, tick=True):
        evaluate.clarify(city.buyer, sent.pk, "La livraison de Noël est-elle comprise ?")

    def lines() -> list[tuple[str, str]]:
        found = thread(city.buyer, request.sourcing.need, firm_id=invitation.firm_id)
        return [(each.channel, each.subject) for each in found if "Noël" in each.text]

    assert lines() == [("page", "Demande de précision")]
    with time_machine.travel(AFTER, tick=True):
        invite.mark_relayed(city.buyer, Relay.objects.get(subject="clarify").pk, "Appelé ce matin")
    assert lines() == [("phone", "Précision demandée")]


@pytest.mark.parametrize(
    ("how", "channel"),
    [
        ("Posté au guichet de La Poste", "letter"),
        ("appelé M. Martin", "phone"),
        ("Par téléphone", "phone"),
        ("remis en main propre", "counter"),
        ("au guichet", "counter"),
        ("Courriel à sa nouvelle adresse", "email"),
        ("pigeon", "other"),
    ],
)
def test_the_channel_is_read_in_how_it_was_done(how: str, channel: str) -> None:
    assert channel_of(how) == channel
