"""A text as a Word document (ECMA-376): titles, paragraphs, quotes, labelled facts and tables, as the reports give them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Word
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from sourcier.kernel.typesetting import drawn

FONT = "Liberation Sans"
PAGE, MARGIN = (Mm(210), Mm(297)), Mm(20)
TEXT_MM = 170


def word(title: str, author: str, lines: Sequence[str], sections: Sequence[Mapping[str, Any]], at: datetime) -> bytes:
    """`lines` stand under the title; a section is `{"title", "blocks"}` and a block `{"p"}`, `{"quote"}`, `{"facts"}` or
    `{"table": {"columns": [{"label", "width", "right"}], "rows"}}`. `at` is the moment written in the file."""
    document = _document(title, author, at)
    document.add_heading(title, level=0)
    for line in lines:
        document.add_paragraph(line)
    for section in drawn(list(sections)):
        document.add_heading(section["title"], level=1)
        for block in section["blocks"]:
            _add(document, block)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _document(title: str, author: str, at: datetime) -> Word:
    document = Document()
    core = document.core_properties
    core.title, core.author, core.language = title, author, "fr-FR"
    core.created = core.modified = at.replace(tzinfo=None, microsecond=0)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10.5)
    normal.paragraph_format.space_after = Pt(5)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "fr-FR")
    normal.element.get_or_add_rPr().append(language)
    page = document.sections[0]
    page.page_width, page.page_height = PAGE
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = MARGIN
    return document


def _add(document: Word, block: Mapping[str, Any]) -> None:
    if "p" in block:
        document.add_paragraph(block["p"])
    elif "quote" in block:
        document.add_paragraph(block["quote"], style="Intense Quote")
    elif "facts" in block:
        columns = [{"label": "", "width": 2, "right": False}, {"label": "", "width": 5, "right": False}]
        _table(document, columns, block["facts"], headed=False)
    else:
        _table(document, block["table"]["columns"], block["table"]["rows"], headed=True)


def _table(document: Word, columns: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[str]], *, headed: bool) -> None:
    """Its first row is repeated at the top of each page."""
    shown = [[column["label"] for column in columns], *rows] if headed else list(rows)
    table = document.add_table(rows=len(shown), cols=len(columns), style="Light Grid Accent 1" if headed else "Table Grid")
    table.autofit = False
    whole = sum(column["width"] for column in columns)
    for row, values in zip(table.rows, shown, strict=True):
        for cell, value, column in zip(row.cells, values, columns, strict=True):
            cell.text, cell.width = value, Mm(TEXT_MM * column["width"] / whole)
    if headed:
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()
