"""The letters as a Word document (ECMA-376), for who must add a line before printing: the same words, places and squares."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import zxingcpp
from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from PIL import Image

TWIPS = 56.6929  # in a millimetre
FONT = "Liberation Serif"
# Where each frame stands on the page, in millimetres: left, top, width, height. The address as in the PDF.
HEAD, WINDOW = (20, 15, 78, 40), (108, 47, 85, 31)
TEXT_FROM_TOP = 82


def word(common: Mapping[str, Any], sheets: Sequence[Mapping[str, Any]]) -> bytes:
    """One page a sheet; `common` and `sheets` are those of `paper.typeset_letters`."""
    document = _document(common)
    for number, sheet in enumerate(sheets):
        first = _framed(document, HEAD)
        if number:
            first.paragraph_format.page_break_before = True
        _letterhead(first, common["city"])
        _lines(_framed(document, WINDOW), sheet["address"], 10.5)
        _letter(document, common, sheet)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _document(common: Mapping[str, Any]) -> Word:
    document = Document()
    document.core_properties.title, document.core_properties.author = common["title"], common["city"]["name"]
    document.core_properties.language = "fr-FR"
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(11.5)
    normal.paragraph_format.space_after = Pt(5)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "fr-FR")
    normal.element.get_or_add_rPr().append(language)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(20)
    page.top_margin, page.bottom_margin, page.footer_distance = Mm(TEXT_FROM_TOP), Mm(32), Mm(12)
    foot = page.footer.paragraphs[0]
    _lines(foot, common["foot"], 8.5)
    return document


def _framed(document: Word, place: tuple[int, int, int, int]) -> Paragraph:
    """A paragraph that stands at its place of the page, whatever the text does."""
    paragraph = document.add_paragraph()
    frame = OxmlElement("w:framePr")
    left, top, width, height = (str(round(each * TWIPS)) for each in place)
    for name, value in {
        "w": width, "h": height, "hRule": "exact", "wrap": "around", "vAnchor": "page", "hAnchor": "page", "x": left, "y": top,
    }.items():  # fmt: skip
        frame.set(qn(f"w:{name}"), value)
    paragraph._p.get_or_add_pPr().append(frame)
    paragraph.paragraph_format.space_after = Pt(0)
    return paragraph


def _letterhead(paragraph: Paragraph, city: Mapping[str, Any]) -> None:
    name = paragraph.add_run(city["name"])
    name.bold, name.font.size, name.font.color.rgb = True, Pt(14), RGBColor.from_string(city["colour"].lstrip("#").upper())
    for line in city["lines"]:
        name.add_break()
        name = paragraph.add_run(line)
        name.font.size = Pt(9.5)


def _lines(paragraph: Paragraph, lines: Sequence[str], size: float) -> None:
    for number, line in enumerate(lines):
        run = paragraph.add_run()
        if number:
            run.add_break(WD_BREAK.LINE)
        run.add_text(line)
        run.font.size = Pt(size)


def _letter(document: Word, common: Mapping[str, Any], sheet: Mapping[str, Any]) -> None:
    dated = document.add_paragraph(f"{common['city']['commune']}, le {common['date']}")
    dated.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    subject = document.add_paragraph()
    subject.add_run("Objet : ").bold = True
    subject.add_run(sheet["subject"]).bold = True
    for text in ("Madame, Monsieur,", *sheet["paragraphs"]):
        document.add_paragraph(text)
    for name, said in sheet["facts"]:
        fact = document.add_paragraph()
        fact.add_run(f"{name} : ").bold = True
        fact.add_run(said)
    _door(document, common, sheet)
    for text in sheet["closing"]:
        document.add_paragraph(text)
    document.add_paragraph(common["signer"])


def _door(document: Word, common: Mapping[str, Any], sheet: Mapping[str, Any]) -> None:
    """The square beside the code, in a table without lines."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    # Word reads the widths of the cells, LibreOffice those of the columns.
    for column, width in zip(table.columns, (38, 132), strict=True):
        column.width = column.cells[0].width = Mm(width)
    row = table.rows[0]
    picture = row.cells[0].paragraphs[0].add_run().add_picture(_square(sheet["link"]), width=Mm(32))
    picture._inline.docPr.set("descr", "Carré à photographier : il mène à votre page")
    said = row.cells[1].paragraphs[0]
    said.add_run(f"{sheet['purpose']} : ").bold = True
    said.add_run(f"photographiez ce carré avec votre téléphone. Ou allez sur {common['short']} et tapez le code")
    code = row.cells[1].add_paragraph().add_run(sheet["code"])
    code.bold, code.font.size, code.font.name = True, Pt(15), "Liberation Mono"
    row.cells[1].add_paragraph(f"Ou appelez-nous : {common['phone']}. {common['counter']}".rstrip())


def _square(link: str) -> BytesIO:
    code = zxingcpp.create_barcode(link, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    out = BytesIO()
    Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6)).save(out, "PNG")
    out.seek(0)
    return out
