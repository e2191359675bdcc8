"""After the opening, a firm that no e-mail reaches is asked and told on paper or by a call, and the buyer is reminded."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from sourcier.journal.keys import fingerprint_line
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.registry import handlers
from sourcier.needs import actions as needs
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import evaluate, tell
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import awaiting
from sourcier.quotes.queries.work import awaiting as work
from sourcier.quotes.queries.work import may_close
from sourcier.sourcing import letter, queries
from sourcier.sourcing.actions import closing, invite, panel
from sourcier.sourcing.models import Relay, Sourcing
from tests.cities import City
from tests.journal.entries import writes_nothing
from tests.pdf import text_of
from tests.quotes.requests import BEFORE, Request, answer, make_request
from tests.quotes.test_choosing import AFTER, mark_all, opened, received
from tests.web.clients import signed_in

LIMIT = AFTER + timedelta(days=2)
END = "Les prix dépassent le budget voté."


@pytest.fixture
def at_closing() -> Any:
    with time_machine.travel(AFTER, tick=True):
        yield


def by_letter(city: City) -> tuple[Request, Submission]:
    """One firm without e-mail answered, and one with; the answers are open."""
    request = make_request(city)
    with time_machine.travel(BEFORE, tick=False):
        submission = submit(request.invite("Fournil sans courriel", ""), answer(request, "0.90"))
    received(request, "0.95")
    opened(request)
    return request, submission


def bounce(kind: str) -> None:
    (message,) = OutgoingMessage.objects.filter(kind=kind)
    message.state = OutgoingMessage.State.FAILED
    for handler in handlers(kind):
        handler(message)


def test_a_clarification_and_a_last_price_are_asked_by_letter_too(city: City, at_closing: None) -> None:
    request, submission = by_letter(city)
    evaluate.clarify(city.buyer, submission.pk, "La livraison du lundi est-elle comprise ?")
    everyone = list(Submission.objects.values_list("pk", flat=True))
    evaluate.ask_last_price(city.buyer, request.sourcing.pk, everyone, LIMIT)
    waiting = list(queries.relays(request.sourcing))
    assert [relay.subject for relay in waiting] == ["clarify", "lastprice"]
    assert {relay.invitation_id for relay in waiting} == {submission.invitation_id}
    assert "La livraison du lundi" in waiting[0].text and "Répondez avant" in waiting[1].text
    assert OutgoingMessage.objects.filter(kind="last_price").count() == 1


def test_the_buyer_is_reminded_until_the_firm_is_reached(city: City, at_closing: None) -> None:
    request, submission = by_letter(city)
    evaluate.clarify(city.buyer, submission.pk, "La livraison du lundi est-elle comprise ?")
    where = [request.sourcing.need_id, request.sourcing.pk]
    assert [line.button for line in queries.awaiting(city.buyer)] == ["Voir lesquelles"]
    client = signed_in(city.buyer)
    page = client.get(reverse("comparison", args=where)).content.decode()
    assert "À joindre autrement" in page and "Fournil sans courriel (précision demandée)" in page
    printed = client.post(reverse("relays_print", args=where))
    assert printed["Content-Type"] == "application/pdf" and printed.content.startswith(b"%PDF")
    invite.mark_relayed(city.buyer, Relay.objects.get().pk, "Appel à madame Four")
    assert queries.awaiting(city.buyer) == []
    assert "À joindre autrement" not in client.get(reverse("comparison", args=where)).content.decode()


@pytest.mark.parametrize("kind", ["clarification", "last_price"])
def test_an_email_that_does_not_arrive_is_to_be_told_otherwise(city: City, at_closing: None, kind: str) -> None:
    request = make_request(city)
    (submission,) = received(request, "0.95")
    opened(request)
    if kind == "clarification":
        evaluate.clarify(city.buyer, submission.pk, "Le lundi est-il compris ?")
    else:
        evaluate.ask_last_price(city.buyer, request.sourcing.pk, [submission.pk], LIMIT)
    assert not Relay.objects.exists()
    bounce(kind)
    relay = Relay.objects.get()
    assert relay.invitation_id == submission.invitation_id
    assert Entry.objects.filter(verb="relay.needed").count() == 1


def test_the_result_is_printed_for_a_firm_without_email_and_for_one_whose_address_fails(city: City, at_closing: None) -> None:
    request, submission = by_letter(city)
    choosing.end_without_choice(city.buyer, request.sourcing.pk, END, close_need=False)
    tell.tell_all(city.buyer, request.sourcing.pk, {})
    bounce("result")
    where = [request.sourcing.need_id, request.sourcing.pk]
    client = signed_in(city.buyer)
    assert "Imprimer les courriers" in client.get(reverse("telling", args=where)).content.decode()
    assert len(tell.print_results(city.buyer, request.sourcing.pk)) == 2
    printed = client.post(reverse("results_print", args=where))
    assert printed["Content-Type"] == "application/pdf" and printed.content.startswith(b"%PDF")
    assert Entry.objects.filter(verb="letter.printed").count() == 2
    assert submission.firm.name == "Fournil sans courriel"


def test_what_firms_are_told_after_the_opening_carries_the_fingerprint_of_the_key_once(city: City, at_closing: None) -> None:
    request, submission = by_letter(city)
    line = fingerprint_line(city.organisation.pk)
    by_email = Submission.objects.exclude(pk=submission.pk).get()
    evaluate.clarify(city.buyer, by_email.pk, "Le lundi est-il compris ?")
    choosing.end_without_choice(city.buyer, request.sourcing.pk, END, close_need=False)
    told = tell.tell_all(city.buyer, request.sourcing.pk, {})
    bodies = [each.body for each in told] + list(OutgoingMessage.objects.exclude(sealed=True).values_list("body", flat=True))
    assert len(bodies) == 4 and all(body.count(line) == 1 for body in bodies)
    (paper,) = [(each.submission.invitation, each.body) for each in told if each.submission == submission]
    printed = text_of(letter.result_letters(request.sourcing, [paper]))
    assert printed.count("Empreinte de la clé de la Ville") == 1
    assert "Pour lire votre résultat en ligne" in printed and "Pour répondre" not in printed


def test_a_firm_is_noted_as_told_after_the_choice_too(city: City, at_closing: None) -> None:
    request, submission = by_letter(city)
    evaluate.clarify(city.buyer, submission.pk, "Le lundi est-il compris ?")
    mark_all(city.buyer, request)
    choosing.choose(
        city.buyer, request.sourcing.pk, None, submission.pk, None, "Le prix le plus bas et la livraison à l'heure."
    )
    for state in (Sourcing.State.CHOSEN, Sourcing.State.DONE):
        Sourcing.objects.filter(pk=request.sourcing.pk).update(state=state)
        Relay.objects.update(told_at=None)
        assert invite.mark_relayed(city.buyer, Relay.objects.get().pk, "Appel le matin").told_at


def test_an_end_without_a_choice_awaits_its_buyer_until_everyone_is_told(city: City, at_closing: None) -> None:
    request, _ = by_letter(city)
    choosing.end_without_choice(city.buyer, request.sourcing.pk, END, close_need=True)
    assert [line.button for line in awaiting(city.buyer)] == ["Prévenir toutes les entreprises"]
    told = tell.tell_all(city.buyer, request.sourcing.pk, {})
    assert len(work(city.buyer)) == 1, "nobody is reached yet"
    for notification in told:
        tell.mark_told(city.buyer, notification.pk, "Courrier posté le 1er octobre")
    assert work(city.buyer) == []


def test_no_other_request_begins_while_the_former_firms_know_nothing(city: City, at_closing: None) -> None:
    request, _ = by_letter(city)
    choosing.end_without_choice(city.buyer, request.sourcing.pk, END, close_need=False)
    with pytest.raises(Refused) as refused:
        panel.start(city.buyer, request.sourcing.need_id, "rfq")
    assert refused.value.refusal.code == "untold"
    tell.tell_all(city.buyer, request.sourcing.pk, {})
    assert panel.start(city.buyer, request.sourcing.need_id, "rfq").state == Sourcing.State.DRAFT


def test_a_need_is_not_closed_by_hand_while_a_firm_that_answered_knows_nothing(city: City, at_closing: None) -> None:
    request, _ = by_letter(city)
    need_id = request.sourcing.need_id
    choosing.end_without_choice(city.buyer, request.sourcing.pk, END, close_need=False)
    client = signed_in(city.buyer)

    def refused() -> None:
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="untold") as caught:
            needs.close(city.buyer, need_id, "Le besoin a disparu.")
        assert "Prévenez-les d'abord" in caught.value.sentence
        page = client.post(reverse("need_close", args=[need_id]), {"reason": "Le besoin a disparu."})
        assert page.status_code == 422 and caught.value.sentence in unescape(page.content.decode())
        assert reverse("telling", args=[need_id, request.sourcing.pk]) in page.content.decode()

    refused()
    by_mail, by_hand = sorted(tell.tell_all(city.buyer, request.sourcing.pk, {}), key=lambda told: told.channel)
    refused()
    tell.mark_told(city.buyer, by_mail.pk, "Lu au téléphone")
    refused()
    again = panel.start(city.buyer, need_id, "rfq")
    with pytest.raises(Refused, match="untold"):
        closing.end(city.buyer, again.pk, "On renonce.", close_need=True)
    closing.end(city.buyer, again.pk, "On renonce.")
    tell.mark_told(city.buyer, by_hand.pk, "Courrier posté le 1er octobre")
    assert needs.close(city.buyer, need_id, "Le besoin a disparu.").state == "closed"


def test_an_end_that_nobody_answered_asks_nothing_more(city: City, at_closing: None) -> None:
    request = make_request(city)
    received(request)
    opened(request)
    choosing.end_without_choice(city.buyer, request.sourcing.pk, "Personne n'a répondu à notre demande.", close_need=False)
    assert work(city.buyer) == []
    assert may_close(request.sourcing.need_id) is None
    assert panel.start(city.buyer, request.sourcing.need_id, "rfq").state == Sourcing.State.DRAFT
