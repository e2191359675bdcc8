"""« Mes échanges »: all that the city asked of a firm, its receipts and results, and nothing that the seal still closes."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes.models import Submission
from sourcier.sourcing.actions import invite
from sourcier.sourcing.models import Invitation
from sourcier.suppliers.models import Firm, FirmPlace
from tests.cities import City
from tests.dossier.purchase import finished_purchase
from tests.quotes.requests import BEFORE, browser, make_request
from tests.sourcing.scenes import invitation_of, ready
from tests.sourcing.stock import MATHILDE, PERRIER
from tests.web.clients import signed_in
from tests.web.test_place_pages import insider, said

pytestmark = pytest.mark.django_db
PAGE = "/place/echanges/"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def without_tokens(page: str) -> str:
    """The page as it reads: the tokens of its forms are drawn each time."""
    return re.sub(r'value="\w{64}"', "", page)


def test_before_the_opening_the_place_tells_no_answer_and_sends_the_link_to_the_address_asked_alone(city: City) -> None:
    with time_machine.travel(BEFORE, tick=True):
        request = make_request(city)
        invitation = request.invite()
        client = insider(city, invitation.firm)
        said(client, "/place/ouvrir/", {})
        before = without_tokens(said(client, PAGE))
        phone = browser(invitation)
        phone.post("/r/prix/", request.form())
        answer = Submission.objects.get(state="received")
        assert without_tokens(said(client, PAGE)) == before, "not a word more once it has answered"
        assert client.post(f"{PAGE}recepisse/{answer.pk}/").status_code == 404
        again = f"{PAGE}{invitation.pk}/lien/"
        page = said(client, again, {})
        assert "repart à m…@pain.example" in page and "/r/" not in client.post(again)["Location"]
        message = OutgoingMessage.objects.filter(kind="invitation_again").latest("created_at")
        assert message.to_address == "mathilde@pain.example" and message.sealed
        assert "invitation.again" in Entry.objects.order_by("index").values_list("verb", flat=True)
        said(client, again, {})
        assert "Trop d'essais" in said(client, again, {})
        stranger = request.invite("Lefort", "l@lefort.example")
        assert client.post(f"{PAGE}{stranger.pk}/lien/").status_code == 404


def test_after_the_choice_its_receipts_and_results_are_there_and_nobody_else_s(city: City) -> None:
    purchase = finished_purchase(city)
    sourcing = purchase.sourcing_now()
    answers = Submission.objects.filter(sourcing=sourcing, state="received")
    mine, other = (answers.get(firm__siret=shop.siret) for shop in (PERRIER, MATHILDE))
    client = insider(city, mine.firm)
    said(client, "/place/ouvrir/", {})
    page = said(client, PAGE)
    assert sourcing.title in page and mine.receipt_number in page and other.receipt_number not in page
    assert "Lire ce que la mairie a écrit" in page
    proof = client.post(f"{PAGE}recepisse/{mine.pk}/")
    assert proof["Content-Disposition"] == f'attachment; filename="{mine.receipt_number}.tlog-proof"'
    assert client.post(f"{PAGE}recepisse/{other.pk}/").status_code == 404
    data = client.get("/place/mes-donnees/").json()["demandes_recues"]
    assert [answer["recepisse"] for answer in data[0]["reponses"]] == [mine.receipt_number] and data[0]["resultat"]


def test_a_firm_is_asked_by_the_channel_it_prefers_and_the_buyer_sees_it_and_its_absence(city: City) -> None:
    sourcing = ready(city)
    client, need = signed_in(city.buyer), sourcing.need_id
    firm = Firm.objects.get(organisation=city.organisation, siret=MATHILDE.siret)
    days = {"away_from": timezone.localdate(), "away_until": timezone.localdate() + timedelta(days=3)}
    place = FirmPlace.objects.create(firm=firm, claimed_at=timezone.now(), claimed_by="agent", prefers="letter", **days)
    assert firm.can_be_posted_to and "par courrier, comme elle préfère" in said(client, reverse("panel", args=[need]))
    page = said(client, reverse("request_send", args=[need]))
    assert f"se dit absente : {firm.name} (du" in " ".join(page.split())
    place.away_until = timezone.localdate() - timedelta(days=1)
    place.away_from = date(2020, 1, 1)
    place.save()
    assert "se dit absente" not in said(client, reverse("request_send", args=[need]))
    invite.send(city.buyer, sourcing.pk)
    asked = invitation_of(sourcing, MATHILDE)
    assert (asked.channel, asked.address) == (Invitation.Channel.LETTER, "")
