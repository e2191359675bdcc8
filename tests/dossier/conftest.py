"""The small register, a vault per test, and one finished purchase."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from sourcier.journal import anchors, keys
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.dossier.purchase import Purchase, dossier_of, finished_purchase, stamped_now
from tests.dossier.verifying import verifier_page
from tests.journal.authority import Authority, made_authority, served
from tests.sourcing.scenes import BAKER, SHOP, draft


@pytest.fixture(autouse=True)
def rooms(bakeries: Path, settings: Any, tmp_path: Path) -> None:
    """The small register, and files of their own."""
    settings.REGISTER = str(bakeries)
    settings.VAULT = tmp_path / "vault"


@pytest.fixture
def finished(city: City) -> Purchase:
    """A purchase from its sentence to everyone told."""
    return finished_purchase(city)


@pytest.fixture
def authority(finished: Purchase, settings: Any, tmp_path: Path) -> Iterator[Authority]:
    """Somebody who stamps the time, set once the purchase is finished, and whose root the city trusts."""
    made = made_authority(tmp_path / "authority")
    (tmp_path / "root.pem").write_bytes(made.root.pem)
    with served(made):
        settings.TSA, settings.TSA_ROOTS = (made.url,), str(tmp_path / "root.pem")
        yield made


@pytest.fixture
def anchored(finished: Purchase, authority: Authority) -> bytes:
    """A dossier taken after the time of its purchase was stamped, and stamped itself."""
    assert anchors.take_due(timezone.now()) == 1
    return stamped_now(finished)


@pytest.fixture
def dossier(finished: Purchase) -> bytes:
    """Its dossier. Asked for before `anchored`, it holds no time of a third party."""
    return dossier_of(finished)


@pytest.fixture
def fingerprint(finished: Purchase) -> str:
    return keys.fingerprint(finished.city.organisation.pk)


@pytest.fixture
def page(chromium: Browser, dossier: bytes, tmp_path: Path) -> Iterator[Page]:
    """VERIFIER.html in a browser."""
    with verifier_page(chromium, tmp_path) as page:
        yield page


@pytest.fixture
def searched(city: City) -> Sourcing:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)
    return sourcing


@pytest.fixture
def stamping(city: City, settings: Any, tmp_path: Path) -> Iterator[Authority]:
    made = made_authority(tmp_path / "authority")
    with served(made):
        settings.TSA = (made.url,)
        yield made
