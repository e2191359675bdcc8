"""« Échanges » : one thread, filtered, exported as filtered, completed by what is dropped in."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sourcier.accounts.models import Department
from sourcier.insights.exchanges import thread
from sourcier.interop.export import FORMATS
from sourcier.journal.models import Entry
from sourcier.mail.actions import file_exchange
from sourcier.mail.models import FiledExchange
from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.quotes.models import Notification
from sourcier.quotes.sealing import own_facts
from sourcier.vault.models import File
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import (
    BEGUN,
    CLOSED_MARKS,
    DEADLINE,
    Purchase,
    answered_purchase,
    asked_purchase,
    finished_purchase,
)  # fmt: skip
from tests.mail.test_exchanges import EML
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER
from tests.vault import papers
from tests.web.clients import signed_in


@pytest.fixture
def purchase(city: City) -> Purchase:
    return finished_purchase(city)


def address(purchase: Purchase) -> str:
    return reverse("exchanges", args=[purchase.need.pk])


def page(client: Client, purchase: Purchase, **query: str) -> str:
    return client.get(address(purchase), query).content.decode()


def rows(client: Client, purchase: Purchase, **query: str) -> list[dict[str, str]]:
    content = client.get(address(purchase), {**query, "export": "csv"}).content.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(content), delimiter=";"))


def test_the_link_of_a_message_is_named_and_not_shown_as_a_mark(purchase: Purchase) -> None:
    text = page(signed_in(purchase.city.buyer), purchase)
    assert "[lien personnel]" in text and "{{" not in text
    assert "{{" not in str(rows(signed_in(purchase.city.buyer), purchase))


def test_the_thread_holds_everything_said_in_order(purchase: Purchase) -> None:
    found = thread(purchase.city.buyer, purchase.need)
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert {each.channel for each in found} == {"email", "letter", "phone", "page", "internal"}
    subjects = " | ".join(each.subject for each in found)
    for said in ("Lettre : Du pain", "Question", "Réponse à une question", "Devis · récépissé RX-", "Refus · récépissé RX-",
                 "Une précision sur votre devis", "Précision", "Votre devis est choisi", "M. Lefort"):  # fmt: skip
        assert said in subjects, said


def test_words_and_papers_of_a_closed_answer_are_never_in_the_thread(purchase: Purchase) -> None:
    text = page(signed_in(purchase.city.head_buyer), purchase)
    for mark in CLOSED_MARKS:
        assert mark not in text
    assert "trop tard.jpg" not in text and "brouillon.jpg" not in text
    assert "devis signé.jpg" in text and "Livré avant 6 h 45." in text


def test_it_is_filtered_by_firm_and_by_channel_and_exported_as_filtered(purchase: Purchase) -> None:
    client = signed_in(purchase.city.buyer)
    firms = {firm.siret: firm for firm in purchase.city.organisation.firms.all()}
    perrier = str(firms[PERRIER.siret].pk)
    named = {row["Entreprise"] for row in rows(client, purchase, firm=perrier)}
    assert named == {firms[PERRIER.siret].name, "Toutes"}  # what was told to all was told to it
    assert {row["Voie"] for row in rows(client, purchase, channel="letter")} == {"Courrier"}
    both = rows(client, purchase, firm=str(firms[LEFORT.siret].pk), channel="letter")
    assert len(both) == 1 and both[0]["Objet"].startswith("Lettre")
    whole = rows(client, purchase)
    assert len(whole) == len(thread(purchase.city.buyer, purchase.need)) > len(both)
    for unknown in ({"firm": str(uuid4())}, {"channel": "pigeon"}, {"firm": "x"}):
        assert client.get(address(purchase), unknown).status_code == 200


@pytest.mark.parametrize("form", FORMATS)
def test_it_leaves_in_four_formats(purchase: Purchase, form: str) -> None:
    response = signed_in(purchase.city.auditor).get(address(purchase), {"export": form, "channel": "email"})
    assert (response.status_code, response["Content-Type"]) == (200, FORMATS[form][1])
    assert len(response.content) > 200


def test_a_message_dropped_in_keeps_its_own_date_and_is_marked(city: City) -> None:
    purchase = asked_purchase(city)
    client = signed_in(city.buyer)
    firm = purchase.invitation(MATHILDE).firm
    with time_machine.travel(DEADLINE + timedelta(days=60), tick=True):
        response = client.post(
            reverse("exchange_file", args=[purchase.need.pk]),
            {"channel": "email", "direction": "in", "firm_id": str(firm.pk), "upload": SimpleUploadedFile("prix.eml", EML)},
        )
        assert response.status_code == 302, response.content.decode()
        text = page(client, purchase)
    assert "versé au dossier" in text and "lundi 2 novembre 2026" in text and "Mon prix" in text
    filed = FiledExchange.objects.get(correspondent__contains="adele@pain.example")
    assert filed.firm_id == firm.pk and filed.summary == "Mon prix\n\nBonjour, 0,90 la baguette."
    assert [
        row["Suite"] for row in rows(client, purchase, firm=str(firm.pk), channel="email") if "Mon prix" in row["Texte"]
    ] == ["versé par Bruno Rosny · pendant le silence demandé"]
    served = client.get(reverse("exchange_document", args=[purchase.need.pk, filed.file.pk]))
    assert served.status_code == 200 and served["Content-Disposition"].startswith("attachment")
    assert b"".join(served.streaming_content) == EML  # type: ignore[attr-defined]


def test_a_call_between_the_deadline_and_the_result_is_marked(city: City) -> None:
    purchase = finished_purchase(city)
    told = Notification.objects.filter(sourcing=purchase.sourcing, told_at__isnull=False).earliest("told_at").told_at
    assert told and told > DEADLINE
    with time_machine.travel(told + timedelta(days=2), tick=True):
        for when in (DEADLINE - timedelta(hours=1), DEADLINE + timedelta(minutes=1), told + timedelta(hours=1)):
            file_exchange(
                city.buyer, purchase.need.pk, channel="phone", direction="in", occurred_at=when, correspondent="Un boulanger",
                summary="Il demande où en est le choix.",
            )  # fmt: skip
    noted = [each.state for each in thread(city.buyer, purchase.need) if each.filed and "boulanger" in each.subject]
    assert [state.endswith("pendant le silence demandé") for state in noted] == [False, True, False]


def test_a_refused_drop_says_why_beside_the_field_and_keeps_what_was_typed(city: City) -> None:
    purchase = asked_purchase(city)
    client = signed_in(city.buyer)
    before, filed = Entry.objects.count(), FiledExchange.objects.count()
    target = reverse("exchange_file", args=[purchase.need.pk])
    typed = {"channel": "phone", "direction": "in", "correspondent": "M. Pain", "summary": "Il rappellera lundi."}
    undated = client.post(target, typed)
    assert undated.status_code == 422
    assert "Il rappellera lundi." in undated.content.decode() and "M. Pain" in undated.content.decode()
    when = {"occurred_at_0": "2026-09-18", "occurred_at_1": "10:00"}
    bad = client.post(target, typed | when | {"upload": SimpleUploadedFile("virus.exe", b"MZ" + bytes(60))})
    assert bad.status_code == 422 and "Il rappellera lundi." in bad.content.decode()
    assert bad.context["file_form"].errors.keys() == {"upload"}
    wrong = client.post(target, {**typed, "channel": "pigeon", "firm_id": str(uuid4())})
    assert wrong.status_code == 422
    assert Entry.objects.count() == before and FiledExchange.objects.count() == filed


def test_roles_and_cities(purchase: Purchase, other_city: City) -> None:
    city, target = purchase.city, reverse("exchange_file", args=[purchase.need.pk])
    for agent, expected in ((city.requester, 200), (city.auditor, 200), (city.buyer, 200), (city.admin, 403)):
        assert signed_in(agent).get(address(purchase)).status_code == expected
    for agent in (city.auditor, city.admin):
        assert signed_in(agent).post(target, {}).status_code == 403
        assert "Verser au dossier" not in page(signed_in(agent), purchase)
    assert "Verser au dossier" in page(signed_in(city.buyer), purchase)
    stranger = signed_in(other_city.head_buyer)
    assert stranger.get(address(purchase)).status_code == 404
    assert stranger.post(target, {"channel": "phone", "direction": "in", "summary": "x"}).status_code == 404
    file = File.objects.filter(organisation_id=city.organisation.pk).first()
    assert file
    assert stranger.get(reverse("exchange_document", args=[purchase.need.pk, file.pk])).status_code == 404
    theirs = asked_purchase(other_city)
    assert stranger.get(reverse("exchange_document", args=[theirs.need.pk, file.pk])).status_code == 404
    assert stranger.get(reverse("exchange_document", args=[theirs.need.pk, uuid4()])).status_code == 404


def test_who_asked_drops_in_a_call_of_his_own_department_alone(city: City) -> None:
    purchase = asked_purchase(city)
    client, target = signed_in(city.requester), reverse("exchange_file", args=[purchase.need.pk])
    said = {
        "channel": "phone",
        "direction": "in",
        "summary": "La directrice de la crèche confirme.",
        "correspondent": "Mme Roux",
    }
    assert "Verser au dossier" in page(client, purchase)
    with time_machine.travel(DEADLINE + timedelta(days=5), tick=True):
        response = client.post(target, said | {"occurred_at_0": "2026-10-02", "occurred_at_1": "09:00"})
    assert response.status_code == 302
    assert FiledExchange.objects.get(correspondent="Mme Roux").filed_by == city.requester.user
    Need.objects.filter(pk=purchase.need.pk).update(
        department=Department.objects.create(organisation=city.organisation, name="Voirie")
    )
    assert client.post(target, said).status_code == 404


def test_a_paper_of_a_closed_answer_is_not_served(city: City) -> None:
    purchase = answered_purchase(city)
    client = signed_in(city.buyer)
    names = ("devis signé.jpg", "trop tard.jpg", "brouillon.jpg")
    sealed = [file for file in File.objects.all() if file.is_sealed]
    files = {own_facts(purchase.sourcing, file)["name"]: file for file in sealed}
    for name in names:
        assert client.get(reverse("exchange_document", args=[purchase.need.pk, files[name].pk])).status_code == 404
    purchase.open()
    files |= {names[0]: File.objects.get(name=names[0])}
    served = [client.get(reverse("exchange_document", args=[purchase.need.pk, files[name].pk])) for name in names]
    assert [response.status_code for response in served] == [200, 404, 404]
    assert b"".join(served[0].streaming_content).startswith(papers.JPEG)  # type: ignore[attr-defined]


def test_who_came_by_the_notice_is_not_among_the_firms_of_the_filter(city: City) -> None:
    from tests.web.test_proof_pages import come_by_notice

    purchase = asked_purchase(city)
    with time_machine.travel(BEGUN + timedelta(days=7), tick=True):
        come_by_notice(purchase)
    assert "venue d" not in page(signed_in(city.buyer), purchase)


def test_an_empty_thread_says_what_will_come(city: City) -> None:
    need = needs.start(city.requester, "Des chaises")
    text = signed_in(city.requester).get(reverse("exchanges", args=[need.pk])).content.decode()
    assert "Aucun échange ici pour l'instant." in text


def test_the_thread_costs_the_same_with_one_exchange_and_with_three(
    purchase: Purchase, django_assert_max_num_queries: Any
) -> None:
    client, counts = signed_in(purchase.city.buyer), []
    target = reverse("exchange_file", args=[purchase.need.pk])
    for made in (1, 2):
        for number in range(made):
            paper = SimpleUploadedFile("p.jpg", papers.JPEG + bytes([number]))
            with time_machine.travel(DEADLINE + timedelta(days=5), tick=True):
                said = {
                    "channel": "phone",
                    "direction": "in",
                    "summary": "Rappel",
                    "occurred_at_0": "2026-10-02",
                    "occurred_at_1": "09:00",
                }
                response = client.post(target, said | {"upload": paper})
                assert response.status_code == 302, response.content.decode()
        client.get(address(purchase))
        with django_assert_max_num_queries(60) as queries:
            client.get(address(purchase))
        counts.append(len(queries))
    assert counts[0] == counts[1]
