"""The register of these tests: ten known firms."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> Path:
    """Every test of the room searches the small stock."""
    settings.REGISTER = str(bakeries)
    return bakeries
