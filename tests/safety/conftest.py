"""The small register and the finished purchase of the dossier's tests."""

from tests.dossier.conftest import rooms

__all__ = ["rooms"]
