"""The fictitious stock, once for all tests of the room, and a register to choose."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from sourcier.project.demo.stock import write_stock
from sourcier.register.importing.run import import_stock
from tests.register.brute import Brute


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The fictitious stock, smaller than the demonstration's."""
    return write_stock(tmp_path_factory.mktemp("stock"), size=6_000)


@pytest.fixture(scope="session")
def built(stock: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its register."""
    return import_stock(*stock, out=tmp_path_factory.mktemp("register") / "demo.duckdb", fictitious=True).file


@pytest.fixture(scope="session")
def brute(stock: tuple[Path, Path]) -> Brute:
    """The same stock for plain Python."""
    return Brute(*stock)


@pytest.fixture
def use(settings: Settings) -> Callable[[Path], Path]:
    """Put a register in use for one test."""

    def chosen(file: Path) -> Path:
        settings.REGISTER = str(file)
        return file

    return chosen


@pytest.fixture
def demo(built: Path, use: Callable[[Path], Path]) -> Path:
    """The fictitious register, in use."""
    return use(built)


@pytest.fixture
def var(settings: Settings, tmp_path: Path) -> Path:
    """An installation without any register."""
    settings.VAR, settings.REGISTER = tmp_path / "var", ""
    return tmp_path / "var"
