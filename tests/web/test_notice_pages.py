"""The public notice in a browser: read, answer, confirm; wrong, expired and reused links say what to do."""

import re
from datetime import timedelta
from html import unescape
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from sourcier.journal.models import Entry
from sourcier.sourcing import limits
from sourcier.sourcing.actions import closing, questions
from sourcier.sourcing.models import Invitation, NoticeVisit, Sourcing
from tests.cities import City
from tests.sourcing.scenes import after_deadline, draft, invitation_of, sent
from tests.sourcing.secrets import confirmation_token
from tests.sourcing.stock import FAR, MATHILDE

pytestmark = pytest.mark.django_db
LYON = "lyon@pain.example"
HOLE = re.compile(r"\s[,.]\s|, *[,.]|Pour appeler ,|appelez( le| au|  )*[.]| au [.]")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def come(sourcing: Sourcing, client: Client | None = None, **data: str) -> Any:
    address = reverse("notice", args=[sourcing.notice_slug])
    return (client or Client()).post(address, {"siret": FAR.siret, "email": LYON, "name": "", **data})


def test_anyone_reads_the_open_notices_by_city(city: City, other_city: City) -> None:
    mine, _, hidden = sent(city), sent(other_city), draft(city)
    page = Client().get(reverse("notices")).content.decode()
    assert page.index("Ville de Pantin") < page.index("Ville de Rosny")
    assert mine.notice_slug in page and hidden.notice_slug not in page
    closing.end(city.buyer, mine.pk, "Fin.")
    assert mine.notice_slug not in Client().get(reverse("notices")).content.decode()


def test_the_notice_says_what_the_firms_asked_were_told(city: City) -> None:
    sourcing = sent(city)
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Livrer le samedi ?")
    questions.answer(city.buyer, question.pk, "Non.")
    page = Client().get(reverse("notice", args=[sourcing.notice_slug])).content.decode()
    for said in (
        "La mairie de Rosny cherche un boulanger", "Crèche Jean-Mermoz", "Prix : 40", "Note du prix = 100",
        "Livrer le samedi ?", "Non.", "Répondre est gratuit", "01 00 00 00 00", "dpo@rosny.example",
    ):  # fmt: skip
        assert said in page, said
    assert MATHILDE.name not in page


def test_what_nobody_wrote_of_whom_to_call_leaves_no_hole_in_a_sentence(city: City) -> None:
    sourcing = sent(city)
    for name, phone, hours in product(("", "Bruno"), ("", "01 00 00 00 01"), ("", "de 9 h à 17 h")):
        Sourcing.objects.filter(pk=sourcing.pk).update(contact_name=name, contact_phone=phone, contact_hours=hours)
        pages = [said(reverse(page, args=[sourcing.notice_slug])) for page in ("notice", "notice_sent")]
        with time_machine.travel(after_deadline(sourcing)):
            pages.append(said(reverse("notice", args=[sourcing.notice_slug])))
        assert [page for page in pages if HOLE.search(page)] == []
        assert ("Pour appeler" in pages[0], "la suite, appelez" in pages[2]) == (bool(phone), bool(phone))


def said(address: str) -> str:
    return " ".join(unescape(strip_tags(Client().get(address).content.decode())).split())


def test_from_the_notice_to_the_firm_s_page(city: City) -> None:
    sourcing, client = sent(city), Client()
    sent_page = client.get(come(sourcing, client)["Location"]).content.decode()
    assert "Un lien part à lyon@pain.example" in sent_page

    address = reverse("notice_confirm", args=[confirmation_token(LYON)])
    before = Entry.objects.count()
    first = client.get(address)
    assert "Confirmer mon adresse" in first.content.decode() and "no-store" in first["Cache-Control"]
    assert Entry.objects.count() == before, "a link opened by a mail scanner confirms nothing"

    entered = client.post(address)
    assert entered["Location"].startswith("/r/") and entered["Referrer-Policy"] == "no-referrer"
    page = client.get(entered["Location"], follow=True).content.decode()
    assert "La mairie de Rosny cherche un boulanger" in page
    assert Invitation.objects.get(channel=Invitation.Channel.NOTICE).firm.siret == FAR.siret


def test_reused_expired_and_wrong_links_say_what_to_do(city: City) -> None:
    sourcing, client = sent(city), Client()
    come(sourcing)
    address = reverse("notice_confirm", args=[confirmation_token(LYON)])
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 410 and "plus de deux jours" in answer.content.decode()
            assert reverse("notice", args=[sourcing.notice_slug]) in answer.content.decode()
    client.post(address)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 410 and "a déjà servi" in answer.content.decode()
    wrong = client.get(reverse("notice_confirm", args=["x" * 43]))
    assert wrong.status_code == 404 and "Reprenez-le en entier" in wrong.content.decode()
    assert Invitation.objects.filter(channel=Invitation.Channel.NOTICE).count() == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"siret": ""}, "errorlist"),
        ({"siret": "123"}, "14 chiffres"),
        ({"siret": "9" * 500}, "errorlist"),
        ({"email": "lyon arobase"}, "pas complète"),
        ({"email": f"{'x' * 300}@y.fr"}, "errorlist"),
        ({"siret": "73282932000074"}, "Écrivez le nom de votre entreprise :"),
    ],
)
def test_bad_input_stays_with_its_sentence(city: City, data: dict[str, str], said: str) -> None:
    answer = come(sent(city), name="", **data)
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    assert not NoticeVisit.objects.exists()
    if "email" not in data:
        assert f'value="{LYON}"' in page


def test_hostile_words_are_shown_as_words(city: City) -> None:
    sourcing, client = sent(city), Client()
    Sourcing.objects.filter(pk=sourcing.pk).update(title=SCRIPT, description=SCRIPT, trade=SCRIPT)
    page = client.get(reverse("notice", args=[sourcing.notice_slug])).content.decode()
    assert SCRIPT not in page
    come(sourcing, client, siret="73282932000074", name=SCRIPT)
    assert SCRIPT not in client.get(reverse("notice_confirm", args=[confirmation_token(LYON)])).content.decode()


def test_too_many_tries_are_told_to_wait(city: City) -> None:
    sourcing = sent(city)
    for _ in range(limits.NOTICE_BY_EMAIL):
        assert come(sourcing).status_code == 302
    answer = come(sourcing)
    assert answer.status_code == 429 and "réessayez dans une heure" in answer.content.decode()
    assert f'value="{LYON}"' in answer.content.decode()


def test_after_the_deadline_or_the_end_the_notice_says_so(city: City) -> None:
    sourcing = sent(city)
    address = reverse("notice", args=[sourcing.notice_slug])
    with time_machine.travel(after_deadline(sourcing)):
        page = Client().get(address).content.decode()
        assert "La date limite est passée" in page and "<form" not in page.split("<main")[1].split("</main>")[0]
        assert come(sourcing).status_code == 422
    closing.end(city.buyer, sourcing.pk, "La crèche ferme.")
    assert "La crèche ferme." in Client().get(address).content.decode()


def test_drafts_and_unknown_notices_are_not_found(city: City) -> None:
    sourcing = draft(city)
    for slug in (sourcing.notice_slug, "inconnu", "%00", "a'b"):
        assert Client().get(f"/avis/{slug}/").status_code == 404
        assert Client().post(f"/avis/{slug}/", {"siret": FAR.siret, "email": LYON}).status_code == 404
