"""The pages of a firm, on a telephone without JavaScript."""

import logging
import sys
import time
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sourcier.project.logs import DiscreetFormatter, NoTraceOfRefusals
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Clarification, LastPriceRound, Notification, Submission
from sourcier.sourcing import limits, tokens
from sourcier.sourcing.models import Attempt, FirmQuestion, Question, RequestDocument, Sourcing
from sourcier.vault.actions import store_bytes
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, answer, browser, make_request

pytestmark = pytest.mark.django_db
Clock = Any  # time_machine's traveller
PAGES = ("/r/", "/r/prix/", "/r/prix/?mais", "/r/non/", "/r/questions/", "/r/ne-plus-ecrire/", "/r/recepisse/")


def text(client: Client, path: str = "/r/") -> str:
    return unescape(client.get(path, follow=True).content.decode())


@pytest.fixture(autouse=True)
def five_in_the_morning() -> object:
    with time_machine.travel(BEFORE, tick=True) as clock:
        yield clock


def test_a_baker_answers_in_three_pages(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    page = text(client)
    for words in (
        "La mairie de Rosny cherche un boulanger",
        "Ce n'est pas une facture. Répondre est gratuit. Pas besoin de compte.",
        "mercredi 30 septembre, 12\xa0h",
        "prix 40, qualité 40, livraison 20",
        "Oui, je donne mon prix", "Oui, mais…", "Non merci", "Ne plus m'écrire",
        "Appelez Bruno Rosny au 01 00 00 00 01, de 9 h à 17 h",
    ):  # fmt: skip
        assert words in page, words
    sent = client.post("/r/prix/", request.form())
    assert sent["Location"] == "/r/recepisse/"
    receipt = text(client, "/r/recepisse/")
    submission = Submission.objects.get(state="received")
    assert "Bien reçu le 24 septembre à 5\xa0h\xa012." in receipt
    assert submission.receipt_number in receipt
    assert "Personne ne lit votre prix avant cette date." in receipt
    assert "14\u202f820\xa0€" in receipt and "15\u202f600 pièces" in receipt


def test_the_first_page_weighs_less_than_50_kilobytes_with_its_style(city: City) -> None:
    client = browser(make_request(city, lines=5, places=8).invite())
    style = Path(finders.find("sourcier/sourcier.css")).read_bytes()
    page = client.get("/r/").content
    assert b"<script" not in page
    assert len(page) + len(style) < 51_200, (len(page), len(style))


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_a_firm_is_cached_or_tells_where_it_comes_from(city: City, path: str) -> None:
    client = browser(make_request(city).invite())
    response = client.get(path)
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"


def test_the_link_gives_a_cookie_without_the_token(city: City) -> None:
    invitation = make_request(city).invite()
    token = tokens.token(invitation.seed)
    client = Client()
    response = client.get(f"/r/{token}")
    cookie = response.cookies["sourcier_r"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/r/"
    assert token not in cookie.value and token not in response["Location"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize("token", ["x", "abc" * 20, "../../etc/passwd", "%00", "<script>alert(1)</script>", "é" * 30])
def test_a_wrong_link_says_what_to_do(city: City, token: str) -> None:
    response = Client().get(f"/r/{token}")
    assert response.status_code == 404
    assert "<script>alert" not in response.content.decode()
    if "/etc" not in token and "</" not in token:
        assert "Que faire" in response.content.decode()


def test_a_link_replaced_by_a_newer_one_is_dead_even_in_an_open_browser(city: City) -> None:
    invitation = make_request(city).invite()
    client = browser(invitation)
    old = tokens.token(invitation.seed)
    invitation.seed = tokens.new_seed()
    invitation.token_sha256 = tokens.token_hash(tokens.token(invitation.seed))
    invitation.save()
    assert client.get(f"/r/{old}").status_code == 404
    assert "Tapez le code de votre lettre" in text(client)


def test_a_link_older_than_a_year_says_so(city: City, five_in_the_morning: Clock) -> None:
    invitation = make_request(city).invite()
    client = browser(invitation)
    five_in_the_morning.move_to(DEADLINE + timedelta(days=366))
    response = client.get(f"/r/{tokens.token(invitation.seed)}")
    assert response.status_code == 404 and "Ce lien n'est plus valable" in unescape(response.content.decode())


def test_the_typed_code_opens_in_any_case_and_spacing(city: City) -> None:
    invitation = make_request(city).invite()
    code = tokens.code(invitation.seed)
    for typed in (code, code.lower(), f" {code[:4]} {code[4:8]}-{code[8:]} "):
        client = Client()
        assert client.post("/r/", {"code": typed})["Location"] == "/r/"
        assert "La mairie de Rosny" in text(client)


def test_guessed_codes_are_counted_by_address_range_and_block_nobody_else(city: City) -> None:
    invitation = make_request(city).invite()
    good = tokens.code(invitation.seed)
    Attempt.objects.all().delete()
    for _ in range(40):
        Client().post("/r/", {"code": "AAAAAAAAAA"}, REMOTE_ADDR="203.0.113.7")
    blocked = Client().post("/r/", {"code": good}, REMOTE_ADDR="203.0.113.200")
    assert blocked.status_code == 400 and "Trop d'essais" in unescape(blocked.content.decode())
    assert Client().post("/r/", {"code": good}, REMOTE_ADDR="198.51.100.1").status_code == 302
    assert Client().post("/r/", {"code": good}, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.9").status_code == 302
    assert "203.0.113" not in str(list(Attempt.objects.values_list("key", flat=True)))


def test_a_code_is_looked_up_in_the_same_time_whether_or_not_it_exists(city: City) -> None:
    code = tokens.code(make_request(city).invite().seed)
    for typed in (code, "AAAAAAAAAA", ""):
        began = time.perf_counter()
        Client().post("/r/", {"code": typed})
        assert time.perf_counter() - began >= 0.2


def test_everything_typed_is_kept_when_something_is_to_mend(city: City) -> None:
    request = make_request(city, lines=2, places=2)
    question = Question.objects.create(sourcing=request.sourcing, position=1, kind="text", text="Farine ?")
    client = browser(request.invite())
    typed = request.form(
        "gratuit", places=[request.places[1].pk.hex], daily_maximum="80 par jour", reservation="pas en août <b>",
        note="Bonjour", email="pas une adresse", **{f"question-{question.pk.hex}": "d'ici"},
    )  # fmt: skip
    file = SimpleUploadedFile("devis.txt", b"Mon devis")
    response = client.post("/r/prix/", {**typed, "documents": file})
    assert response.status_code == 400
    page = response.content.decode()
    for kept in (
        'value="gratuit"',
        "80 par jour",
        "pas en août &lt;b&gt;",
        "Bonjour",
        "pas une adresse",
        "d&#x27;ici",
        "devis.txt",
    ):
        assert kept in page, kept
    assert "Écrivez un nombre en euros" in page and "Rien n'est perdu" in page
    assert page.count("checked") == 3
    assert not Submission.objects.exclude(state="draft").exists()
    mended = client.post("/r/prix/", {**typed, **request.form("0,95"), "email": ""})
    assert mended.status_code == 302, mended.content.decode()
    sent = Submission.objects.get(state="received")
    assert [document.file.name for document in sent.documents.all()] == ["devis.txt"]


@pytest.mark.parametrize(
    ("price", "words"), [("", "au moins un prix"), ("0", "zéro"), ("-3", "négatif"), ("99999999999", "très grand")]
)
def test_a_bad_price_is_said_beside_its_field(city: City, price: str, words: str) -> None:
    request = make_request(city)
    page = browser(request.invite()).post("/r/prix/", request.form(price)).content.decode()
    field = page[page.index('class="field price has-error"') :]
    assert words in field[: field.index("</div>")]


def test_vat_and_rate_forgotten_are_both_said(city: City) -> None:
    request = make_request(city)
    typed = request.form(vat="", rate="")
    page = browser(request.invite()).post("/r/prix/", typed).content.decode()
    assert "avec ou sans TVA" in page and "Choisissez votre taux de TVA" in page


def test_who_does_not_charge_vat_needs_no_rate(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert client.post("/r/prix/", request.form(vat="exempt", rate="")).status_code == 302
    assert Submission.objects.get(state="received").lines.get().unit_price_e4 == 9500
    assert "art. 293 B du CGI" in text(client, "/r/recepisse/")


def test_one_line_may_have_its_own_rate_and_another_no_price(city: City) -> None:
    request = make_request(city, lines=3)
    _first, second, third = (line.pk.hex for line in request.lines)
    typed = request.form(**{f"rate-{second}": "2000", f"price-{third}": ""})
    assert browser(request.invite()).post("/r/prix/", typed).status_code == 302
    lines = Submission.objects.get(state="received").lines.order_by("price_line__position")
    assert [line.vat_bp for line in lines] == [550, 2000]


@pytest.mark.parametrize(("territory", "rates"), [("corse", 6), ("antilles_reunion", 4), ("without_vat", 0)])
def test_the_rates_offered_are_those_of_the_territory(city: City, territory: str, rates: int) -> None:
    city.organisation.territory = territory
    city.organisation.save()
    request = make_request(city)
    client = browser(request.invite())
    assert text(client, "/r/prix/").count('name="rate"') == rates
    if not rates:
        assert client.post("/r/prix/", request.form()).status_code == 302
        assert Submission.objects.get(state="received").lines.get().vat_bp == 0


@pytest.mark.parametrize("field", ["signer", "note", "reservation", "daily_maximum"])
@pytest.mark.parametrize(
    "hostile", ['#read("/etc/passwd")', "=HYPERLINK()", "<script>alert(1)</script>", "{{ 1|add:1 }}", "\u202etxt"]
)
def test_hostile_words_are_only_words(city: City, field: str, hostile: str) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert client.post("/r/prix/", request.form(**{field: hostile})).status_code == 302
    assert getattr(Submission.objects.get(state="received"), field) == hostile
    assert "<script>alert" not in client.get("/r/recepisse/").content.decode()


def test_a_null_character_is_refused_beside_its_field(city: City) -> None:
    request = make_request(city)
    assert browser(request.invite()).post("/r/prix/", request.form(signer="a\0b")).status_code == 400


def test_a_hostile_document_is_named_and_the_rest_is_kept(city: City) -> None:
    request = make_request(city)
    bad = SimpleUploadedFile("../../devis.exe", b"MZ" + b"\0" * 300)
    good = SimpleUploadedFile("devis.txt", b"bon")
    response = browser(request.invite()).post("/r/prix/", {**request.form(), "documents": [good, bad]})
    page = unescape(response.content.decode())
    assert response.status_code == 400 and "« devis.exe »" in page and "devis.txt" in page
    assert 'value="0,95"' in page


def test_a_draft_refused_is_said_beside_the_documents_and_what_was_typed_is_kept(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    now = timezone.now()
    for _ in range(limits.DRAFTS_BY_INVITATION):
        limits.take("draft", invitation.pk.hex, limits.DRAFTS_BY_INVITATION, now)
    quote = SimpleUploadedFile("devis.txt", b"bon")
    response = browser(invitation).post("/r/prix/", {**request.form(note="Merci à vous"), "documents": quote})
    page = unescape(response.content.decode())
    assert response.status_code == 400 and "Rien n'a été joint ni retiré. Trop d'essais depuis une heure." in page
    assert 'value="0,95"' in page and "Merci à vous" in page
    assert not Submission.objects.exists()
    assert browser(invitation).post("/r/prix/", request.form()).status_code == 302, "without documents it leaves"


def test_documents_are_added_one_by_one_and_taken_out(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    typed = {key: value for key, value in request.form("").items() if key != "go"}
    for name in ("un.txt", "deux.txt"):
        photo = SimpleUploadedFile(name, name.encode())
        page = client.post("/r/prix/", {**typed, "add": "1", "documents": photo}).content.decode()
    assert "un.txt" in page and "deux.txt" in page and "has-error" not in page
    first = Submission.objects.get(state="draft").documents.get(file__name="un.txt")
    page = client.post("/r/prix/", {**typed, "remove": first.file.sha256}).content.decode()
    assert "un.txt" not in page and "deux.txt" in page
    client.post("/r/prix/", request.form())
    sent = Submission.objects.get(state="received")
    assert [d.file.name for d in sent.documents.filter(removed=False)] == ["deux.txt"]
    assert "0,95" in text(client, "/r/prix/") and "deux.txt" in text(client, "/r/prix/")


def test_an_answer_replaced_from_another_telephone_keeps_the_documents_of_the_former_one(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    with time_machine.travel(BEFORE, tick=True):
        begun = act.draft(invitation)
        for name in ("devis.txt", "conditions.txt"):
            act.add_document(begun, SimpleUploadedFile(name, name.encode()))
        act.submit(invitation, answer(request), draft=begun)
        other = browser(invitation)
        page = text(other, "/r/prix/")
        assert "devis.txt" in page and "conditions.txt" in page and "0,95" not in page
        former = begun.documents.get(file__name="conditions.txt").file.sha256
        assert "conditions.txt" not in unescape(
            other.post("/r/prix/", {**request.form("0,90"), "remove": former}).content.decode()
        )
        assert other.post("/r/prix/", request.form("0,90")).status_code == 302
    sent = Submission.objects.get(state="received")
    assert [d.file.name for d in sent.documents.filter(removed=False)] == ["devis.txt"]
    assert begun.documents.filter(removed=False).count() == 2, "the replaced answer stays as it was"


def test_a_page_open_at_the_deadline_is_told_late_and_nothing_is_opened(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert client.get("/r/prix/").status_code == 200
    five_in_the_morning.move_to(DEADLINE + timedelta(seconds=1))
    client = _same_cookies_later(request.sourcing)
    client.post("/r/prix/", request.form())
    page = text(client, "/r/recepisse/")
    assert "La date limite est passée (mercredi 30 septembre, 12\xa0h). Votre réponse n'a pas été prise." in page
    assert "Voulez-vous être prévenu la prochaine fois ?" in page
    assert "0,95" not in page and "reste valable" not in page
    assert client.post("/r/prevenir/", {"email": "moi@pain.example"})["Location"] == "/r/"
    assert client.post("/r/prevenir/", {"email": "moi"}).status_code == 400


def test_who_changes_his_answer_too_late_learns_that_the_former_one_counts(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    browser(request.invite()).post("/r/prix/", request.form("0,95"))
    number = Submission.objects.get().receipt_number
    five_in_the_morning.move_to(DEADLINE + timedelta(seconds=1))
    client = _same_cookies_later(request.sourcing)
    client.post("/r/prix/", request.form("0,80"))
    page = text(client, "/r/recepisse/")
    assert "n'a pas été prise" in page and "reste valable : c'est elle qui compte." in page
    assert number not in page and "0,95" not in page
    assert client.post("/r/recepisse/", {"number": "RX-0000"}).status_code == 400
    client.post("/r/recepisse/", {"number": number})
    assert "0,95" in text(client, "/r/recepisse/")


def _same_cookies_later(sourcing: Sourcing) -> Client:
    """The cookie lives twelve hours: the page was opened the same morning."""
    return browser(sourcing.invitations.get())


def test_after_the_deadline_the_form_is_not_offered(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    invitation = request.invite()
    five_in_the_morning.move_to(DEADLINE + timedelta(hours=1))
    client = browser(invitation)
    page = text(client)
    assert "La date limite est passée" in page and "Oui, je donne mon prix" not in page
    assert client.get("/r/prix/")["Location"] == "/r/"


def test_prices_are_shown_again_only_to_the_browser_that_sent_them_or_with_the_receipt(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    sender = browser(invitation)
    sender.post("/r/prix/", request.form())
    number = Submission.objects.get(state="received").receipt_number
    other = browser(invitation)
    page = text(other, "/r/recepisse/")
    assert "0,95" not in page and number not in page and "24 septembre" in page
    assert "0,95" not in text(other, "/r/prix/")
    assert other.get("/r/retirer/")["Location"] == "/r/recepisse/"
    assert other.post("/r/recepisse/", {"number": "RX-0000"}).status_code == 400
    assert other.post("/r/recepisse/", {"number": number.lower()}).status_code == 302
    assert "0,95" in text(other, "/r/recepisse/")
    other.post("/r/retirer/")
    assert Submission.objects.get().state == "withdrawn"
    assert "Votre réponse est retirée" in text(other, "/r/recepisse/")


def test_receipt_numbers_cannot_be_guessed_for_long(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    act.submit(invitation, answer(request), received_at=BEFORE)
    client = browser(invitation)
    for _ in range(10):
        client.post("/r/recepisse/", {"number": "RX-AAAA"})
    page = unescape(client.post("/r/recepisse/", {"number": "RX-AAAB"}).content.decode())
    assert "Trop d'essais" in page


def test_two_people_of_a_firm_the_second_sees_that_it_replaced_the_first(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    one, two = browser(invitation), browser(invitation)
    one.post("/r/prix/", request.form("1,00"))
    assert "Cette réponse remplacera celle du" in text(two, "/r/prix/")
    two.post("/r/prix/", request.form("0,90"))
    first = Submission.objects.get(state="replaced")
    assert f"remplace celle du récépissé {first.receipt_number}" in text(two, "/r/recepisse/")
    assert "a remplacé celle-ci" in text(one, "/r/recepisse/")


def test_the_signed_receipt_is_a_file(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    client.post("/r/prix/", request.form())
    response = client.post("/r/recepisse/fichier/")
    number = Submission.objects.get(state="received").receipt_number
    assert response["Content-Disposition"] == f'attachment; filename="{number}.tlog-proof"'
    assert response.content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert client.get("/r/recepisse/fichier/").status_code == 405


def test_two_requests_open_in_one_browser_are_not_mixed(city: City) -> None:
    bread, cake = make_request(city), make_request(city)
    first, second = bread.invite(), cake.invite("Pâtisserie", "p@pain.example")
    client = browser(first)
    client.get(f"/r/{tokens.token(second.seed)}")
    client.post("/r/prix/", {**bread.form(), "demande": first.pk.hex})
    assert Submission.objects.get(state="received").invitation == first


def test_another_firm_never_reaches_what_is_not_its_own(city: City, other_city: City) -> None:
    mine, theirs = make_request(city), make_request(other_city)
    me = mine.invite()
    them = theirs.invite("Autre", "autre@pain.example")
    joined = RequestDocument.objects.create(
        sourcing=theirs.sourcing, file=store_bytes(other_city.organisation.pk, b"secret", "secret.txt", trusted=True)
    )
    sent = act.submit(them, answer(theirs), received_at=BEFORE)
    asked = Clarification.objects.create(submission=sent, question="?", asked_by=other_city.buyer.user, asked_at=timezone.now())
    client = browser(me)
    assert client.get(f"/r/document/{joined.file_id}/").status_code == 404
    assert client.get(f"/r/precision/{asked.pk}/").status_code == 404
    assert client.post(f"/r/precision/{asked.pk}/", {"text": "moi"}).status_code == 404
    assert client.post("/r/recepisse/", {"number": sent.receipt_number}).status_code in (302, 400)
    assert sent.receipt_number not in text(client, "/r/recepisse/")
    assert client.post("/r/prix/", {**theirs.form(), "demande": them.pk.hex}).status_code == 403
    assert client.post("/r/prix/", theirs.form()).status_code == 400
    given = browser(them).get(f"/r/document/{joined.file_id}/")
    assert given["X-Content-Type-Options"] == "nosniff" and b"".join(given) == b"secret"
    given.close()


def test_without_a_cookie_pages_lead_to_the_code_and_forms_say_what_to_do(city: City) -> None:
    for path in PAGES[1:]:
        assert Client().get(path)["Location"] == "/r/"
    response = Client().post("/r/prix/", {"price": "1"})
    assert response.status_code == 403 and "revenez en arrière" in response.content.decode()


def test_a_forged_or_stale_cookie_opens_nothing(city: City, five_in_the_morning: Clock) -> None:
    client = browser(make_request(city).invite())
    value = client.cookies["sourcier_r"].value
    client.cookies["sourcier_r"] = value[:-2] + "xx"
    assert "Tapez le code" in text(client)
    client.cookies["sourcier_r"] = value
    five_in_the_morning.shift(timedelta(hours=13))
    assert "Tapez le code" in text(client)


def test_no_thanks_with_a_reason(city: City) -> None:
    client = browser(make_request(city).invite())
    assert "Pas le temps" in text(client, "/r/non/")
    assert client.post("/r/non/", {"note": "déjà pris"}).content.decode().count("déjà pris") == 1
    assert client.post("/r/non/", {"reason": "no_time", "note": "déjà pris"})["Location"] == "/r/recepisse/"
    assert "Non merci : Pas le temps." in text(client, "/r/recepisse/")
    assert "Vous avez dit non merci." in text(client)


def test_write_to_me_no_more_takes_a_post(city: City) -> None:
    invitation = make_request(city).invite()
    client = browser(invitation)
    client.get("/r/ne-plus-ecrire/")
    invitation.firm.refresh_from_db()
    assert invitation.firm.unsubscribed_at is None
    client.post("/r/ne-plus-ecrire/")
    assert "C'est noté. La mairie ne vous écrira plus pour ses achats." in text(client, "/r/ne-plus-ecrire/")
    invitation.firm.refresh_from_db()
    assert invitation.firm.unsubscribed_at is not None


def test_a_question_leaves_and_answers_are_read_without_their_asker(city: City) -> None:
    request = make_request(city)
    other = request.invite("Fournil", "f@pain.example")
    FirmQuestion.objects.create(
        sourcing=request.sourcing, invitation=other, text="À quelle heure ?", asked_at=BEFORE, answer="Avant 7 h.",
        answered_by=city.buyer.user, answered_at=BEFORE,
    )  # fmt: skip
    client = browser(request.invite())
    page = text(client, "/r/questions/")
    assert "À quelle heure ?" in page and "Avant 7 h." in page and "Fournil" not in page
    assert "Écrivez quelques mots." in client.post("/r/questions/", {"text": " "}).content.decode()


def test_a_question_asked_shows_its_receipt_to_its_firm_alone(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    client, other = browser(request.invite()), browser(request.invite("Fournil", "f@pain.example"))
    page = client.post("/r/questions/", {"text": "Livrer le samedi ?"}, follow=True).content.decode()
    question = FirmQuestion.objects.get()
    assert f"Votre récépissé : {question.receipt_number}." in page
    assert f"<strong>{question.receipt_number}</strong>" in text(client, "/r/questions/")
    assert question.receipt_number not in text(other, "/r/questions/")
    file = client.post(f"/r/questions/{question.pk}/recepisse/")
    assert file["Content-Disposition"] == f'attachment; filename="{question.receipt_number}.tlog-proof"'
    assert file.content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert other.post(f"/r/questions/{question.pk}/recepisse/")["Location"] == "/r/questions/"


def test_a_last_price_is_asked_and_keeps_the_first(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city, state="opened")
    invitation = request.invite()
    first = act.submit(invitation, answer(request), received_at=BEFORE)
    five_in_the_morning.move_to(DEADLINE + timedelta(days=1))
    asked = LastPriceRound.objects.create(
        sourcing=request.sourcing, asked_by=city.buyer.user, asked_at=timezone.now(), deadline=DEADLINE + timedelta(days=3)
    )
    asked.submissions.set([first])
    client = browser(invitation)
    assert "La mairie vous demande un dernier prix." in text(client)
    assert client.post("/r/prix/", request.form("0,90")).status_code == 302
    last = Submission.objects.get(round=2)
    first.refresh_from_db()
    assert (last.state, last.replaces, first.state) == ("received", None, "received")
    outsider = browser(request.invite("Pas gardée", "x@pain.example"))
    assert "La date limite est passée" in text(outsider)


def test_a_clarification_is_answered_once(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    sent = act.submit(invitation, answer(request), received_at=BEFORE)
    Sourcing.objects.update(state="opened")
    asked = Clarification.objects.create(
        submission=sent, question="Le mercredi aussi ?", asked_by=city.buyer.user, asked_at=timezone.now()
    )
    client = browser(invitation)
    assert "La mairie vous demande une précision." in text(client)
    assert client.post(f"/r/precision/{asked.pk}/", {"text": "Oui"}).status_code == 302
    page = text(client, f"/r/precision/{asked.pk}/")
    asked.refresh_from_db()
    assert "Bien reçue le" in page and asked.receipt_number in page
    file = client.post(f"/r/precision/{asked.pk}/recepisse/")
    assert file["Content-Disposition"] == f'attachment; filename="{asked.receipt_number}.tlog-proof"'
    other = browser(request.invite("Fournil", "f@pain.example"))
    assert other.post(f"/r/precision/{asked.pk}/recepisse/")["Location"] == "/r/"
    assert client.post(f"/r/precision/{asked.pk}/", {"text": "Non"}).status_code == 400


def test_the_result_is_read_once_told(city: City) -> None:
    request = make_request(city, state="chosen")
    invitation = request.invite()
    answered = act.submit(invitation, answer(request), received_at=BEFORE)
    told = Notification.objects.create(
        sourcing=request.sourcing, firm=invitation.firm, submission=answered, channel="email", sentence="Plus cher.",
        body="Votre devis n'est pas choisi. Votre place : 3e sur 5.",
    )  # fmt: skip
    client = browser(invitation)
    assert client.get("/r/resultat/")["Location"] == "/r/"
    told.state = "sent"
    told.save()
    assert "Lire le résultat" in text(client)
    assert "Votre place : 3e sur 5." in text(client, "/r/resultat/")


@pytest.mark.parametrize("path", PAGES)
def test_reading_writes_nothing(city: City, path: str) -> None:
    client = browser(make_request(city, lines=3, places=3).invite())
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(path)
    written = [query["sql"] for query in captured if query["sql"].split()[0] not in ("SELECT", "SAVEPOINT", "RELEASE")]
    assert written == []


def test_the_number_of_queries_does_not_grow_with_the_request(city: City) -> None:
    def count(lines: int, places: int, path: str) -> int:
        client = browser(make_request(city, lines=lines, places=places).invite(f"Firme {lines}", f"f{lines}@pain.example"))
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    for path in ("/r/", "/r/prix/"):
        assert count(1, 2, path) == count(3, 4, path)


def test_the_logs_never_hold_a_token() -> None:
    token = "DRf8y-tv5waq7boV1r1VYAGyK9jdgIk3DCHg4hICEWM"
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (f"/r/{token}/",), None)
    assert DiscreetFormatter("%(message)s").format(record) == "Not Found: /r/…/"


@pytest.mark.parametrize(("status", "traced"), [(403, False), (500, True)])
def test_a_refusal_is_one_line_of_the_log_and_what_broke_has_its_trace(status: int, traced: bool) -> None:
    try:
        raise PermissionDenied
    except PermissionDenied:
        record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s", ("/reglages/",), sys.exc_info())
    record.status_code = status
    assert NoTraceOfRefusals().filter(record)
    assert ("Traceback" in DiscreetFormatter("%(message)s").format(record)) is traced
