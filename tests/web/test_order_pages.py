"""« Commandes du logiciel financier » : an export is given, its columns said, its report read, and taken back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from sourcier.spend.actions import import_waiting
from sourcier.spend.models import Order, OrderBatch
from tests.cities import City
from tests.spend.test_orders import BREAD, changed, csv
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
COLUMNS = {"on": "1", "amount": "5", "supplier": "2", "label": "4", "number": "0"}


def given(city: City, data: bytes) -> OrderBatch:
    response = signed_in(city.buyer).post(reverse("orders"), {"file": SimpleUploadedFile("export.csv", data)})
    assert response.status_code == 302, response.content.decode()
    return OrderBatch.objects.latest("asked_at")


def test_from_the_file_to_the_report_and_back(city: City) -> None:
    batch = given(city, csv(BREAD, changed(N="E2", Montant="beaucoup"), changed(N="=cmd|' /C calc'!A0", Libellé="=1+1")))
    buyer, own = signed_in(city.buyer), reverse("orders_batch", args=[batch.pk])
    page = buyer.get(own).content.decode()
    assert "Fournil du Lac" in page and '<option value="5" selected>Montant HT</option>' in page
    assert buyer.post(reverse("orders_columns", args=[batch.pk]), {**COLUMNS, "amount": ""}).status_code == 422
    assert buyer.post(reverse("orders_columns", args=[batch.pk]), COLUMNS).status_code == 302
    waiting = buyer.get(own).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert waiting.index('id="reading"') < waiting.index("En attente"), "the state is read again with the rest"
    import_waiting(timezone.now())
    page = buyer.get(own).content.decode()
    assert "« beaucoup » n&#x27;est pas un montant." in page and "hx-trigger" not in page
    assert "beaucoup" in buyer.get(own, {"export": "csv"}).content.decode()
    assert "Fournil" not in signed_in(city.auditor).get(reverse("families")).content.decode()
    withdraw = reverse("orders_withdraw", args=[batch.pk])
    head = signed_in(city.head_buyer)
    assert head.post(withdraw, {"reason": ""}).status_code == 422
    assert head.post(withdraw, {"reason": "Mauvais exercice"}).status_code == 302
    assert not Order.objects.exists() and "Annulé" in head.get(reverse("orders")).content.decode()


def test_a_file_that_is_no_table_is_refused_beside_its_field(city: City) -> None:
    for data, why in ((b"\x00\x01\x02" * 40, "pas accepté"), (b"   ", "vide")):
        response = signed_in(city.buyer).post(reverse("orders"), {"file": SimpleUploadedFile("export.csv", data)})
        assert response.status_code == 422 and why in response.context["form"].errors["file"][0]
    assert not OrderBatch.objects.exists()


def test_roles_and_cities(city: City, other_city: City) -> None:
    batch = given(city, csv(BREAD))
    names = ("orders_batch", "orders_columns", "orders_withdraw")
    for name in names:
        asked = reverse(name, args=[batch.pk])
        stranger, requester = signed_in(other_city.head_buyer), signed_in(city.requester)
        assert (stranger.post(asked, COLUMNS) if name != "orders_batch" else stranger.get(asked)).status_code == 404
        assert (requester.post(asked, COLUMNS) if name != "orders_batch" else requester.get(asked)).status_code == 403
    assert signed_in(city.auditor).get(reverse("orders_batch", args=[batch.pk])).status_code == 200
    assert signed_in(city.buyer).post(reverse("orders_withdraw", args=[batch.pk]), {"reason": "x"}).status_code == 403
