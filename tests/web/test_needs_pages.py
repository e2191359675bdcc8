"""The pages of a need as a browser sees them, with and without JavaScript."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sourcier.accounts.actions import edit_place, grant
from sourcier.accounts.models import Department, Role
from sourcier.journal.models import Entry
from sourcier.needs import actions, rules
from sourcier.needs.interest_rules import NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.sourcing.actions import panel
from tests.cities import City
from tests.web.clients import signed_in

PAIN = "Pain frais livré tous les jours avant 7 h pour les crèches"
SCRIPT = "<script>alert(1)</script>"
UNKNOWN = list(rules.QUESTIONS)
HTMX = {"HTTP_HX_REQUEST": "true"}


def url(name: str, need: Need) -> str:
    return reverse(name, args=[need.pk])


def draft(city: City, sentence: str = PAIN) -> Need:
    return actions.start(city.requester, sentence)


def submitted(city: City) -> Need:
    need = draft(city)
    actions.save(city.requester, need.pk, 1, unknown=UNKNOWN)
    return actions.submit(city.requester, need.pk)


def reload(need: Need) -> Need:
    return Need.objects.get(pk=need.pk)


def answers(need: Need, **more: Any) -> dict[str, Any]:
    """A whole page of answers, each « je ne sais pas »."""
    unknown = {f"unknown_{question}": "on" for question in UNKNOWN}
    return {"version": reload(need).version, "sentence": need.sentence, **unknown, **more}


def test_an_empty_list_says_what_to_do_next(city: City) -> None:
    page = signed_in(city.requester).get(reverse("needs")).content.decode()
    assert "Rien ne vous attend. Un besoin ? Décrivez-le en une phrase." in page and reverse("need_new") in page


def test_from_one_sentence_to_sent_in_few_actions(city: City) -> None:
    client = signed_in(city.requester)
    response = client.post(reverse("need_new"), {"sentence": PAIN})
    need = Need.objects.get()
    assert response.url == url("need_edit", need)  # type: ignore[attr-defined]
    typed = answers(need, what="Baguettes", how_much="60 par jour", places=str(city.place.pk), starts_on="2027-01-04", send="1")
    typed |= {f"note-{city.place.pk}": "60", "estimate_cents": "18 240,50", "lots": "Crèches\nÉcoles"}
    response = client.post(url("need_edit", need), typed)
    assert response.url == url("need", need)  # type: ignore[attr-defined]
    need = reload(need)
    assert need.state == "submitted" and need.estimate_cents == 1_824_050 and need.unknown == []
    assert need.places.get().note == "60" and [lot.title for lot in need.lots.all()] == ["Crèches", "Écoles"]
    page = client.get(url("need", need)).content.decode()
    assert "18\u202f240,50" in page and "service achats" in page and "Réponse de l&#x27;acheteur attendue" in page


def test_the_department_is_asked_only_of_who_has_several(city: City) -> None:
    client = signed_in(city.requester)
    assert "Pour quel service" not in client.get(reverse("need_new")).content.decode()
    greens = Department.objects.create(organisation=city.organisation, name="Espaces verts")
    grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
    response = client.post(reverse("need_new"), {"sentence": PAIN})
    assert "Choisissez le service." in response.content.decode() and PAIN in response.content.decode()
    client.post(reverse("need_new"), {"sentence": PAIN, "department": str(greens.pk)})
    assert Need.objects.get().department == greens


def test_the_first_sentence_is_saved_as_it_is_typed_in_one_draft(city: City) -> None:
    client = signed_in(city.requester)
    first = client.post(reverse("need_new"), {"sentence": "Pain fr", "draft": "", "version": ""}, **HTMX)
    need = Need.objects.get()
    assert first["HX-Replace-Url"] == url("need_edit", need) and "Enregistré à" in first.content.decode()
    assert f'name="draft" id="draft" value="{need.pk}" hx-swap-oob="true"' in first.content.decode()
    typed = {"sentence": PAIN, "draft": str(need.pk), "version": "1"}
    again = client.post(reverse("need_new"), typed, **HTMX).content.decode()
    assert 'id="version" value="2"' in again and reload(need).sentence == PAIN
    assert PAIN in client.get(first["HX-Replace-Url"]).content.decode()
    response = client.post(reverse("need_new"), {**typed, "version": "2"})
    assert response.url == url("need_edit", need) and Need.objects.count() == 1  # type: ignore[attr-defined]


def test_what_keeps_the_first_sentence_from_being_saved_is_said_at_once(city: City) -> None:
    greens = Department.objects.create(organisation=city.organisation, name="Espaces verts")
    grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
    client = signed_in(city.requester)
    for typed, said in (
        ({"sentence": PAIN}, "Choisissez le service."),
        ({"sentence": "é" * 501, "department": str(greens.pk)}, "501 caractères"),
        ({"sentence": " ", "department": str(greens.pk)}, "Écrivez votre besoin"),
    ):
        page = client.post(reverse("need_new"), typed, **HTMX)
        assert said in page.content.decode() and "Rien n'est encore enregistré." in page.content.decode()
        assert "HX-Replace-Url" not in page and not Need.objects.exists()
    client.post(reverse("need_new"), {"sentence": PAIN, "department": str(greens.pk)}, **HTMX)
    need = Need.objects.get()
    moved = {"sentence": PAIN, "department": str(city.department.pk), "draft": str(need.pk), "version": "1"}
    client.post(reverse("need_new"), moved, **HTMX)
    assert reload(need).department == city.department


def test_a_draft_of_another_city_or_already_sent_is_not_written_from_the_first_page(city: City, other_city: City) -> None:
    sent, theirs = submitted(city), draft(other_city)
    client = signed_in(city.requester)
    for htmx in ({}, HTMX):
        typed = {"sentence": "Autre", "draft": str(theirs.pk), "version": "1"}
        assert client.post(reverse("need_new"), typed, **htmx).status_code == 404
        page = client.post(reverse("need_new"), {"sentence": "Autre", "draft": str(sent.pk), "version": "9"}, **htmx)
        assert "Votre rôle ne permet pas" in page.content.decode() or "est parti chez" in page.content.decode()
    assert reload(theirs).sentence == PAIN and reload(sent).sentence == PAIN and Need.objects.count() == 2


def test_each_question_is_saved_as_it_is_answered(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), {"question": "what", "version": 1, "what": "Baguettes"}, **HTMX).content.decode()
    assert "Enregistré à" in page and 'value="2"' in page and 'hx-swap-oob="true"' in page
    client.post(url("need_edit", need), {"question": "where", "version": 2, "places": str(city.place.pk)}, **HTMX)
    client.post(url("need_edit", need), {"question": "estimate", "version": 3, "unknown_estimate": "on"}, **HTMX)
    need = reload(need)
    assert need.what == "Baguettes" and need.places.count() == 1 and need.unknown == ["estimate"]


def test_one_question_saved_leaves_the_others_alone(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    actions.save(city.requester, need.pk, 1, how_much="60", unknown=["when"])
    client.post(url("need_edit", need), {"question": "what", "version": 2, "what": "Baguettes"}, **HTMX)
    need = reload(need)
    assert (need.how_much, need.unknown, need.what) == ("60", ["when"], "Baguettes")


def test_an_unreadable_amount_is_said_beside_its_question_and_nothing_is_lost(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    for typed in ("beaucoup", "1e999999999", "-5", "0", "9" * 23, "NaN", "Infinity"):
        fields = {"question": "estimate", "version": reload(need).version, "estimate_cents": typed}
        page = client.post(url("need_edit", need), fields, **HTMX).content.decode()
        part = page[page.index('id="error-estimate"') :]
        assert part[part.index(">") + 1] not in "<", typed
    page = client.post(url("need_edit", need), answers(need, estimate_cents="beaucoup", what="Baguettes")).content.decode()
    assert 'value="beaucoup"' in page and "Baguettes" in page and reload(need).estimate_cents is None
    assert reload(need).what == "Baguettes"


def test_after_a_partly_unreadable_page_the_next_save_is_no_conflict(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), answers(need, what="Baguettes", starts_on="hier"))
    assert page.context["version"] == reload(need).version
    client.post(url("need_edit", need), answers(need, version=page.context["version"], what="Pain", starts_on="2027-01-04"))
    assert reload(need).what == "Pain"


def test_an_unanswered_question_is_shown_when_sending_and_the_need_stays(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), {"version": 1, "sentence": PAIN, "what": "Baguettes", "send": "1"})
    assert page.content.decode().count("Répondez, ou cochez « Je ne sais pas ».") == 4
    assert reload(need).state == "draft" and reload(need).what == "Baguettes"


def test_two_people_at_once_see_both_versions_and_choose(city: City) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    version = need.version
    actions.save(city.second_buyer, need.pk, version, what="Baguettes de 250 g")
    mine = {"question": "what", "version": version, "what": "Pain de campagne"}
    response = client.post(url("need_edit", need), mine, **HTMX)
    page = response.content.decode()
    assert response["HX-Retarget"] == "#conflict"
    assert "Salima Rosny a modifié cette page" in page and "Baguettes de 250 g" in page and "Pain de campagne" in page
    assert reload(need).what == "Baguettes de 250 g"
    response = client.post(url("need_edit", need), {**mine, "version_seen": version + 1}, **HTMX)
    assert response["HX-Refresh"] == "true" and reload(need).what == "Pain de campagne"


def test_without_javascript_the_conflict_page_keeps_what_was_typed(city: City) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    typed = answers(need, what="Pain de campagne", estimate_cents="18000")
    actions.save(city.second_buyer, need.pk, need.version, what="Baguettes")
    page = client.post(url("need_edit", need), typed)
    assert "Baguettes" in page.content.decode() and "Pain de campagne" in page.content.decode()
    assert page.context["version"] == typed["version"] and reload(need).what == "Baguettes"
    client.post(url("need_edit", need), {**typed, "version_seen": reload(need).version})
    assert reload(need).what == "Pain de campagne" and reload(need).estimate_cents == 1_800_000


def test_hostile_words_are_shown_as_words(city: City) -> None:
    need, client = draft(city, SCRIPT), signed_in(city.requester)
    actions.save(city.requester, need.pk, 1, what=SCRIPT, how_much="=1+1", unknown=UNKNOWN)
    actions.say(city.requester, need.pk, SCRIPT)
    for name in ("need", "need_edit", "activities"):
        page = client.get(url(name, need)).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "<script>alert" not in client.get(reverse("needs")).content.decode()


def test_fifty_thousand_characters_are_refused_and_still_on_the_page(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    long = "é" * 50_000
    page = client.post(url("need_edit", need), answers(need, what=long)).content.decode()
    assert long in page and "50000 caractères" in page and reload(need).what == ""
    assert long in client.post(reverse("need_new"), {"sentence": long}).content.decode()


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


def open_bytes(file: Any) -> bytes:
    from sourcier.vault.queries import open_file

    with open_file(file) as stream:
        return stream.read()


def test_activities_are_proposed_with_their_words_ticked_and_completed_by_search(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.get(url("activities", need)).content.decode()
    assert page.count('name="activity"') == 5 and "10.71C" in page and "parce que vous avez écrit" in page
    before = Entry.objects.count()
    for words in ("paysager", "81.30Z", "8130z", "8130"):
        ticked = {"activity": "NAFRev2:10.71C", "words": words, "search": "1"}
        page = client.post(url("activities", need), ticked).content.decode()
        assert "81.30Z" in page and 'value="NAFRev2:10.71C" checked' in page
    assert Entry.objects.count() == before and not need.activities.exists()
    client.post(url("activities", need), {"activity": ["NAFRev2:10.71C", "NAFRev2:81.30Z"], "tick": "1"})
    assert {row.code for row in need.activities.all()} == {"10.71C", "81.30Z"}


@pytest.mark.parametrize("words", [SCRIPT, "é" * 5_000, "=1+1", "'; drop table", "\x00", "   "])
def test_a_search_of_any_words_answers(city: City, words: str) -> None:
    need, client = draft(city), signed_in(city.requester)
    response = client.post(url("activities", need), {"words": words, "search": "1", "activity": "x"})
    assert response.status_code == 200 and "<script>alert" not in response.content.decode()


def test_a_code_that_does_not_exist_is_said_with_those_near_it(city: City) -> None:
    page = signed_in(city.requester).post(url("activities", draft(city)), {"words": "10.71x", "search": "1"}).content.decode()
    assert "Le code 10.71X n&#x27;existe pas dans la nomenclature. Les plus proches : 10.71A" in page


def test_an_invented_activity_is_refused(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    response = client.post(url("activities", need), {"activity": "NAFRev2:99.99X", "tick": "1"})
    assert response.status_code == 422 and "n&#x27;existe pas" in response.content.decode()


def test_last_years_purchase_is_taken_over_in_one_button(city: City) -> None:
    need, client = submitted(city), signed_in(city.requester)
    actions.close(city.buyer, need.pk, "Un marché existe.")
    assert "Reprendre" in client.get(reverse("need_new")).content.decode()
    response = client.post(url("need_take_over", need))
    new = Need.objects.get(taken_over_from=need)
    assert response.url == url("need_edit", new)  # type: ignore[attr-defined]


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


def test_the_questions_of_the_family_are_asked_explained_and_kept(city: City) -> None:
    need = draft(city)
    client = signed_in(city.requester)
    page = client.get(url("need_edit", need)).content.decode()
    assert "Quel poids fait chaque pain ?" in page and "Une baguette ne pèse pas partout" in page
    assert "Déjà dit" in page and "avant 7 h" in page and "Trop vague" in page
    typed = answers(need, detail_bread_weight="250 g", unknown_detail_allergens="on", detail_allergens="", detail_days="")
    client.post(url("need_edit", need), typed)
    assert [(row["id"], row["answer"]) for row in reload(need).details] == [("bread_weight", "250 g"), ("allergens", None)]
    client.post(url("need_edit", need), answers(need, send="1"))
    assert len(reload(need).details) == 2, "a page without these questions takes no answer back"
    page = signed_in(city.buyer).get(url("need", need)).content.decode()
    assert "<dt>Poids</dt><dd>250 g</dd>" in page and "Est-ce assez précis" in page
    assert "Allergènes : vous ne savez pas encore." in page


def test_the_meter_and_the_questions_follow_what_is_typed(city: City) -> None:
    need = draft(city)
    client = signed_in(city.requester)
    fields = {"question": "details", "version": 1, "detail_bread_weight": "250 g"}
    page = client.post(url("need_edit", need), fields, **HTMX).content.decode()
    assert 'id="meter" hx-swap-oob="true"' in page and reload(need).details[0]["answer"] == "250 g"
    fields = {"question": "sentence", "version": 2, "sentence": "Entretien des 6 ascenseurs", "detail_bread_kinds": "Tradition"}
    page = client.post(url("need_edit", need), fields, **HTMX).content.decode()
    assert "Quelles marques, quels modèles" in page and 'name="detail_bread_weight"' in page
    assert [row["answer"] for row in reload(need).details] == ["250 g", "Tradition"], "nothing typed is lost"


def test_two_people_at_the_same_question_see_both_answers(city: City) -> None:
    need = draft(city)
    actions.save(city.requester, need.pk, 1, details={"bread_weight": "300 g"})
    mine = {"question": "details", "version": 1, "detail_bread_weight": "250 g", "detail_days": "Lundi"}
    page = signed_in(city.requester).post(url("need_edit", need), mine, **HTMX).content.decode()
    assert "300 g" in page and "250 g" in page and "Garder les miens" in page


def test_a_long_or_hostile_answer_is_refused_beside_its_question_or_shown_as_text(city: City) -> None:
    need = draft(city)
    client = signed_in(city.requester)
    page = client.post(url("need_edit", need), answers(need, detail_days="x" * 301)).content.decode()
    assert "Ce texte compte 301 caractères" in page and "x" * 301 in page
    client.post(url("need_edit", need), answers(need, detail_days=SCRIPT))
    assert SCRIPT not in client.get(url("need", need)).content.decode()


def test_the_answers_reach_the_request_as_lines(city: City) -> None:
    need = draft(city)
    actions.save(city.requester, need.pk, 1, unknown=UNKNOWN, details={"bread_weight": "250 g", "days": None})
    actions.submit(city.requester, need.pk)
    actions.accept(city.buyer, need.pk)
    actions.declare(city.buyer, need.pk, PANEL, NO_INTEREST)
    assert panel.start(city.buyer, need.pk, "rfq").description == f"{PAIN}\n\nPoids : 250 g"


TWO = "du pain pour les crèches et réparer l'ascenseur"


def test_a_sentence_of_two_needs_is_seen_as_it_is_written_and_split_by_a_click(city: City) -> None:
    need, client = draft(city, TWO), signed_in(city.requester)
    page = client.get(url("need_edit", need)).content.decode()
    assert "Votre phrase dit peut-être deux besoins" in page and url("need_split", need) in page
    answer = client.post(url("need_split", need), {"version": need.version}, follow=True).content.decode()
    other = Need.objects.exclude(pk=need.pk).get()
    assert other.sentence == "réparer l'ascenseur" and other.reference in answer and "garde le premier" in answer
    assert "Votre phrase dit peut-être deux besoins" not in client.get(url("need_edit", need)).content.decode()


def test_the_note_on_two_needs_comes_and_goes_with_the_sentence_saved_alone(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    typed = {"version": need.version, "question": "sentence", "sentence": TWO}
    saved = client.post(url("need_edit", need), typed, **HTMX).content.decode()
    assert "deux besoins" in saved and 'id="halves" hx-swap-oob' in saved
    need.refresh_from_db()
    saved = client.post(url("need_edit", need), {**typed, "version": need.version, "sentence": PAIN}, **HTMX).content.decode()
    assert "deux besoins" not in saved and 'id="halves" hx-swap-oob' in saved


def test_activities_say_what_each_word_met_and_what_was_not_understood(city: City) -> None:
    client = signed_in(city.requester)
    page = client.get(url("activities", draft(city, "L'ascenceur est bloqué"))).content.decode()
    assert "(lu «&nbsp;ascenseur" in page
    page = client.get(url("activities", draft(city, "we need fresh bread every morning"))).content.decode()
    assert "Écrivez-les en français" in page
    page = client.get(url("activities", draft(city, TWO))).content.decode()
    assert "deux besoins" in page and "faites-en deux lots" in page
