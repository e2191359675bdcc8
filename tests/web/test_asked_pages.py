"""The follow-up: what did not arrive, letters, questions, deadline; never who answers. And the list of consultations."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
import zxingcpp
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document
from PIL import Image

from sourcier.journal.models import Entry
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing import queries
from sourcier.sourcing.actions import closing, invite, notice, panel, questions
from sourcier.sourcing.briefs import link
from sourcier.sourcing.models import FirmQuestion, Invitation, Sourcing
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Contact
from tests.cities import City
from tests.sourcing.scenes import after_deadline, draft, in_days, invitation_of, ready, sent
from tests.sourcing.secrets import confirmation_token
from tests.sourcing.stock import COOP, FAR, LEFORT, MATHILDE, PERRIER
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def page_of(client: Client, sourcing: Sourcing) -> str:
    response = client.get(reverse("asked", args=[sourcing.need_id]))
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, name: str, sourcing: Sourcing, *ids: Any, **data: Any) -> Any:
    return client.post(reverse(name, args=[sourcing.need_id, *ids]), data)


def stable(page: str) -> str:
    """A page without its form tokens, which change at each reading."""
    return re.sub(r'name="csrfmiddlewaretoken"\s+value="[^"]+"', "", page)


def test_the_page_is_the_same_with_nobody_or_five_come_by_the_notice(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    before = stable(page_of(client, sourcing))
    listed = stable(client.get(reverse("sourcings")).content.decode())
    for number in range(5):
        address = f"n{number}@pain.example"
        notice.come(sourcing, FAR.siret, address)
        notice.confirm(confirmation_token(address))
    assert stable(page_of(client, sourcing)) == before
    assert stable(client.get(reverse("sourcings")).content.decode()) == listed


def test_what_did_not_arrive_is_shown_and_mended(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    perrier = invitation_of(sourcing, PERRIER)
    Invitation.objects.filter(pk=perrier.pk).update(state=Invitation.State.FAILED)
    assert "adresse en échec" in page_of(client, sourcing)

    wrong = act(client, "invitation_address", sourcing, perrier.pk, address="pas une adresse")
    assert wrong.status_code == 422
    assert 'value="pas une adresse"' in wrong.content.decode() and "pas complète" in wrong.content.decode()

    assert act(client, "invitation_address", sourcing, perrier.pk, address="pain@perrier.example").status_code == 302
    assert OutgoingMessage.objects.filter(kind="invitation", to_address="pain@perrier.example").exists()
    assert Contact.objects.filter(value="pain@perrier.example").exists()
    assert "adresse en échec" not in page_of(client, sourcing)

    Invitation.objects.filter(pk=perrier.pk).update(state=Invitation.State.FAILED)
    act(client, "invitation_address", sourcing, perrier.pk, letter="1")
    perrier.refresh_from_db()
    assert perrier.channel == Invitation.Channel.LETTER


def test_messages_that_wait_say_so(city: City) -> None:
    assert "2 courriels : ils partiront tout seuls" in page_of(signed_in(city.buyer), sent(city))


def test_letters_are_printed_one_or_all_as_an_attachment_and_noted(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    lefort = invitation_of(sourcing, LEFORT)
    for data in ({}, {"one": str(lefort.pk)}):
        answer = act(client, "letters_print", sourcing, **data)
        assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
        assert answer["Content-Disposition"].startswith("attachment") and "no-store" in answer["Cache-Control"]
    assert Entry.objects.filter(verb="letter.printed").count() == 2
    document = Document(BytesIO(act(client, "letters_print", sourcing, format="docx").content))
    written = "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))
    assert "93110 ROSNY SOUS BOIS" in written and tokens.format_code(tokens.code(lefort.seed)) in written
    [square] = zxingcpp.read_barcodes(Image.open(BytesIO(document.part.package.image_parts._image_parts[0].blob)))
    assert square.text == link(tokens.token(lefort.seed))
    addresses = act(client, "letters_print", sourcing, format="csv").content.decode("utf-8-sig")
    assert f"{LEFORT.siret};BOULANGERIE LEFORT;" in addresses and "93110 ROSNY SOUS BOIS;" in addresses
    assert square.text in addresses and Entry.objects.filter(verb="letter.printed").count() == 4
    assert act(client, "letters_print", sourcing, one="x").status_code == 404
    assert act(client, "letters_print", sourcing, one=str(uuid4())).status_code == 302

    assert act(client, "letter_posted", sourcing, lefort.pk, how="").status_code == 422
    today = timezone.localdate().isoformat()
    act(client, "letter_posted", sourcing, lefort.pk, how="Posté mardi.", posted_on=today, cost="1,39")
    page = page_of(client, sourcing)
    assert "Posté mardi." in page and "1,39" in page
    assert act(client, "letter_returned", sourcing, lefort.pk, why="").status_code == 422
    act(client, "letter_returned", sourcing, lefort.pk, why="Inconnu à l'adresse")
    page = page_of(client, sourcing)
    assert "courrier revenu" in page and "Poster de nouveau" in page


def test_all_letters_are_noted_as_posted_from_the_page_or_it_says_what_is_wrong(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    invite.widen(city.buyer, sourcing.pk)
    wrong = {"all-how": "Postés.", "all-posted_on": "2999-01-01", "all-cost": "x"}
    answer = act(client, "letters_posted", sourcing, **wrong)
    assert answer.status_code == 422 and "Postés." in answer.content.decode()
    act(client, "letters_posted", sourcing, **wrong | {"all-posted_on": timezone.localdate().isoformat(), "all-cost": ""})
    assert "2 courriers, le" in page_of(client, sourcing)


def test_a_question_is_shown_without_its_asker_and_answered_for_all(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    question = questions.ask(invitation_of(sourcing, MATHILDE), f"Livrer le samedi ? {SCRIPT}")
    page = page_of(client, sourcing)
    assert "Livrer le samedi ?" in page and SCRIPT not in page and MATHILDE.name not in page
    assert "La question, comme toutes la liront" in page and "ôtez un nom" in page
    assert page.count("Livrer le samedi ?") == 2  # as it was asked, and prefilled to be worded for all

    assert act(client, "question_answer", sourcing, question.pk, wording="Samedi ?", text="").status_code == 422
    assert act(client, "question_answer", sourcing, question.pk, wording="Samedi ?", text="Non.").status_code == 302
    page = page_of(client, sourcing)
    assert "Envoyée à toutes en ces mots" in page and "Samedi ?" in page
    assert "Réponse envoyée à toutes" in page and "À prévenir autrement" in page

    relay = queries.relays(sourcing).get()
    assert act(client, "relays_print", sourcing).content.startswith(b"%PDF")
    assert act(client, "relay_told", sourcing, relay.pk, how="").status_code == 422
    act(client, "relay_told", sourcing, relay.pk, how="Appelé.")
    assert "À prévenir autrement" not in page_of(client, sourcing)


def test_the_deadline_moves_for_all_or_is_refused_with_what_was_typed(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    early = {"extend-deadline_0": "2020-01-01", "extend-deadline_1": "12:00", "extend-reason": "Une grève."}
    refused = act(client, "deadline_extend", sourcing, **early)
    assert refused.status_code == 422 and "après l&#x27;ancienne" in refused.content.decode()
    assert "Une grève." in refused.content.decode() and 'value="2020-01-01"' in refused.content.decode()

    later = (timezone.localtime() + timedelta(days=90)).date().isoformat()
    assert act(client, "deadline_extend", sourcing, **{**early, "extend-deadline_0": later}).status_code == 302
    assert "Une grève." in page_of(client, sourcing)


def test_other_firms_are_asked_from_the_page(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    assert "1 entreprise gardée depuis" in page_of(client, sourcing)
    data = {"widen-deadline_0": "", "widen-deadline_1": "", "widen-reason": ""}
    assert act(client, "firms_widen", sourcing, **data).status_code == 302
    assert sourcing.invitations.count() == 4
    nobody = act(client, "firms_widen", sourcing, **data)
    assert nobody.status_code == 422 and "Gardez d&#x27;abord d&#x27;autres entreprises" in nobody.content.decode()


def test_the_end_needs_a_reason_and_leaves_the_need_open(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    assert act(client, "sourcing_end", sourcing, **{"end-reason": ""}).status_code == 422
    assert act(client, "sourcing_end", sourcing, **{"end-reason": "La crèche ferme."}).status_code == 302
    page = page_of(client, sourcing)
    assert "La crèche ferme." in page and "Interroger de nouveau" in page
    assert "Arrêter la consultation" not in page


def test_the_end_may_close_the_need_too(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    act(client, "sourcing_end", sourcing, **{"end-reason": "La crèche ferme.", "end-close_need": "on"})
    sourcing.need.refresh_from_db()
    assert sourcing.need.state == "closed" and "Interroger de nouveau" not in page_of(client, sourcing)


def test_after_the_deadline_the_page_leads_to_the_opening(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    closing.close_due(after_deadline(sourcing))
    with time_machine.travel(after_deadline(sourcing), tick=False):
        page = page_of(signed_in(city.buyer), sourcing)
    assert "La date limite est passée" in page and reverse("comparison", args=[sourcing.need_id, sourcing.pk]) in page
    assert client.get(reverse("asked", args=[sourcing.need_id])).status_code == 200


def test_a_draft_has_no_follow_up_yet(city: City) -> None:
    sourcing = draft(city)
    answer = signed_in(city.buyer).get(reverse("asked", args=[sourcing.need_id]))
    assert answer["Location"] == reverse("request_send", args=[sourcing.need_id])


def test_only_buyers_act_and_only_this_city_reads(city: City, other_city: City) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Livrer le samedi ?")
    invite.extend(city.buyer, sourcing.pk, in_days(60), "Raison.")
    relay = queries.relays(sourcing).get()
    theirs = sent(other_city)
    before = Entry.objects.count()
    page = page_of(signed_in(city.auditor), sourcing)
    assert "<textarea" not in page and "Imprimer" not in page
    assert tokens.code(lefort.seed) not in page and tokens.token(lefort.seed) not in page
    acts = {
        "question_answer": (question.pk,), "invitation_address": (lefort.pk,), "letters_print": (),
        "letter_posted": (lefort.pk,), "letter_returned": (lefort.pk,), "letters_posted": (), "relays_print": (),
        "relay_told": (relay.pk,), "deadline_extend": (), "firms_widen": (), "request_correct": (),
        "sourcing_end": (),
    }  # fmt: skip
    data = {
        "text": "x",
        "wording": "x",
        "how": "x",
        "why": "x",
        "posted_on": timezone.localdate().isoformat(),
        "address": "x@y.example",
        "end-reason": "x",
        "correct-text": "x",
    }
    for name, ids in acts.items():
        assert signed_in(city.buyer).get(reverse(name, args=[sourcing.need_id, *ids])).status_code == 405
        for agent, status in ((city.auditor, 403), (city.requester, 403), (city.admin, 403), (other_city.buyer, 404)):
            assert act(signed_in(agent), name, sourcing, *ids, **data).status_code == status
        if ids:  # its own operation, but a row of another city
            assert act(signed_in(other_city.buyer), name, theirs, *ids, **data).status_code == 404
    for agent, status in ((city.requester, 403), (other_city.buyer, 404)):
        for name in ("asked", "poster_print"):
            assert signed_in(agent).get(reverse(name, args=[sourcing.need_id])).status_code == status
    assert signed_in(city.auditor).get(reverse("poster_print", args=[sourcing.need_id]))["Content-Type"] == "application/pdf"
    assert Entry.objects.count() == before
    assert FirmQuestion.objects.get().answer == ""


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_queries_whatever_the_number_of_firms(city: City, count: int) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    address = reverse("asked", args=[sourcing.need_id])
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(count):
        questions.ask(invitation_of(sourcing, MATHILDE), f"Question {number} ?")
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more) == len(few)


def test_the_list_of_consultations_filters_and_exports(city: City, other_city: City) -> None:
    one, other = sent(city), draft(city, "rfi")
    sent(other_city)
    client = signed_in(city.buyer)
    address = reverse("sourcings")

    def references(**query: str) -> list[str]:
        return [row["sourcing"].need.reference for row in client.get(address, query).context["rows"]]

    assert references() == [other.need.reference, one.need.reference]
    assert references(etat="attente") == [one.need.reference]
    assert references(nature="rfi") == [other.need.reference]
    assert references(etat="finies") == []
    assert references(etat="'", nature="<") == [other.need.reference, one.need.reference]
    export = client.get(address, {"export": "csv", "etat": "attente"})
    text = export.content.decode("utf-8-sig")
    assert one.need.reference in text and other.need.reference not in text and "3" in text
    assert client.get(address, {"export": "exe"}).status_code == 404
    assert signed_in(city.requester).get(address).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_queries_whatever_its_length(city: City, count: int) -> None:
    client = signed_in(city.buyer)
    ready(city)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("sourcings"))
    for _ in range(count):
        draft(city)
    with CaptureQueriesContext(connection) as more:
        client.get(reverse("sourcings"))
    assert len(more) == len(few)
