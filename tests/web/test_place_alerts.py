"""« Être prévenu »: a firm that asked is told of what opens, in its trade and around it, once a day, until it says stop."""

from datetime import date, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client

from sourcier.journal.models import Entry
from sourcier.mail.actions import send_due
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing.actions.alerts import send_alerts
from sourcier.sourcing.alert_stops import stop_address
from sourcier.suppliers import actions
from sourcier.suppliers.models import Firm, FirmKey, FirmPlace
from tests.cities import City
from tests.quotes.requests import BEFORE, Request, make_request
from tests.web.test_place_pages import insider, met, said

pytestmark = pytest.mark.django_db
BAKERY, PLUMBER = "10.71C", "43.22A"
DAY_BEFORE = BEFORE - timedelta(days=1)
MORNING = BEFORE + timedelta(hours=4)  # 9 h 12 in Paris
NEAR, FAR = (48_881_000, 2_487_000), (48_000_000, 2_487_000)


def bread(city: City) -> Request:
    request = make_request(city)
    request.sourcing.need.activities.create(nomenclature="NAFRev2", code=BAKERY, label="Boulangerie")
    return request


def wishing(city: City, number: int, alerts: str, km: int | None, activity: str = BAKERY, where: Any = NEAR) -> Firm:
    """A firm that said on its place what it wants to be told of, the day before."""
    firm = met(city, number, nomenclature="NAFRev2", activity=activity, lat_e6=where[0], lon_e6=where[1])
    with time_machine.travel(DAY_BEFORE):
        actions.add_contact(city.buyer, firm.pk, "email", f"f{number}@pain.example")
        key = actions.give_key(city.buyer, firm.pk, "Kbis")
        actions.claim(key)
        actions.set_alerts(key, alerts, km)
    return firm


def told() -> list[str]:
    return sorted(OutgoingMessage.objects.filter(kind="alert").values_list("to_address", flat=True))


def test_a_morning_tells_each_firm_of_what_opened_in_its_trade_and_around_it_and_only_once(city: City) -> None:
    title = bread(city).sourcing.title
    near = wishing(city, 701, "trade", 5)
    wishing(city, 702, "trade", 5, where=FAR)
    wishing(city, 703, "trade", None, where=FAR)
    wishing(city, 704, "trade", None, activity=PLUMBER)
    wishing(city, 705, "all", 5, activity=PLUMBER)
    wishing(city, 706, "", None)
    assert send_alerts(BEFORE + timedelta(hours=1)) == 0, "at 6 h nobody is woken"
    assert (send_alerts(MORNING), send_alerts(MORNING)) == (3, 0)
    assert told() == ["f701@pain.example", "f703@pain.example", "f705@pain.example"]
    send_due()
    letter = next(each for each in mail.outbox if parseaddr(each.to[0])[1] == "f701@pain.example")
    body, headers = str(letter.body), letter.message()
    assert title in body and "(à 1\u00a0km)" in body and "30 septembre 2026" in body
    assert stop_address(near) in body and headers["List-Unsubscribe"] == f"<{stop_address(near)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not any(stop_address(near) in message.body for message in OutgoingMessage.objects.all())
    assert send_alerts(MORNING + timedelta(days=1)) == 0, "what was told is not told again"
    assert Entry.objects.filter(verb="firm.alerted").count() == 3


def test_one_tap_or_a_mail_program_stops_it_and_a_scanner_does_not(city: City) -> None:
    bread(city)
    firm = wishing(city, 701, "trade", None)
    path = urlsplit(stop_address(firm)).path
    program = Client(enforce_csrf_checks=True)
    assert program.get(path).status_code == 200 and FirmPlace.objects.get().alerts == "trade"
    assert program.post(path[:-5] + "aaaa/").status_code == 404
    assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    program.post(path)
    assert FirmPlace.objects.get().alerts == "" and send_alerts(MORNING) == 0
    assert Entry.objects.filter(verb="firm.alerts_stopped").count() == 1


@pytest.mark.parametrize("silence", ["unsubscribed", "away", "no_address"])
def test_who_wants_no_letters_or_is_away_is_left_in_peace(city: City, silence: str) -> None:
    bread(city)
    firm = wishing(city, 701, "trade", None)
    if silence == "unsubscribed":
        actions.unsubscribe(firm)
    elif silence == "away":
        FirmPlace.objects.update(away_from=date(2026, 9, 20), away_until=date(2026, 9, 25))
    else:
        firm.contacts.update(state="failing")
    assert send_alerts(MORNING) == 0 and told() == []
    back = send_alerts(MORNING + timedelta(days=2))
    assert back == (1 if silence == "away" else 0), "back, it is told of what is still open"


def test_on_its_place_a_firm_chooses_what_it_reads_and_what_it_is_told(city: City) -> None:
    title = bread(city).sourcing.title
    firm = met(city, nomenclature="NAFRev2", activity=PLUMBER, lat_e6=NEAR[0], lon_e6=NEAR[1])
    with time_machine.travel(BEFORE):
        client = insider(city, firm)
        said(client, "/place/ouvrir/", {})
        assert title not in said(client, "/place/")
        page = said(client, "/place/?trade=all&km=5")
        assert title in page and "à 1\u00a0km" in page
        assert title in said(client, "/place/?trade=all&km=loin"), "what is not a distance hides nothing"
        assert "Donnez d'abord une adresse" in said(client, "/place/alertes/", {"alerts": "all"})
        actions.add_contact(city.buyer, firm.pk, "email", "p@plomb.example")
        assert "Vous serez prévenu" in said(client, "/place/alertes/", {"alerts": "all", "km": "10"})
        assert (FirmPlace.objects.get().alerts, FirmPlace.objects.get().alerts_km) == ("all", 10)
        assert "ne serez plus" in said(client, "/place/alertes/", {"alerts": ""})
        actions.unsubscribe(firm)
        assert "ne vous écrive plus" in said(client, "/place/alertes/", {"alerts": "all"})
        assert FirmKey.objects.count() == 1
