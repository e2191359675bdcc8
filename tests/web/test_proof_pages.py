"""The dossier of an operation and « Contrôle »: who may, what they show, what stays hidden until the opening."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.interop.export import FORMATS
from sourcier.journal import anchors
from sourcier.journal.models import Entry
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.sourcing.actions import closing, notice
from sourcier.sourcing.models import NoticeVisit
from sourcier.suppliers.tokens import token
from tests.cities import City, siret
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import BEGUN, DEADLINE, Purchase, answered_purchase, asked_purchase, finished_purchase, taken
from tests.journal.authority import made_authority, served
from tests.web.clients import signed_in

VARIES = re.compile(r'name="(?:csrfmiddlewaretoken|envoi)" value="[^"]*"|nonce="[^"]*"|nonce-[A-Za-z0-9_-]+')


def at(moment: Any) -> Any:
    return time_machine.travel(moment, tick=False)


def shown(agent: Agent, address: str) -> str:
    """A page or an export, without the tokens that change at each reading."""
    response = signed_in(agent).get(address)
    assert response.status_code == 200, (address, response.status_code)
    return VARIES.sub("", response.content.decode())


def downloaded(response: Any) -> bytes:
    """Reading to the end also closes, in the test client."""
    return b"".join(response.streaming_content)


def come_by_notice(purchase: Purchase) -> None:
    """A firm from elsewhere, its address confirmed."""
    visit = notice.come(purchase.sourcing_now(), siret(777), "venue@ailleurs.example", "Boulangerie venue d'ailleurs")
    notice.confirm(token(NoticeVisit.objects.get(pk=visit.pk).seed))


def test_an_auditor_takes_the_dossier_and_downloads_what_verifies(city: City) -> None:
    purchase = finished_purchase(city)
    client = signed_in(city.auditor)
    with at(DEADLINE + timedelta(days=3)):
        response = client.post(reverse("dossier_take", args=[purchase.need.pk]), follow=True)
    assert response.status_code == 200
    data = downloaded(response)
    assert response["Content-Type"] == "application/zip" and "attachment" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert verifier.verify(BytesIO(data)).ok
    page = shown(city.auditor, reverse("dossier", args=[purchase.need.pk]))
    assert "Dossiers déjà pris" in page and "Aude Rosny" in page and "Empreinte de la clé de la ville" in page
    assert downloaded(client.get(response.request["PATH_INFO"])) == data
    assert "Dossiers pris" in shown(city.head_buyer, reverse("control"))


def test_a_dossier_whose_time_is_being_stamped_is_awaited_on_its_page_and_then_holds_it(
    city: City, settings: Any, tmp_path: Path
) -> None:
    purchase = finished_purchase(city)
    client, address = signed_in(city.auditor), reverse("dossier", args=[purchase.need.pk])
    with served(made_authority(tmp_path)) as authority:
        settings.TSA = (authority.url,)
        page = client.post(reverse("dossier_take", args=[purchase.need.pk]), follow=True).content.decode()
        assert "Prêt dans 30 secondes au plus" in page and 'hx-trigger="every 3s"' in page
        assert authority.asked == 0
        download = reverse("dossier_download", args=[purchase.need.pk, Export.objects.get().pk])
        assert "Un tiers est en train" in client.get(download, follow=True).content.decode()
        assert anchors.take_due(timezone.now()) == 1
    page = shown(city.auditor, address)
    assert "Reprendre ce ZIP" in page and "hx-trigger" not in page
    assert any(
        "Le dossier entier existait" in fact for fact in verifier.verify(BytesIO(downloaded(client.get(download)))).facts
    )


def test_the_version_for_a_third_party_is_a_choice_of_the_page_once_the_result_is_told(city: City) -> None:
    purchase = answered_purchase(city)
    purchase.open()
    purchase.choose()
    address = reverse("dossier", args=[purchase.need.pk])
    asked = reverse("dossier_take", args=[purchase.need.pk])
    client = signed_in(city.auditor)
    with at(DEADLINE + timedelta(days=1)):
        page = shown(city.auditor, address)
        refused = client.post(asked, {"version": "communicable"}, follow=True).content.decode()
    assert "Télécharger la version communicable" not in page
    assert all("une fois le choix fait, et annoncé" in text for text in (page, refused))
    purchase.tell()
    with at(DEADLINE + timedelta(days=3)):
        assert "Télécharger la version communicable" in shown(city.auditor, address)
        response = client.post(asked, {"version": "communicable"}, follow=True)
    assert "dossier-communicable-B-" in response["Content-Disposition"]
    report = verifier.verify(BytesIO(downloaded(response)))
    assert report.ok and any("version communicable" in fact for fact in report.facts)
    assert "version communicable, par Aude Rosny" in shown(city.auditor, address)


def test_a_requester_and_an_administrator_see_neither_dossier_nor_control(city: City) -> None:
    purchase = finished_purchase(city)
    export = taken(purchase)
    before = Entry.objects.count()
    for agent in (city.requester, city.admin):
        client = signed_in(agent)
        for address in _addresses(purchase, export):
            assert client.get(address).status_code == 403, address
        for chosen in ({}, {"version": "communicable"}):
            assert client.post(reverse("dossier_take", args=[purchase.need.pk]), chosen).status_code == 403
    assert Client().get(reverse("control")).status_code == 302
    assert Entry.objects.count() == before


def _addresses(purchase: Purchase, export: Export) -> list[str]:
    need = purchase.need.pk
    return [
        reverse("dossier", args=[need]),
        reverse("dossier_download", args=[need, export.pk]),
        reverse("control"),
    ]


def test_the_dossier_of_another_city_does_not_exist(city: City, other_city: City) -> None:
    purchase = finished_purchase(city)
    export = taken(purchase)
    theirs = asked_purchase(other_city)
    client = signed_in(other_city.head_buyer)
    assert client.get(reverse("dossier", args=[purchase.need.pk])).status_code == 404
    assert client.post(reverse("dossier_take", args=[purchase.need.pk])).status_code == 404
    assert client.get(reverse("dossier_download", args=[purchase.need.pk, export.pk])).status_code == 404
    assert client.get(reverse("dossier_download", args=[theirs.need.pk, export.pk])).status_code == 404
    assert client.get(reverse("dossier_download", args=[theirs.need.pk, uuid4()])).status_code == 404
    assert "Ville de Rosny" not in shown(other_city.auditor, reverse("control"))


def test_reading_never_writes(city: City) -> None:
    purchase = finished_purchase(city)
    export = taken(purchase)
    before = Entry.objects.count(), Export.objects.count()
    for address in _addresses(purchase, export):
        response = signed_in(city.auditor).get(address)
        assert response.status_code == 200
        if response.streaming:
            downloaded(response)
    assert signed_in(city.auditor).get(reverse("dossier_take", args=[purchase.need.pk])).status_code == 405
    assert (Entry.objects.count(), Export.objects.count()) == before


def test_a_dossier_asked_too_early_is_refused_in_a_sentence(city: City) -> None:
    purchase = asked_purchase(city)
    with at(BEGUN + timedelta(days=5)):
        client = signed_in(city.auditor)
        response = client.post(reverse("dossier_take", args=[purchase.need.pk]), follow=True)
    page = response.content.decode()
    assert "Les réponses sont encore fermées" in page
    assert "Télécharger le dossier de preuve" not in page
    assert not Export.objects.exists()


@pytest.mark.parametrize("name", ["dossier", "control", "exchanges", "savings"])
def test_pages_and_exports_are_the_same_with_no_answer_and_with_five(city: City, name: str) -> None:
    purchase = asked_purchase(city)
    address = reverse(name, args=[purchase.need.pk] if name in ("dossier", "exchanges") else [])
    agents = [city.buyer, city.head_buyer, city.auditor]
    addresses = [address, f"{address}?export=csv"]
    moment = DEADLINE - timedelta(hours=1)
    with at(moment):
        before = [shown(agent, each) for agent in agents for each in addresses]
    with at(DEADLINE - timedelta(hours=2)):
        come_by_notice(purchase)
    purchase.answer()  # two answers and a replaced one, a refusal, a withdrawal, receipts by e-mail, one late
    with at(moment):
        after = [shown(agent, each) for agent in agents for each in addresses]
    assert after == before


def test_a_consultation_stopped_before_the_opening_stays_closed(city: City) -> None:
    purchase = asked_purchase(city)
    purchase.answer()
    with at(DEADLINE + timedelta(hours=1)):
        closing.close_due(DEADLINE + timedelta(hours=1))
        closing.end(city.buyer, purchase.sourcing.pk, "Le budget est gelé.")
    for name in ("dossier", "exchanges"):
        page = shown(city.auditor, reverse(name, args=[purchase.need.pk]))
        assert "Le budget est gelé." in page
        assert "Bien reçu" not in page and "ne répondra pas" not in page
    assert "récépissé" not in shown(city.auditor, reverse("control"))


def test_a_last_price_stays_hidden_until_its_own_opening(city: City) -> None:
    purchase = finished_without_choice(city)
    addresses = [reverse(name, args=[purchase.need.pk]) for name in ("dossier", "exchanges")] + [reverse("control")]
    with at(DEADLINE + timedelta(hours=6)):
        before = [shown(city.buyer, address) for address in addresses]
        purchase.last_price("0.88")
        assert [shown(city.buyer, address) for address in addresses] == before
    limit = DEADLINE + timedelta(days=2, minutes=1)
    with at(limit):
        opening.open_last_prices(city.buyer, purchase.sourcing.pk)
        assert [shown(city.buyer, address) for address in addresses] != before


def finished_without_choice(city: City) -> Purchase:
    purchase = asked_purchase(city)
    purchase.answer()
    purchase.close()
    purchase.open()
    with at(DEADLINE + timedelta(hours=5)):
        kept = [each.pk for each in opened_submissions(purchase.sourcing_now()) if each.kind == "quote"]
        evaluate.ask_last_price(city.buyer, purchase.sourcing.pk, kept, DEADLINE + timedelta(days=2))
    return purchase


@pytest.mark.parametrize("form", FORMATS)
def test_the_journal_leaves_in_four_formats(city: City, form: str) -> None:
    purchase = finished_purchase(city)
    for address in (reverse("dossier", args=[purchase.need.pk]), reverse("control")):
        response = signed_in(city.auditor).get(address, {"export": form})
        assert response.status_code == 200
        assert response["Content-Type"] == FORMATS[form][1]
        assert response["Content-Disposition"].endswith(f'.{form}"')
    assert signed_in(city.auditor).get(reverse("control"), {"export": "exe"}).status_code == 404


def test_the_whole_journal_is_exported_not_one_page_of_it(city: City) -> None:
    finished_purchase(city)
    asked_purchase(city)
    table = signed_in(city.auditor).get(reverse("control"), {"export": "csv"}).content.decode()
    assert len(table.splitlines()) > Entry.objects.filter(log_id=city.organisation.pk).count() - 3 > 100


def test_the_control_page_costs_the_same_with_one_operation_and_with_three(
    city: City, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for made in (1, 2):
        for _ in range(made):
            taken(finished_purchase(city))
        client = signed_in(city.auditor)
        client.get(reverse("control"))
        with django_assert_max_num_queries(40) as queries:
            client.get(reverse("control"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_control_says_who_attests_the_time_and_what_fails(city: City, settings: Any, tmp_path: Path) -> None:
    page = shown(city.head_buyer, reverse("control"))
    assert "Aucun horodateur n'est réglé : les heures du journal sont celles du serveur" in unescape(page)
    with served(made_authority(tmp_path)) as authority:
        settings.TSA = ("http://127.0.0.1:9/", authority.url)
        assert anchors.take_due(timezone.now()) == 1
        page = unescape(shown(city.auditor, reverse("control")))
        assert "La dernière heure attestée est celle du" in page
        assert "aucune racine de confiance n'est réglée" in page
        assert "127.0.0.1:9 n'est pas joignable." in page
        authority.manner = "500"
        assert anchors.take_due(timezone.now() + timedelta(days=1)) == 0
        page = unescape(shown(city.auditor, reverse("control")))
        assert "Rien n'est bloqué" in page and "a répondu par une erreur (500)." in page


def test_an_auditor_takes_the_file_of_the_year_which_is_his_city_s_alone(city: City, other_city: City) -> None:
    finished_purchase(city)
    take, client = reverse("year_take"), signed_in(city.auditor)
    with at(BEGUN + timedelta(days=30)):
        assert client.post(take, {"year": "1789"}).status_code == 422
        response = client.post(take, {"year": str(BEGUN.year)})
    export = Export.objects.get(year=BEGUN.year)
    address = reverse("year_download", args=[export.pk])
    assert (response.status_code, response["Location"]) == (302, address)
    downloaded(client.get(address))
    assert address in shown(city.head_buyer, reverse("year_files"))
    assert "responsable des achats ou un auditeur" in shown(city.buyer, reverse("year_files"))
    assert signed_in(city.buyer).post(take, {"year": str(BEGUN.year)}).status_code == 422
    for agent in (city.buyer, other_city.auditor):
        assert signed_in(agent).get(address).status_code == 404
    assert signed_in(city.requester).get(reverse("year_files")).status_code == 403
