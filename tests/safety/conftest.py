"""The small register and the finished purchase of the dossier's tests."""

from tests.dossier.conftest import bakeries, rooms

__all__ = ["bakeries", "rooms"]
