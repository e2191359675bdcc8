"""The small register, a vault per test, and the finished purchase of the dossier's tests."""

import pytest

from tests.cities import City
from tests.dossier.conftest import rooms
from tests.dossier.purchase import Purchase, finished_purchase

__all__ = ["rooms"]


@pytest.fixture
def finished(city: City) -> Purchase:
    """A purchase from its sentence to everyone told."""
    return finished_purchase(city)
