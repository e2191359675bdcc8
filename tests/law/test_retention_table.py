"""The table of `docs/rgpd.md` says what the program does."""

from pathlib import Path

import pytest

from sourcier.law.retention import CONTRACT, KINDS, term

PAGE = (Path(__file__).parents[2] / "docs/rgpd.md").read_text()


@pytest.mark.parametrize(("kind", "nature"), [(CONTRACT, "supplies"), *((kind, "") for kind in KINDS)])
def test_each_term_stands_in_the_table_with_its_event_and_its_rule(kind: str, nature: str) -> None:
    rule = term(kind, nature)
    years = f"{rule.years} an{'s' if rule.years > 1 else ''}"
    after = "visa des archives, puis destruction" if rule.archives else "effacement"
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {KINDS[kind]}")]
    assert any(f"| {years} | {rule.event} | {rule.article} | {after} |" in line for line in rows)
