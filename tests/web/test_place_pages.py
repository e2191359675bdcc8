"""« Votre place »: opened by the code of a letter, a link to a known address or an agent; two people at once lose nothing."""

from html import unescape
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.law.retention import CONTACT
from sourcier.mail.actions import send_due
from sourcier.mail.models import OutgoingMessage
from sourcier.retention.erasing import plan
from sourcier.retention.registry import Scope
from sourcier.sourcing.models import Attempt
from sourcier.suppliers import actions, queries, tokens
from sourcier.suppliers.models import Contact, Firm, FirmKey, FirmPlace
from tests.cities import City, siret
from tests.quotes.requests import BEFORE, make_request
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db


def met(city: City, number: int = 700, **more: Any) -> Firm:
    facts = {"siret": siret(number), "name": "Au pain de Mathilde", "commune": "Rosny"}
    return actions.meet(city.organisation, {**facts, **more}, "register")


def said(client: Client, path: str, posted: dict[str, Any] | None = None, status: int = 200) -> str:
    response = client.get(path) if posted is None else client.post(path, posted, follow=True)
    assert response.status_code == status, response.content.decode()[:3000]
    return unescape(response.content.decode())


def insider(city: City, firm: Firm) -> Client:
    """Who typed the code that an agent gave."""
    key = actions.give_key(city.buyer, firm.pk, "Kbis au guichet")
    client = Client()
    client.post("/r/", {"code": tokens.code(key.seed)})
    return client


def shown(client: Client) -> dict[str, str]:
    """The form of the profile as the browser would send it back."""
    form = client.get("/place/mon-entreprise/").context["form"]
    values = {name: str(form[name].value() or "") for name in form.fields}
    return values | {f"initial-{name}": value for name, value in values.items()}


def verbs(city: City) -> list[str]:
    return list(Entry.objects.filter(log_id=city.organisation.pk).order_by("index").values_list("verb", flat=True))


def test_an_agent_checks_who_comes_and_the_code_opens_the_place_of_that_firm_alone(city: City) -> None:
    firm, agent = met(city), signed_in(city.buyer)
    assert "Dites comment" in said(agent, reverse("firm_key_give", args=[firm.pk]), {"code-how": " "}, 422)
    page = agent.post(reverse("firm_key_give", args=[firm.pk]), {"code-how": "Kbis au guichet"})
    code = page.context["code"]
    assert "no-store" in page["Cache-Control"] and code in page.content.decode()
    client = Client()
    came = client.post("/r/", {"code": code.lower()})
    assert came["Location"] == "/place/" and came.cookies["sourcier_place"]["httponly"]
    assert "C'est mon entreprise" in said(client, "/place/") and not FirmPlace.objects.exists()
    for _ in range(2):
        said(client, "/place/ouvrir/", {})
    assert verbs(city)[-2:] == ["firm.key_given", "firm.claimed"]
    text = str([payload_of(entry) for entry in Entry.objects.all()])
    assert code.replace("-", "") not in text
    said(client, "/place/quitter/", {})
    assert "Avec le code de votre lettre" in said(client, "/place/")


def test_what_a_firm_writes_is_read_by_the_buyer_as_its_own_words(city: City) -> None:
    firm = met(city)
    client = insider(city, firm)
    said(client, "/place/ouvrir/", {})
    wrong = {**shown(client), "email": "sans arobase", "away_from": "2026-12-24"}
    page = said(client, "/place/mon-entreprise/", wrong, 422)
    assert "premier et le dernier jour" in page and "sans arobase" in page
    typed = {
        "words": "Pain au levain <b>", "zone_km": "8", "email": "Mathilde@pain.example", "prefers": "email",
        "away_from": "2026-12-24", "away_until": "2027-01-02", "person": "Mathilde",
    }  # fmt: skip
    said(client, "/place/mon-entreprise/", {**shown(client), **typed})
    page = said(signed_in(city.buyer), reverse("firm_sheet", args=[firm.pk]))
    for words in ("Pain au levain <b>", "jusqu'à 8 km", "du 24 décembre 2026 au 2 janvier 2027", "jamais un mérite"):
        assert words in page
    assert queries.email_of(firm) == "mathilde@pain.example"
    said(client, "/place/mon-entreprise/", {**shown(client), "email": "fournil@pain.example"})
    assert queries.email_of(firm) == "fournil@pain.example"
    assert Contact.objects.get(value="mathilde@pain.example").state == Contact.State.REMOVED


def test_two_people_of_one_firm_at_once_lose_nothing(city: City) -> None:
    firm = met(city)
    one, other = insider(city, firm), insider(city, firm)
    said(one, "/place/ouvrir/", {})
    first, second = shown(one), shown(other)
    said(one, "/place/mon-entreprise/", {**first, "words": "Pain", "hours": "Le matin"})
    said(other, "/place/mon-entreprise/", {**second, "labels": "Artisan"})
    page = said(other, "/place/mon-entreprise/", {**second, "words": "Viennoiserie", "labels": "Artisan"}, 422)
    words = " ".join(page.split())
    assert "« Pain »" in words and "Viennoiserie" in words and "Rien n'est perdu" in words
    own = FirmPlace.objects.get()
    assert (own.words, own.hours, own.labels) == ("Pain", "Le matin", "Artisan")


