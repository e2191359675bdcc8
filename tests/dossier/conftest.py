"""The small register, a vault per test, and one finished purchase."""

from pathlib import Path
from typing import Any

import pytest

from tests.cities import City
from tests.dossier.purchase import Purchase, finished_purchase


@pytest.fixture(autouse=True)
def rooms(bakeries: Path, settings: Any, tmp_path: Path) -> None:
    """The small register, and files of their own."""
    settings.REGISTER = str(bakeries)
    settings.VAULT = tmp_path / "vault"


@pytest.fixture
def finished(city: City) -> Purchase:
    """A purchase from its sentence to everyone told."""
    return finished_purchase(city)
