"""The page of the mail that belongs to no operation."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from sourcier.mail.models import IncomingMessage
from sourcier.quotes.actions.tray import read_apart
from tests.cities import City
from tests.quotes.requests import BEFORE, make_request
from tests.quotes.test_tray import MARKER, WHY, came, came_alone
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def replies(settings: Any) -> None:
    settings.REPLY_TO = "reponse@rosny.example"


def test_a_buyer_files_what_he_does_not_read(city: City) -> None:
    request, row = make_request(city), came()
    firm = request.invite().firm
    client, one = signed_in(city.buyer), reverse("tray_mail", args=[row.pk])
    home = client.get("/").content.decode()
    assert "Un courriel à classer." in home and ">Courrier</a>" in home
    page = client.get(reverse("tray")).content.decode()
    assert "mathilde@pain.example" in page and one in page
    assert MARKER not in page + client.get(one).content.decode()
    assert client.get(reverse("tray_document", args=[row.pk])).status_code == 404
    with time_machine.travel(BEFORE, tick=True):
        chosen = client.get(one, {"achat": str(request.sourcing.need_id)}).content.decode()
        assert "personne ne le lit avant l'ouverture" in chosen and firm.name in chosen
        assert "Pourquoi le lire" not in chosen  # the head buyer alone
        target = reverse("tray_file", args=[row.pk, request.sourcing.need_id])
        assert client.post(target, {"firm": str(firm.pk)}, follow=True).redirect_chain == [(reverse("tray"), 302)]
    assert IncomingMessage.objects.get().operation_id == request.sourcing.need_id
    assert client.get(one).status_code == 404


def test_an_auditor_sees_who_wrote_and_writes_nothing(city: City) -> None:
    row = came()
    client = signed_in(city.auditor)
    page = client.get(reverse("tray")).content.decode()
    assert "mathilde@pain.example" in page and "Classer" not in page
    for name in ("tray_set_aside", "tray_read"):
        assert client.post(reverse(name, args=[row.pk])).status_code == 403
    assert signed_in(city.requester).get(reverse("tray")).status_code == 403


def test_what_was_read_shows_its_words_and_who_read_it(city: City) -> None:
    row = came()
    client = signed_in(city.head_buyer)
    short = client.post(reverse("tray_read", args=[row.pk]), {"reason": "Pour voir"})
    assert short.status_code == 422 and "Expliquez un peu plus" in short.content.decode()
    assert client.post(reverse("tray_read", args=[row.pk]), {"reason": WHY}).status_code == 302
    page = client.get(reverse("tray_mail", args=[row.pk])).content.decode()
    assert MARKER in page and WHY in page and city.head_buyer.user.name in page
    file = client.get(reverse("tray_document", args=[row.pk]))
    assert file["Content-Disposition"].startswith("attachment")
    file.close()
    assert client.post(reverse("tray_set_aside", args=[row.pk])).status_code == 302
    assert "Pas pour la mairie (1)" in client.get(reverse("tray")).content.decode()


def test_no_page_shows_the_mail_of_another_city(city: City, other_city: City) -> None:
    row = came_alone(city)
    read_apart(city.head_buyer, row.pk, WHY)
    client = signed_in(other_city.head_buyer)
    assert str(row.pk) not in client.get(reverse("tray")).content.decode()
    for name in ("tray_mail", "tray_document"):
        assert client.get(reverse(name, args=[row.pk])).status_code == 404
    for name in ("tray_read", "tray_set_aside"):
        assert client.post(reverse(name, args=[row.pk]), {"reason": WHY}).status_code == 404