def test_a_link_leaves_to_a_known_address_alone_and_nothing_tells_which(city: City, other_city: City) -> None:
    firm = met(city)
    met(other_city)
    actions.add_contact(city.buyer, firm.pk, "email", "mathilde@pain.example")
    known, unknown = (
        said(Client(), "/place/lien/", {"siret": firm.siret, "email": address})
        for address in ("Mathilde@pain.example", "voisin@pain.example")
    )
    # The tokens of the forms differ.
    assert known.split("<form")[0] == unknown.split("<form")[0] and "un lien vient d'y partir" in known
    message = OutgoingMessage.objects.get()
    assert message.to_address == "mathilde@pain.example" and FirmKey.objects.get().token_sha256 not in message.body
    send_due()
    link = next(word for word in str(mail.outbox[0].body).split() if "/r/" in word)
    assert Client().get("/r/" + link.rpartition("/r/")[2])["Location"] == "/place/"
    page = said(Client(), "/place/lien/", {"siret": "12", "email": "x"}, 400)
    assert "14 chiffres" in page
    Attempt.objects.all().delete()
    answers = [Client().post("/place/lien/", {"siret": firm.siret, "email": "a@b.fr"}).status_code for _ in range(5)]
    assert answers == [200] * 4 + [400]


def test_no_more_letters_in_one_tap_seen_by_the_buyer(city: City) -> None:
    firm = met(city)
    client = insider(city, firm)
    assert "ne vous écrit plus" in said(client, "/place/ne-plus-ecrire/", {})
    assert "Ne plus écrire" in said(signed_in(city.buyer), reverse("firm_sheet", args=[firm.pk]))
    assert Firm.objects.get().unsubscribed_at


def test_an_erasure_takes_the_place_and_its_keys(city: City) -> None:
    firm = met(city)
    said(insider(city, firm), "/place/ouvrir/", {})
    gone = {type(row) for row in plan(Scope(city.organisation.pk, CONTACT, firm.pk)).gone}
    assert gone == {FirmKey, FirmPlace}


def test_a_firm_takes_its_data_away_then_erases_them_and_its_wish_stays(city: City) -> None:
    firm = met(city)
    client = insider(city, firm)
    said(client, "/place/ouvrir/", {})
    said(client, "/place/mon-entreprise/", {**shown(client), "words": "Pain au levain", "email": "mathilde@pain.example"})
    said(client, "/place/ne-plus-ecrire/", {})
    data = client.get("/place/mes-donnees/").json()
    assert data["place"]["words"] == "Pain au levain" and data["contacts"][0]["value"] == "mathilde@pain.example"
    assert "seed" not in str(data) and "hmac" not in str(data)
    assert "détruits" in said(client, "/place/effacer/") and FirmPlace.objects.exists()
    assert "C'est effacé" in said(client, "/place/effacer/", {})
    assert not FirmPlace.objects.exists() and not Contact.objects.exists() and not FirmKey.objects.exists()
    assert Firm.objects.get().unsubscribed_at and "Avec le code" in said(client, "/place/")
    assert "levain" not in str([payload_of(entry) for entry in Entry.objects.all()])
    assert verify(city.organisation.pk).problem_count == 0


def test_the_needs_of_its_trade_are_on_its_place_and_all_of_them_in_the_feed(city: City) -> None:
    sourcing = make_request(city).sourcing
    sourcing.need.activities.create(nomenclature="NAFRev2", code="10.71C", label="Boulangerie")
    baker, plumber = (
        met(city, nomenclature="NAFRev2", activity="10.71C"),
        met(city, 701, nomenclature="NAFRev2", activity="43.22A"),
    )
    with time_machine.travel(BEFORE):
        for firm, reads in ((baker, True), (plumber, False)):
            client = insider(city, firm)
            said(client, "/place/ouvrir/", {})
            assert (sourcing.title in said(client, "/place/")) is reads
        feed = Client().get("/avis/flux.atom")
        assert feed["Content-Type"].startswith("application/atom+xml") and sourcing.title in unescape(feed.content.decode())
    assert sourcing.title not in unescape(Client().get("/avis/flux.atom").content.decode())


def test_the_page_for_who_is_chosen_says_the_order_the_papers_the_invoice_and_the_payment(city: City) -> None:
    page = said(Client(), "/travailler-avec-la-ville/?ville=rosny")
    for words in ("bon de commande", "Chorus Pro", "30 jours", "attestation de vigilance", "01 00 00 00 00"):
        assert words in page


def test_a_dead_key_opens_nothing_even_in_an_open_browser(city: City) -> None:
    firm = met(city)
    client = insider(city, firm)
    key = FirmKey.objects.get()
    FirmKey.objects.update(expires_at=key.made_at)
    assert "Avec le code de votre lettre" in said(client, "/place/")
    for path in ("ouvrir", "ne-plus-ecrire", "mon-entreprise"):
        assert client.post(f"/place/{path}/")["Location"] == "/place/"
    assert "n'ouvre aucune demande" in said(Client(), "/r/", {"code": tokens.code(key.seed)}, 400)
    assert not FirmPlace.objects.exists() and Firm.objects.get().unsubscribed_at is None
