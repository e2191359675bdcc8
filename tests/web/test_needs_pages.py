"""The pages of a need once it is sent, the list of needs, and who may see them."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sourcier.accounts.actions import edit_place
from sourcier.journal.models import Entry
from sourcier.needs import actions
from sourcier.needs.models import Need
from sourcier.sourcing.actions import panel
from tests.cities import City
from tests.web.clients import signed_in
from tests.web.needs import PAIN, draft, reload, submitted, url


def test_an_empty_list_says_what_to_do_next(city: City) -> None:
    page = signed_in(city.requester).get(reverse("needs")).content.decode()
    assert "Rien ne vous attend. Un besoin ? Décrivez-le en une phrase." in page and reverse("need_new") in page


def test_the_buyer_accepts_returns_completes_and_closes(city: City) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    response = client.post(url("need_send_back", need), {"reason": " "})
    assert response.status_code == 422 and "Écrivez la raison" in response.content.decode()
    client.post(url("need_send_back", need), {"reason": "Quelle longueur ?"})
    assert "Quelle longueur ?" in signed_in(city.requester).get(url("need_edit", need)).content.decode()
    signed_in(city.requester).post(url("need_submit", need))
    client.post(url("need_accept", need))
    need = reload(need)
    assert need.state == "accepted" and need.buyer == city.buyer.user
    client.post(url("need_complete", need), {"title": "Pain", "kind": "supplies", "version": need.version})
    assert reload(need).title == "Pain"
    client.post(url("need_close", need), {"reason": "Un marché existe déjà."})
    assert reload(need).state == "closed"


def test_completing_an_older_page_shows_what_the_other_saved(city: City) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    actions.save(city.second_buyer, need.pk, need.version, title="Pain des crèches")
    response = client.post(url("need_complete", need), {"title": "Baguettes", "version": need.version})
    page = response.content.decode()
    assert "Pain des crèches" in page and 'value="Baguettes"' in page and reload(need).title == "Pain des crèches"
    client.post(
        url("need_complete", need), {"title": "Baguettes", "version": response.context["complete_form"].data["version"]}
    )
    assert reload(need).title == "Baguettes"


def test_a_message_travels_with_its_file_which_leaves_as_an_attachment(city: City) -> None:
    need, client = submitted(city), signed_in(city.requester)
    photo = SimpleUploadedFile("menus.pdf", b"%PDF-1.4 broken", "application/pdf")
    refused = client.post(url("need_say", need), {"text": "Voici la liste", "files": photo})
    assert refused.status_code == 422 and "Voici la liste" in refused.content.decode() and not need.messages.exists()
    from tests.needs.test_actions import pdf

    client.post(url("need_say", need), {"text": "Voici", "files": SimpleUploadedFile("menus.pdf", pdf())})
    file = need.messages.get().files.get()
    response = signed_in(city.buyer).get(reverse("need_file", args=[need.pk, file.pk]))
    assert response["Content-Disposition"].startswith("attachment") and response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == b"".join([open_bytes(file)])  # type: ignore[attr-defined]


def test_a_refused_message_brings_the_page_to_what_is_to_mend(city: City) -> None:
    client, need = signed_in(city.requester), draft(city)
    program = SimpleUploadedFile("devis.pdf", b"MZ" + bytes(200))
    silent = SimpleUploadedFile("plan.pdf", b"")
    for sent, name in (
        ({"text": ""}, "text"),
        ({"text": "Voici", "files": program}, "files"),
        ({"text": "Voici", "files": silent}, "files"),
    ):
        page = client.post(url("need_say", need), sent)
        focused = re.findall(r"<[^>]*\bautofocus\b[^>]*>", page.content.decode())
        assert page.status_code == 422
        assert len(focused) == 1 and f'name="{name}"' in focused[0]
    assert "« plan.pdf » : Ce fichier est vide." in unescape(page.content.decode())
    assert "autofocus" not in client.get(url("need", need)).content.decode()


def open_bytes(file: Any) -> bytes:
    from sourcier.vault.queries import open_file

    with open_file(file) as stream:
        return stream.read()


def test_home_shows_the_author_where_his_needs_are_in_three_words(city: City) -> None:
    need, client = submitted(city), signed_in(city.requester)
    page = client.get(reverse("home")).content.decode()
    assert "Vos besoins en cours" in page and "Le besoin est chez le service achats" in page and "d&#x27;ici le" in page
    words = page[page.index('class="three-words"') :]
    assert words.index("Demandé") < words.index("En cours") < words.index("Choisi")
    assert 'class="now" aria-current="step">En cours' in words
    actions.accept(city.buyer, need.pk)
    assert "chez Bruno Rosny, qui prépare" in client.get(reverse("home")).content.decode()
    assert "Vos besoins en cours" not in signed_in(city.buyer).get(reverse("home")).content.decode()


def test_a_message_shows_its_reader_that_it_may_wait_for_nothing(city: City) -> None:
    need, client = submitted(city), signed_in(city.requester)
    assert "Rien à répondre" not in client.get(url("need", need)).content.decode()
    actions.say(city.buyer, need.pk, "Merci !")
    assert "Message de Bruno Rosny" in client.get(reverse("home")).content.decode()
    assert "Rien à répondre" in client.get(url("need", need)).content.decode()
    assert "Rien à répondre" not in signed_in(city.buyer).get(url("need", need)).content.decode()
    client.post(url("need_settle", need))
    assert "Message de Bruno Rosny" not in client.get(reverse("home")).content.decode()
    again = client.post(url("need_settle", need), follow=True).content.decode()
    assert "Aucun message n&#x27;attend de réponse." in again


@pytest.mark.parametrize("close_need", [False, True])
def test_a_request_in_preparation_is_given_up_from_its_need_with_a_reason(city: City, close_need: bool) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    actions.accept(city.buyer, need.pk)
    assert "Abandonner" not in client.get(url("need", need)).content.decode()
    panel.start(city.buyer, need.pk, "rfq")
    page = client.get(url("need", need)).content.decode()
    assert "Abandonner la demande en préparation" in page and "Continuer la demande" in page and "Clore ce besoin" not in page
    typed = {"close_need": "on"} if close_need else {}
    assert client.post(url("need_give_up", need), {**typed, "reason": " "}).status_code == 422
    client.post(url("need_give_up", need), {**typed, "reason": "Le budget est gelé."})
    assert reload(need).state == ("closed" if close_need else "accepted")
    page = client.get(url("need", need)).content.decode()
    assert ("à reprendre ou à clore" in page, "Interroger de nouveau" in page) == (not close_need, not close_need)
    again = client.post(url("need_give_up", need), {"reason": "Encore."}, follow=True).content.decode()
    assert "Aucune demande n&#x27;est en préparation." in again


def test_the_need_shows_whom_to_ask_for_at_each_place(city: City) -> None:
    edit_place(city.head_buyer, city.place.pk, contact_name="Mme Keller", contact_phone="01 48 00 00 00")
    need = submitted(city)
    actions.set_places(city.buyer, need.pk, {city.place.pk: ""})
    for agent in (city.requester, city.buyer):
        page = signed_in(agent).get(url("need", need)).content.decode()
        assert "Sur place : Mme Keller, 01 48 00 00 00" in page and "6 h 30 à 7 h" in page


def test_dates_are_shown_as_in_paris(city: City) -> None:
    with time_machine.travel(datetime(2026, 9, 29, 22, 30, tzinfo=UTC), tick=False):
        need = submitted(city)
    page = signed_in(city.requester).get(url("need", need)).content.decode()
    assert "depuis le 30 septembre 2026" in page and "Envoyé le 30 septembre 2026" in page and "29 septembre" not in page


PAGES = ("need", "need_edit", "activities")
POSTS = (
    "need_edit",
    "need_complete",
    "need_submit",
    "need_accept",
    "need_send_back",
    "need_close",
    "need_say",
    "need_settle",
    "need_give_up",
    "need_take_over",
)


def test_another_city_meets_404_everywhere(city: City, other_city: City) -> None:
    need = submitted(city)
    for agent in (other_city.requester, other_city.buyer, other_city.head_buyer):
        client = signed_in(agent)
        for name in PAGES:
            assert client.get(url(name, need)).status_code == 404, name
        for name in POSTS:
            assert client.post(url(name, need), {"reason": "x", "text": "x"}).status_code in (403, 404), name
        assert PAIN not in client.get(reverse("needs")).content.decode()
    assert reload(need).state == "submitted" and Need.objects.count() == 1


def test_the_auditor_reads_and_changes_nothing_and_the_administrator_reads_nothing(city: City) -> None:
    need = submitted(city)
    auditor, admin = signed_in(city.auditor), signed_in(city.admin)
    assert auditor.get(url("need", need)).status_code == 200 and auditor.get(url("activities", need)).status_code == 200
    assert admin.get(reverse("needs")).status_code == 403 and admin.get(url("need", need)).status_code == 403
    for name in (*POSTS, "activities"):
        assert auditor.post(url(name, need), {"reason": "x", "text": "x"}).status_code == 403, name


def test_nobody_reads_without_signing_in(city: City) -> None:
    need = submitted(city)
    for name in PAGES:
        assert Client().get(url(name, need)).status_code == 302


def test_reading_pages_writes_nothing(city: City) -> None:
    need = submitted(city)
    before = Entry.objects.count()
    for agent in (city.requester, city.buyer, city.auditor):
        for name in ("need", "activities"):
            signed_in(agent).get(url(name, need))
    assert Entry.objects.count() == before and reload(need).version == need.version


def queries_of(client: Client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_lists_and_pages_cost_as_many_queries_with_one_row_as_with_three(city: City) -> None:
    client, need = signed_in(city.buyer), submitted(city)
    actions.say(city.buyer, need.pk, "Un")
    actions.save(city.buyer, need.pk, need.version, title="Pain")
    addresses = (reverse("needs"), url("need", need))
    client.get(addresses[0])
    one = [queries_of(client, address) for address in addresses]
    for text in ("Deux", "Trois"):
        submitted(city)
        actions.say(city.requester, need.pk, text)
    assert [queries_of(client, address) for address in addresses] == one


def test_the_list_is_filtered_by_state_and_department(city: City) -> None:
    submitted(city)
    draft(city, "Location d'un minibus")
    client = signed_in(city.buyer)
    page = client.get(reverse("needs"), {"etat": "envoyes"}).content.decode()
    assert PAIN in page and "minibus" not in page
    assert "Aucun besoin ici" in client.get(reverse("needs"), {"etat": "clos"}).content.decode()
    assert PAIN in client.get(reverse("needs"), {"etat": "inconnu", "service": "x", "page": "zzz"}).content.decode()
