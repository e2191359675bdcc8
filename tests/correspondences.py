"""INSEE's table of correspondence for a test, in an installation without a register."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from pytest_django import Settings

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Official, corresponding
from sourcier.register import correspondence


@contextmanager
def insee_table(settings: Settings, *pairs: tuple[str, str]) -> Iterator[None]:
    """These codes (NAF rév. 2, NAF 2025) correspond, and no others."""
    settings.REGISTER = str(correspondence.file().with_name("none.duckdb"))
    correspondence.file().parent.mkdir(parents=True, exist_ok=True)
    official = Official("table.xlsx", "ab" * 32, date(2026, 9, 1))
    told = corresponding([(Activity(NAF_REV2, one), Activity(NAF_2025, other), None) for one, other in pairs], official)
    correspondence.file().write_text(correspondence.to_text(told, official))
    try:
        yield
    finally:
        correspondence.file().unlink()
