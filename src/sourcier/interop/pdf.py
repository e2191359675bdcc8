"""Tables as PDF/A-3a (tagged)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sourcier.interop.tables import Table, in_words
from sourcier.kernel.typesetting import typeset

TEMPLATE = Path(__file__).with_name("table.typ")


def pdf(table: Table, author: str, at: datetime) -> bytes:
    """The pages; `at` is the moment written in the file, so that the same table gives the same bytes."""
    return report(table.title, (), (replace(table, title=""),), author, at)


def report(title: str, lines: Sequence[str], tables: Sequence[Table], author: str, at: datetime) -> bytes:
    """Several tables in turn under their own titles; `lines` stand under the title of all."""
    data = {"title": title, "author": author, "notes": list(lines), "tables": [_table(table) for table in tables]}
    return typeset(TEMPLATE.read_bytes(), data, pdf_standards=["a-3a"], timestamp=at.replace(microsecond=0))


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "notes": list(table.notes),
        "columns": [{"label": column.label, "numeric": column.numeric} for column in table.columns],
        "rows": [[in_words(c.kind, value) for value, c in zip(row, table.columns, strict=True)] for row in table.rows],
    }
