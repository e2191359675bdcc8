"""« Confirmez votre prix »: the link of the acknowledgement of a reply by e-mail, and two taps."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from sourcier.mail.models import OutgoingMessage
from sourcier.mail.secrets import unseal
from sourcier.project.logs import cut_secrets
from sourcier.quotes.email_words import Reading, reading
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing.models import Invitation, Question
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, Request, browser, opened
from tests.quotes.test_by_email import asked, came, reply
from tests.web.firm import text

pytestmark = pytest.mark.django_db(transaction=True)
SURE = "Ma baguette : 0,95 € TTC, TVA 5,5 %. Prix valable jusqu'au 31 décembre 2026."
LATER = BEFORE + timedelta(hours=1)


@pytest.fixture(autouse=True)
def replies(settings: Any) -> None:
    settings.REPLY_TO = "reponse@montval.example"


def link_of(message: OutgoingMessage) -> str:
    said = unseal(message.secret)
    return next(line for line in said.splitlines() if "/r/" in line).partition("8000")[2]


def replied(city: City, words: str = SURE, **headers: str) -> tuple[Request, Invitation, str]:
    """A firm that replied by e-mail, and the link that its acknowledgement brought to its own address."""
    request, invitation = asked(city)
    came(invitation, reply(invitation, words, **headers))
    return request, invitation, link_of(OutgoingMessage.objects.get(kind="acknowledgement"))


def shown(client: Client) -> dict[str, Any]:
    """What the page of the link holds in its fields, as a browser would send it."""
    form = client.get("/r/confirmer/").context["form"]
    return {name: form[name].value() or "" for name in form.fields if name != "places"} | {"go": "1"}


def test_two_taps_confirm_the_price_that_was_read(city: City) -> None:
    request, _, link = replied(city)
    client = Client()
    with time_machine.travel(LATER, tick=True):
        first = client.get(link)
        assert (first.status_code, first["Location"], first["Referrer-Policy"]) == (302, "/r/confirmer/", "no-referrer")
        assert "Voici ce que nous avons lu" in text(client, "/r/confirmer/")
        fields = shown(client)
        assert (fields[f"price-{request.lines[0].pk.hex}"], fields["vat"], fields["rate"]) == ("0,95", "included-550", "550")
        assert (fields["valid"], fields["signer"]) == ("jusqu'au 31 décembre 2026", "Mathilde")
        assert client.post("/r/confirmer/", fields)["Location"] == "/r/recepisse/"
        own = answers.read(Submission.objects.get(state="received"))
        assert client.get(link)["Location"] == "/r/"  # it has served
    assert [line.typed_price_e4 for line in own.lines] == [9_500]
    assert "Prix valable jusqu'au 31 décembre 2026." in own.submission.reservation
    assert own.submission.documents.count() == 1 and not own.submission.by_email
    opened(request)
    assert Submission.objects.get(state="received").lines.get().typed_price_e4 == 9_500


def test_what_is_not_certain_is_left_to_type_and_said(city: City) -> None:
    request, _, link = replied(city, "Baguette 0,95 € ou 1,10 € bio, TTC")
    client = Client()
    with time_machine.travel(LATER, tick=True):
        client.get(link)
        page = text(client, "/r/confirmer/")
        assert "Écrivez votre prix, puis confirmez" in page and 'inputmode="decimal"' in page
        fields = shown(client)
        assert (fields[f"price-{request.lines[0].pk.hex}"], fields["vat"], fields["rate"]) == ("", "", "")
        wrong = client.post("/r/confirmer/", fields)
        assert wrong.status_code == 400 and "Écrivez au moins un prix" in wrong.content.decode()
    assert Submission.objects.get(state="received").by_email


def test_the_link_confirms_and_does_nothing_else(city: City) -> None:
    """To see again, replace or take back, a code is asked; and the link of the request alone confirms nothing."""
    _, invitation, link = replied(city)
    with time_machine.travel(LATER, tick=True):
        holder, other = Client(), browser(invitation)
        holder.get(link)
        for path in ("/r/recepisse/", "/r/retirer/", "/r/prix/"):
            assert "six chiffres" in text(holder, path)
        assert other.get("/r/confirmer/")["Location"] == "/r/"
        assert other.post("/r/confirmer/", shown(holder))["Location"] == "/r/"
        for wrong in (link[:-2], link.replace(".", ""), "/r/confirmer/x.y"):
            assert Client().get(wrong).status_code == 404
    with time_machine.travel(DEADLINE + timedelta(seconds=1), tick=True):
        assert Client().get(link)["Location"] == "/r/"
        assert holder.get("/r/confirmer/")["Location"] == "/r/"
    assert link.rpartition("/")[2] not in cut_secrets(f"GET {link} 302")


def test_who_wrote_from_another_address_gives_no_link_that_confirms(city: City) -> None:
    _, _, link = replied(city, From="Comptable <compta@autre.example>")
    assert "/confirmer/" not in link


def test_a_required_question_is_on_the_page(city: City) -> None:
    request, invitation = asked(city)
    question = Question.objects.create(sourcing=request.sourcing, position=0, kind="text", text="Quelle heure ?", required=True)
    came(invitation, reply(invitation, SURE))
    client = Client()
    with time_machine.travel(LATER, tick=True):
        client.get(link_of(OutgoingMessage.objects.get()))
        assert "Quelle heure ?" in text(client, "/r/confirmer/")
        assert client.post("/r/confirmer/", shown(client)).status_code == 400
        done = client.post("/r/confirmer/", shown(client) | {f"question-{question.pk.hex}": "6 h"})
    assert done["Location"] == "/r/recepisse/"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (SURE, Reading("0,95", "included", 550, "jusqu'au 31 décembre 2026")),
        ("12,50 € HT, TVA à 20 %, offre valable 3 mois.", Reading("12,50", "excluded", 2000, "3 mois")),
        ("Prix 4 €, TVA non applicable, article 293 B du CGI", Reading("4", "exempt")),
        ("10 € HT soit 12 € TTC", Reading()),
        ("1 € TTC dont 20 % de TVA", Reading("1", "included", 2000)),
        ("1 € avec une remise de 5,5 %", Reading("1")),
        ("1 €, TVA 7 %", Reading("1")),
        ("Bonjour, voici mon devis.", Reading()),
    ],
)
def test_only_what_is_certain_is_read(words: str, found: Reading) -> None:
    assert reading(words, (2000, 1000, 550, 210)) == found
