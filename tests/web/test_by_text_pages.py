"""« Par SMS » on the pages of the buyer: offered by setting alone, chosen firm by firm, followed afterwards."""

from html import unescape
from pathlib import Path
from typing import Any

from django.urls import reverse

from sourcier.mail.models import OutgoingText
from sourcier.mail.text_outbox import send_texts_due
from sourcier.suppliers import actions as suppliers
from tests.cities import City
from tests.mail.gateways import gateway
from tests.sourcing.scenes import invitation_of, ready
from tests.sourcing.stock import LEFORT, MATHILDE
from tests.web.clients import signed_in


def test_a_buyer_asks_by_sms_who_has_a_mobile_and_sees_what_became_of_it(city: City, settings: Any, bakeries: Path) -> None:
    settings.REGISTER = str(bakeries)
    sourcing = ready(city)
    lefort, mathilde = (city.organisation.firms.get(siret=shop.siret) for shop in (LEFORT, MATHILDE))
    for firm, number in ((lefort, "06 12 34 56 12"), (mathilde, "07 56 78 90 12")):
        suppliers.add_contact(city.buyer, firm.pk, "phone", number, "", "essai")
    client = signed_in(city.buyer)
    send, asked = reverse("request_send", args=[sourcing.need_id]), reverse("asked", args=[sourcing.need_id])
    assert "SMS" not in unescape(client.get(send).content.decode())
    with gateway(settings) as there:
        page = unescape(client.get(send).content.decode())
        assert "06 12 34 56 12 · pas d'adresse électronique" in page and "07 56 78 90 12 · mathilde@pain.example" in page
        assert page.count(" checked>") == 1 and "vous demande un devis avant le" in page
        assert client.post(send, {"sms": "x"}).status_code == 404
        assert client.post(send, {"sms": [str(lefort.pk), str(mathilde.pk)]}).status_code == 302
        there.by_number = {"+33756789012": 400}
        send_texts_due()
        page = unescape(client.get(asked).content.decode())
        assert "envoyé</span>" in page and "La passerelle de SMS refuse ce numéro (400)." in page
        assert "numéro en échec" in page and "Nouvelle adresse, ou mobile" in page
        failed = reverse("invitation_address", args=[sourcing.need_id, invitation_of(sourcing, MATHILDE).pk])
        refused = client.post(failed, {"address": "01 48 12 34 56"})
        assert refused.status_code == 422 and "téléphone fixe" in unescape(refused.content.decode())
        assert client.post(failed, {"address": "07 56 78 90 13"}).status_code == 302
        assert invitation_of(sourcing, MATHILDE).mobile == "+33756789013"
        thread = unescape(client.get(reverse("exchanges", args=[sourcing.need_id])).content.decode())
        assert "[lien personnel]" in thread and "SMS" in thread
    assert OutgoingText.objects.count() == 3
