"""A firm contests what an agent registered of its paper: closed like the paper, shown beside it, answered with reasons."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from sourcier.insights import story
from sourcier.quotes.actions.paper import register_paper
from sourcier.quotes.models import Contest
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.quotes.requests import BEFORE, DEADLINE, browser, make_request, opened
from tests.vault import papers
from tests.web.clients import signed_in
from tests.web.firm import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("five_in_the_morning")]
WORDS = "Mon devis disait 0,88 et deux tournées."
REASON = "Le papier numérisé porte bien 0,85 : il est joint, page 1."


def test_what_a_firm_contests_stays_closed_then_stands_beside_the_paper_and_the_head_buyer_answers(city: City) -> None:
    request, log = make_request(city), city.organisation.pk
    invitation = request.invite("Fournil du Raincy", "")
    envelope = SimpleUploadedFile("enveloppe.jpg", papers.JPEG)
    sent = register_paper(city.buyer, invitation.pk, envelope, BEFORE, "Coffre")
    client = browser(invitation)
    assert client.get("/r/contester/")["Location"] == "/r/recepisse/", "who holds the link alone shows first who he is"
    client.post("/r/recepisse/", {"code": sent.receipt_number})
    assert "Ce n'est pas ce que j'ai remis" in text(client, "/r/recepisse/")
    assert "récépissé " + sent.receipt_number in text(client, "/r/contester/")
    with writes(log, "answer.contested"):
        assert "vous répondra" in client.post("/r/contester/", {"text": WORDS}, follow=True).content.decode()
    assert WORDS in text(client, "/r/recepisse/")
    contest = Contest.objects.get()
    assert WORDS.encode() not in bytes(contest.sealed or b"")
    assert not story.entries(city.head_buyer, request.sourcing.need_id).filter(verb="answer.contested").exists()

    helene, bruno = signed_in(city.head_buyer), signed_in(city.buyer)
    page, reply = (
        f"/achats/{request.sourcing.need_id}/{rest}/" for rest in (f"reponses/{sent.pk}", f"contestations/{contest.pk}")
    )
    with writes_nothing(log):
        assert bruno.post(reply, {"reason": REASON}).status_code == 403
        assert helene.post(reply, {"reason": "Non."}).status_code == 404
    opened(request)
    with time_machine.travel(DEADLINE + timedelta(hours=1), tick=True):
        assert WORDS in text(signed_in(city.buyer), page)
        helene = signed_in(city.head_buyer)
        short = helene.post(reply, {"reason": "Non."})
        assert short.status_code == 422 and "Non." in short.content.decode()
        with writes(log, "answer.contest_answered"):
            assert REASON in helene.post(reply, {"reason": REASON}, follow=True).content.decode()
        client = browser(invitation)
        client.post("/r/recepisse/", {"code": sent.receipt_number})
        assert REASON in text(client, "/r/recepisse/")
