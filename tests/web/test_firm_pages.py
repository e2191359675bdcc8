"""The pages of a firm, on a telephone without JavaScript."""

from html import unescape
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import QuotedLine, Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing import limits
from sourcier.sourcing.models import Question
from tests.cities import City
from tests.quotes.requests import BEFORE, answer, browser, make_request
from tests.web.firm import code_by_mail, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("five_in_the_morning")]


def read_lines() -> list[QuotedLine]:
    """The lines of the answer received, as its firm reads them again."""
    return answers.read(Submission.objects.get(state="received")).lines


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
    script = Path(finders.find("sourcier/listen.js")).read_bytes()
    assert page.count(b"<script") == 1 and b"sourcier/listen" in page
    sent = {"page": len(page), "style": len(style), "script": len(script)}
    assert sum(sent.values()) < 51_200, sent


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
    assert page.count("checked") == 2
    assert not Submission.objects.exclude(state="draft").exists()
    mended = client.post("/r/prix/", {**typed, **request.form("0,95"), "email": ""})
    assert mended.status_code == 302, mended.content.decode()
    sent = Submission.objects.get(state="received")
    assert [document.name for document in answers.joined(sent)] == ["devis.txt"]


@pytest.mark.parametrize(
    ("price", "words"), [("", "au moins un prix"), ("0", "zéro"), ("-3", "négatif"), ("99999999999", "très grand")]
)
def test_a_bad_price_is_said_beside_its_field(city: City, price: str, words: str) -> None:
    request = make_request(city)
    page = browser(request.invite()).post("/r/prix/", request.form(price)).content.decode()
    field = page[page.index('class="field price has-error"') :]
    assert words in field[: field.index("</div>")]


def test_vat_forgotten_is_said_and_so_is_the_rate_to_add_to_a_price_without_it(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert "avec ou sans TVA" in client.post("/r/prix/", request.form(vat="")).content.decode()
    assert "Choisissez votre taux de TVA" in client.post("/r/prix/", request.form(vat="excluded")).content.decode()
    assert client.post("/r/prix/", request.form(vat="excluded", rate="550")).status_code == 302
    assert read_lines()[0].unit_price_e4 == 9500


def test_who_does_not_charge_vat_needs_no_rate(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert client.post("/r/prix/", request.form(vat="exempt", rate="")).status_code == 302
    assert read_lines()[0].unit_price_e4 == 9500
    assert "art. 293 B du CGI" in text(client, "/r/recepisse/")


def test_one_line_may_have_its_own_rate_and_another_no_price(city: City) -> None:
    request = make_request(city, lines=3)
    _first, second, third = (line.pk.hex for line in request.lines)
    typed = request.form(**{f"rate-{second}": "2000", f"price-{third}": ""})
    assert browser(request.invite()).post("/r/prix/", typed).status_code == 302
    assert [line.vat_bp for line in read_lines()] == [550, 2000]


@pytest.mark.parametrize(("territory", "rates"), [("corse", 6), ("antilles_reunion", 4), ("without_vat", 0)])
def test_the_rates_offered_are_those_of_the_territory(city: City, territory: str, rates: int) -> None:
    city.organisation.territory = territory
    city.organisation.save()
    request = make_request(city)
    client = browser(request.invite())
    assert text(client, "/r/prix/").count('name="rate"') == rates
    if not rates:
        assert client.post("/r/prix/", request.form()).status_code == 302
        assert [line.vat_bp for line in read_lines()] == [0]


@pytest.mark.parametrize("field", ["signer", "note", "reservation", "daily_maximum"])
@pytest.mark.parametrize(
    "hostile", ['#read("/etc/passwd")', "=HYPERLINK()", "<script>alert(1)</script>", "{{ 1|add:1 }}", "\u202etxt"]
)
def test_hostile_words_are_only_words(city: City, field: str, hostile: str) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert client.post("/r/prix/", request.form(**{field: hostile})).status_code == 302
    assert getattr(answers.read(Submission.objects.get(state="received")).submission, field) == hostile
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
    [first] = [each for each in answers.joined(Submission.objects.get(state="draft")) if each.name == "un.txt"]
    page = client.post("/r/prix/", {**typed, "remove": first.key}).content.decode()
    assert "un.txt" not in page and "deux.txt" in page
    client.post("/r/prix/", request.form())
    sent = Submission.objects.get(state="received")
    assert [document.name for document in answers.joined(sent)] == ["deux.txt"]
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
        assert "devis.txt" not in text(other, "/r/prix/")
        other.post("/r/recepisse/", {"code": code_by_mail(other)})
        page = text(other, "/r/prix/")
        assert "devis.txt" in page and "conditions.txt" in page
        [former] = [each.key for each in answers.joined(begun) if each.name == "conditions.txt"]
        assert "conditions.txt" not in unescape(
            other.post("/r/prix/", {**request.form("0,90"), "remove": former}).content.decode()
        )
        assert other.post("/r/prix/", request.form("0,90")).status_code == 302
    sent = Submission.objects.get(state="received")
    assert [document.name for document in answers.joined(sent)] == ["devis.txt"]
    assert begun.documents.filter(removed=False).count() == 2, "the replaced answer stays as it was"


def test_the_number_of_queries_does_not_grow_with_the_request(city: City) -> None:
    def count(lines: int, places: int, path: str) -> int:
        client = browser(make_request(city, lines=lines, places=places).invite(f"Firme {lines}", f"f{lines}@pain.example"))
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    for path in ("/r/", "/r/prix/"):
        assert count(1, 2, path) == count(3, 4, path)
