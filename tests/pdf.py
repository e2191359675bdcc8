"""A PDF as its reader meets it: the words that can be copied out, and its pages as pictures (pdfium)."""

import pypdfium2
from PIL import Image

A4_HEIGHT = 842.0
Box = tuple[float, float, float, float]
"""Left, top, width, height in points, from the top left corner of the page."""


def text_of(pdf: bytes, box: Box | None = None) -> str:
    """All words, single spaces between them; `box` looks at one place of the first page, lines kept."""
    with pypdfium2.PdfDocument(pdf) as document:
        if box:
            left, top, width, height = box
            place = {"left": left, "right": left + width, "top": A4_HEIGHT - top, "bottom": A4_HEIGHT - top - height}
            return "\n".join(document[0].get_textpage().get_text_bounded(**place).splitlines())
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def pictures_of(pdf: bytes, dots_an_inch: int = 110) -> list[Image.Image]:
    """Each page, drawn."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dots_an_inch / 72).to_pil() for page in document]
