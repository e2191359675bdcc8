"""One mailbox for two firms, or two establishments of one enterprise: both pages tell it, and the request may leave."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from sourcier.sourcing.actions import invite
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.sourcing.scenes import emailed, ready
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER
from tests.web.clients import signed_in

PAGES = ("panel", "request_send")
CHECK = "À vérifier, sans rien empêcher"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def pages(city: City, sourcing: Sourcing) -> list[str]:
    client = signed_in(city.buyer)
    found = [client.get(reverse(name, args=[sourcing.need_id])) for name in PAGES]
    return [unescape(page.content.decode()).replace("\u00a0", " ") for page in found]


def test_nothing_is_told_of_firms_that_share_nothing(city: City) -> None:
    assert not any(CHECK in page for page in pages(city, ready(city)))


def test_one_address_for_two_firms_is_told_and_stops_nothing(city: City) -> None:
    sourcing = ready(city)
    emailed(city, sourcing, LEFORT, "Contact@perrier.example")
    told = f"La même adresse, contact@perrier.example, reçoit deux demandes : {PERRIER.name} ("
    assert all(told in page and f"et {LEFORT.name} (" in page for page in pages(city, sourcing))
    assert len(invite.send(city.buyer, sourcing.pk)) == 3


def test_two_establishments_of_one_enterprise_are_told(city: City) -> None:
    sourcing = ready(city)
    Firm.objects.filter(siret=LEFORT.siret).update(siret=f"{MATHILDE.siret[:9]}99999")
    assert all("Deux établissements de la même entreprise : " in page for page in pages(city, sourcing))
