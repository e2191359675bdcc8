"""The vault of each test is its own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def vault(settings: Any, tmp_path: Path) -> None:
    settings.VAULT = tmp_path / "vault"
