"""Step 4 without JavaScript: rows that grow, two people at once, documents, reading again, sending."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing.actions import request as actions
from sourcier.sourcing.models import Invitation, Sourcing
from tests.cities import City
from tests.sourcing.scenes import draft, ready, sent
from tests.sourcing.stock import MATHILDE
from tests.vault.papers import pdf_bytes
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def typed(sourcing: Sourcing, **changes: Any) -> dict[str, Any]:
    """What a browser sends from the page as it stands."""
    return {
        "version": sourcing.version, "title": "Pain des crèches", "trade": "un boulanger",
        "description": "60 baguettes par jour.",
        "price_formula": "proportional", "deadline_0": "2027-03-01", "deadline_1": "12:00", "public_notice": "on",
        "contact_name": "Bruno", "contact_phone": "01 00 00 00 00", "contact_hours": "", "single_reason": "",
        "lignes-rows": "1", "lignes-0-designation": "Baguette", "lignes-0-quantity": "15 240", "lignes-0-unit": "baguette",
        "criteres-rows": "2", "criteres-0-label": "Prix", "criteres-0-weight": "60", "criteres-0-kind": "price",
        "criteres-0-detail": "", "criteres-1-label": "Qualité", "criteres-1-weight": "40", "criteres-1-kind": "judged",
        "criteres-1-detail": "Goût", "questions-rows": "1", "questions-0-text": "Livrez-vous avant 7 h ?",
        "questions-0-kind": "choice", "questions-0-choices": "oui\nnon", "questions-0-required": "on", **changes,
    }  # fmt: skip


def post(client: Client, sourcing: Sourcing, **changes: Any) -> Any:
    return client.post(reverse("request", args=[sourcing.need_id]), typed(sourcing, **changes))


def test_everything_typed_is_saved_in_one_go(city: City) -> None:
    sourcing = draft(city)
    assert post(signed_in(city.buyer), sourcing).status_code == 302
    sourcing.refresh_from_db()
    assert (sourcing.title, sourcing.deadline.isoformat()) == ("Pain des crèches", "2027-03-01T11:00:00+00:00")  # type: ignore[union-attr]
    assert sourcing.price_lines.get().quantity_milli == 15_240_000
    assert list(sourcing.criteria.values_list("label", "weight")) == [("Prix", 60), ("Qualité", 40)]
    assert sourcing.questions.get().choices == ["oui", "non"]
    assert sourcing.price_sentence.startswith("Note du prix")


def test_rows_are_added_and_taken_away_without_javascript_nor_saving(city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    before = Entry.objects.count()
    more = post(client, sourcing, add="criteres", title="Titre en cours")
    page = more.content.decode()
    assert 'name="criteres-2-label"' in page and 'name="criteres-rows" value="3"' in page
    assert 'value="Titre en cours"' in page and "errorlist" not in page

    fewer = post(client, sourcing, remove="criteres-0").content.decode()
    assert 'name="criteres-rows" value="1"' in fewer and 'name="criteres-0-label" value="Qualité"' in fewer
    for strange in ("criteres-9", "criteres-", "autre-0", "criteres--1", "é"):
        assert post(client, sourcing, remove=strange).status_code == 200
    assert Entry.objects.count() == before


def test_an_empty_row_at_the_end_does_not_count(city: City) -> None:
    sourcing = draft(city)
    post(signed_in(city.buyer), sourcing, **{"criteres-rows": "3", "criteres-2-label": " ", "criteres-2-kind": "judged"})
    assert sourcing.criteria.count() == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lignes-0-quantity": "beaucoup"}, "Écrivez un nombre"),
        ({"lignes-0-unit": ""}, "Donnez l&#x27;unité."),
        ({"lignes-0-quantity": "0"}, "quantité au-dessus de zéro"),
        ({"criteres-0-weight": "0"}, "Un poids va de 1 à 100."),
        ({"criteres-0-weight": "quarante"}, "Un poids va de 1 à 100."),
        ({"deadline_0": "hier"}, "errorlist"),
        ({"questions-0-choices": "oui"}, "au moins deux choix"),
        ({"lignes-rows": "99999999999999999999"}, ""),
    ],
)
def test_what_does_not_read_is_said_and_nothing_typed_is_lost(city: City, changes: dict[str, str], said: str) -> None:
    sourcing = draft(city)
    answer = post(signed_in(city.buyer), sourcing, title=f"Titre {SCRIPT}", **changes)
    page = answer.content.decode()
    if said:
        assert answer.status_code == 422 and said in page
        assert f"Titre {SCRIPT}" not in page and "Titre &lt;script&gt;" in page
        sourcing.refresh_from_db()
        assert sourcing.title == "Du pain pour les crèches"
    else:
        assert answer.status_code == 302


def test_reading_again_tells_everything_to_mend_beside_each_field(city: City) -> None:
    wrong = {
        "title": "", "description": "", "deadline_0": "2020-03-01", "lignes-0-quantity": "-3", "criteres-0-weight": "99",
    }  # fmt: skip
    answer = post(signed_in(city.buyer), draft(city), review="1", **wrong)
    page = answer.content.decode()
    marked = set(re.findall(r'<(?:input|textarea)[^>]*name="([^"]+)"[^>]*aria-invalid="true"', page))
    assert answer.status_code == 422 and marked >= {"title", "description", "lignes-0-quantity", "criteres-0-weight"}
    assert "Les poids des critères font 139" in page
    assert "La date limite est déjà passée" in page and "Donnez un titre" in page and "Dites ce qu&#x27;il faut, en" in page
    assert all(f'id="{name}_error"' in page for name in ("id_title", "id_description", "id_lignes-0-quantity"))


def test_a_row_that_the_city_refuses_is_marked_and_said_above_the_page(city: City) -> None:
    page = post(signed_in(city.buyer), draft(city), **{"questions-0-choices": "oui"}).content.decode()
    assert re.search(r'<textarea[^>]*name="questions-0-choices"[^>]*aria-invalid="true"', page)
    assert "Corrigez ce qui est marqué en rouge" in page


def test_two_people_at_once_see_both_versions(city: City) -> None:
    sourcing = draft(city)
    actions.save_request(city.second_buyer, sourcing.pk, sourcing.version, title="Titre de Salima")

    answer = post(signed_in(city.buyer), sourcing, title="Titre de Bruno")

    page = answer.content.decode()
    assert answer.status_code == 409 and "Salima Rosny a modifié cette page à " in page
    assert "Titre de Salima" in page and 'value="Titre de Bruno"' in page
    current = Sourcing.objects.get(pk=sourcing.pk)
    assert current.title == "Titre de Salima" and f'name="version" value="{current.version}"' in page

    assert post(signed_in(city.buyer), current, title="Titre de Bruno").status_code == 302
    current.refresh_from_db()
    assert current.title == "Titre de Bruno"


def test_a_document_is_joined_read_and_taken_away(city: City, other_city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    join = reverse("request_document_join", args=[sourcing.need_id])
    refused = client.post(join, {"document": SimpleUploadedFile("virus.exe", b"MZ" + b"\0" * 100)})
    assert refused.status_code == 422 and not sourcing.documents.exists()
    client.post(join, {"document": SimpleUploadedFile("plan.pdf", pdf_bytes())})
    document = sourcing.documents.get()
    address = reverse("request_document", args=[sourcing.need_id, document.pk])
    read = client.get(address)
    assert read.status_code == 200 and read["Content-Disposition"].startswith("attachment")
    assert read["X-Content-Type-Options"] == "nosniff"
    b"".join(read.streaming_content)
    assert signed_in(other_city.buyer).get(address).status_code == 404
    client.post(reverse("request_document_remove", args=[sourcing.need_id, document.pk]))
    assert not sourcing.documents.exists()
    assert client.get(address).status_code == 404


def test_the_page_to_read_again_shows_what_is_missing_then_what_leaves_and_to_whom(city: City) -> None:
    client, sourcing = signed_in(city.buyer), draft(city)
    address = reverse("request_send", args=[sourcing.need_id])
    actions.save_request(city.buyer, sourcing.pk, sourcing.version, criteria=[])
    page = client.get(address).content.decode()
    assert "Avant d'envoyer" in page and "Annoncez vos critères" in page and "Envoyer la demande" not in page

    whole = ready(city)
    page = client.get(reverse("request_send", args=[whole.need_id])).content.decode()
    assert "La mairie de Rosny cherche un boulanger" in page
    assert "Envoyer la demande à 3 entreprises" in page and "2 entreprises" in page
    assert not Invitation.objects.exists()


def test_sent_once_whatever_the_clicks(city: City) -> None:
    client, sourcing = signed_in(city.buyer), ready(city)
    address = reverse("request_send", args=[sourcing.need_id])
    first = client.post(address, follow=True)
    assert "La demande est envoyée à tous" in first.content.decode()
    second = client.post(address, follow=True)
    assert "rien n&#x27;a été envoyé une seconde fois" in second.content.decode()
    assert OutgoingMessage.objects.filter(kind="invitation").count() == 2


def test_a_sending_refused_says_why_and_loses_nothing(city: City) -> None:
    client, sourcing = signed_in(city.buyer), ready(city, shops=(MATHILDE,))
    answer = client.post(reverse("request_send", args=[sourcing.need_id]))
    assert answer.status_code == 422 and "Vous n&#x27;interrogez qu&#x27;une entreprise." in answer.content.decode()
    assert not Invitation.objects.exists()


def test_once_sent_the_request_is_read_only(city: City) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    answer = post(client, sourcing, title="Autre titre")
    assert answer.status_code == 200 and "Elle ne change plus." in answer.content.decode()
    sourcing.refresh_from_db()
    assert sourcing.title == "Du pain pour les crèches"


@pytest.mark.parametrize("kind", ["rfi", "direct"])
def test_each_kind_shows_only_what_it_asks(city: City, kind: str) -> None:
    sourcing, client = draft(city, kind), signed_in(city.buyer)
    page = client.get(reverse("request", args=[sourcing.need_id])).content.decode()
    assert ("Lignes à chiffrer" in page) == (kind == "direct")
    assert "Comment vous choisirez" not in page
    assert ('name="public_notice"' in page) == (kind == "rfi")
    assert post(client, sourcing).status_code == 302
    assert not sourcing.criteria.exists()


def test_only_buyers_write_and_only_this_city_reads(city: City, other_city: City) -> None:
    sourcing = ready(city)
    names = ("request", "request_send")
    for name in names:
        address = reverse(name, args=[sourcing.need_id])
        assert signed_in(city.auditor).get(address).status_code == 200
        for agent, status in ((city.requester, 403), (city.admin, 403), (other_city.buyer, 404)):
            assert signed_in(agent).get(address).status_code == status
            assert signed_in(agent).post(address, typed(sourcing)).status_code == status
        assert signed_in(city.auditor).post(address, typed(sourcing)).status_code == 403
    assert (
        "Envoyer la demande"
        not in signed_in(city.auditor).get(reverse("request_send", args=[sourcing.need_id])).content.decode()
    )
    assert not Invitation.objects.exists()
