"""A table as PDF/A-3a (tagged)."""

from datetime import datetime
from pathlib import Path

from sourcier.interop.tables import Table, in_words
from sourcier.kernel.typesetting import typeset

TEMPLATE = Path(__file__).with_name("table.typ")


def pdf(table: Table, author: str, at: datetime) -> bytes:
    """The pages; `at` is the moment written in the file, so that the same table gives the same bytes."""
    data = {
        "title": table.title,
        "author": author,
        "notes": list(table.notes),
        "columns": [{"label": column.label, "numeric": column.numeric} for column in table.columns],
        "rows": [[in_words(c.kind, value) for value, c in zip(row, table.columns, strict=True)] for row in table.rows],
    }
    return typeset(TEMPLATE.read_bytes(), data, pdf_standards=["a-3a"], timestamp=at.replace(microsecond=0))
