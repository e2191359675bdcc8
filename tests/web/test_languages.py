"""The pages of a firm in six languages: every message said in each, amounts and dates as they are written there."""

import re
from html import unescape
from html.parser import HTMLParser

import polib
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sourcier.quotes.models import Submission
from tests.cities import City
from tests.languages import CATALOGUES, LOCALE, messages
from tests.quotes.requests import browser, make_request
from tests.web.clients import signed_in
from tests.web.firm import PAGES, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("five_in_the_morning")]
LANGUAGES = [code for code, _ in settings.LANGUAGES]
FOREIGN = [code for code in LANGUAGES if not code.startswith("fr")]


def test_every_message_has_its_translation_with_the_same_blanks_and_the_compiled_files_are_those_of_the_catalogues() -> None:
    wanted = messages()
    assert len(CATALOGUES) == len(LANGUAGES) - 1 and len(wanted) > 250
    for path in CATALOGUES:
        catalogue = polib.pofile(str(path), wrapwidth=0)
        assert {entry.msgid for entry in catalogue} == wanted, "run: python -m tests.languages"
        assert not [entry.msgid for entry in catalogue if not entry.msgstr or entry.fuzzy], path
        for entry in catalogue:
            blanks = [sorted(re.findall(r"%\(\w+\)s", side)) for side in (entry.msgid, entry.msgstr)]
            assert blanks[0] == blanks[1], (path, entry.msgid)
        assert path.with_suffix(".mo").read_bytes() == catalogue.to_binary(), "run: python -m tests.languages"
    assert {path.parent.parent.name for path in CATALOGUES} == {entry.name for entry in LOCALE.iterdir()}


class Said(HTMLParser):
    """The sentences of a page that are in its own language: what the city typed, and names, stand apart."""

    ALONE = ("area", "br", "hr", "img", "input", "link", "meta")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.apart: list[bool] = []
        self.sentences: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.ALONE:
            apart = tag in ("bdi", "script") or (tag != "html" and "lang" in dict(attrs))
            self.apart.append(apart or bool(self.apart and self.apart[-1]))

    def handle_endtag(self, tag: str) -> None:
        self.apart.pop()

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if self.apart[-1:] != [True] and (len(re.findall(r"[^\W\d]{2,}", words)) > 3 or re.search(r"\w\w.*[.?…]$", words)):
            self.sentences.add(words)


def test_no_sentence_of_a_page_stays_in_french(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    heavy = {**request.form("abc", signer=""), "documents": SimpleUploadedFile("devis.txt", b"")}
    left = {}
    for step in ("before", "refused", "sent"):
        said: dict[str, dict[str, set[str]]] = {}
        for tongue in ("fr", *FOREIGN):
            client.get(f"/r/?langue={tongue}")
            if step == "refused":
                said[tongue] = {"/r/prix/": Said(client.post("/r/prix/", heavy).content.decode()).sentences}
            else:
                said[tongue] = {path: Said(text(client, path)).sentences for path in (*PAGES, "/r/contester/", "/r/retirer/")}
        for tongue in FOREIGN:
            left |= {(tongue, step, path): same & said["fr"][path] for path, same in said[tongue].items()}
        if step == "refused":
            client.post("/r/prix/", request.form())
    assert {where: same for where, same in left.items() if same} == {}


FIRST_PAGE = {
    "fr": ("fr", "Répondez avant", "mercredi 30 septembre, 12\xa0h", "Oui, je donne mon prix"),
    "fr-falc": ("fr", "Vous n'avez rien à payer.", "mercredi 30 septembre, 12\xa0h", "Oui, je donne mon prix"),
    "en": ("en", "Answer before", "Wednesday 30 September, 12:00", "Yes, I give my price"),
    "pt": ("pt", "Responda antes de", "quarta-feira, 30 de setembro, 12:00", "Sim, dou o meu preço"),
    "ar": ("ar", "أجيبوا قبل", "الأربعاء 30 سبتمبر, \u206612:00\u2069", "نعم، أقدم سعري"),
    "tr": ("tr", "Son yanıt tarihi", "30 Eylül Çarşamba, 12:00", "Evet, fiyatımı veriyorum"),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_baker_answers_in_his_language_and_what_the_city_typed_stays_in_french(city: City, code: str) -> None:
    request = make_request(city, places=2)
    client = browser(request.invite())
    tag, *said = FIRST_PAGE[code]
    page = text(client, f"/r/?langue={code}")
    assert f'<html lang="{tag}"' in page and ('dir="rtl"' in page.split("<body")[0]) is (code == "ar")
    assert not [words for words in said if words.lower() not in page.lower()], page
    assert '<dd lang="fr" dir="auto"><strong>60 baguettes par jour' in page
    assert f'lang="{tag}" hreflang="{tag}" aria-current="true"' in page
    for path in PAGES:
        assert f'<html lang="{tag}"' in text(client, path), "the cookie keeps it"
    refused = client.post("/r/prix/", request.form(""))
    assert refused.status_code == 400 and (code.startswith("fr") or "Écrivez au moins un prix" not in refused.content.decode())
    client.post("/r/prix/", request.form())
    receipt = text(client, "/r/recepisse/")
    number = Submission.objects.get(state="received").receipt_number
    amount = {"en": "€14,820.00", "fr": "14\u202f820\xa0€"}.get(tag, "14.820,00\xa0€")
    assert amount in receipt
    beside = (
        f'<p class="meta" lang="fr" dir="ltr">Bien reçu le jeudi 24 septembre 2026 à 5\xa0h\xa012. Votre récépissé : {number}.'
    )
    assert (beside in receipt) is (tag != "fr")


def test_the_code_form_and_a_dead_link_speak_the_language_kept_and_the_city_french(city: City) -> None:
    client = Client(headers={"accept-language": "tr"})
    assert "Tapez le code de votre lettre" in text(client, "/r/"), "French first: so is the letter"
    assert "Mektubunuzdaki kodu yazın" in text(client, "/r/?langue=tr")
    refused = client.post("/r/", {"code": "AAAAA-AAAAA"})
    assert "Bu kod hiçbir talebi açmıyor" in unescape(refused.content.decode())
    assert "Bu bağlantı hiçbir şey açmıyor" in text(client, "/r/inconnu")
    assert "Tapez le code" in text(client, "/r/?langue=xx") or "Mektubunuzdaki" in text(client, "/r/?langue=xx")
    buyer = signed_in(city.buyer)
    buyer.cookies = client.cookies | buyer.cookies
    assert '<html lang="fr">' in buyer.get("/", headers={"accept-language": "tr"}, follow=True).content.decode()
