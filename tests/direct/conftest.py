"""The small register, the city's families, and what a page of a direct purchase holds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sourcier.direct.actions import Typed
from sourcier.spend.actions import load_families
from sourcier.spend.queries import propose_family
from tests.cities import City
from tests.direct.scene import BAKER
from tests.sourcing.stock import MATHILDE


@pytest.fixture(autouse=True)
def rooms(bakeries: Path, settings: Any, tmp_path: Path) -> None:
    settings.REGISTER, settings.VAULT = str(bakeries), tmp_path / "vault"


@pytest.fixture
def typed(city: City) -> Typed:
    """Twelve brioches for the nursery's party, from Mathilde, 48 €."""
    load_families(city.organisation)
    family = propose_family(city.organisation, [BAKER])
    whole = Typed(city.department, "12 brioches pour la fête de la crèche", MATHILDE.siret, 48_00, 48_00, None, family)
    return replace(whole, reasons=("small_amount",))
