"""The register of these tests: ten known firms."""

from pathlib import Path
from typing import Any

import pytest

from tests.sourcing import stock


@pytest.fixture(scope="session")
def bakeries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register file, imported once."""
    return stock.build(tmp_path_factory.mktemp("register"))


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> Path:
    """Every test of the room searches the small stock."""
    settings.REGISTER = str(bakeries)
    return bakeries
