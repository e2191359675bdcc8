"""The letter as paper: the window of the envelope, the square, the letterhead, and Typst.

Users' words reach Typst as JSON data, never as markup.
"""

from collections.abc import Sequence
from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import Any

import zxingcpp

from sourcier.accounts.models import Organisation
from sourcier.kernel.postal import LINES, postal_lines
from sourcier.kernel.typesetting import typeset
from sourcier.sourcing.models import Invitation
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Firm
from sourcier.vault import queries as vault

FORMATS = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}


def cut(text: str, limit: int) -> str:
    """A text that fits its place on the page; the whole is on the firm's page."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def square(text: str) -> str:
    """The QR code of a link (ISO/IEC 18004, level M, with its margin), as SVG."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(zxingcpp.write_barcode_to_svg(code, add_quiet_zones=True))


def window(firm: Firm) -> list[str]:
    """The lines in the window of the envelope."""
    return list(postal_lines(firm.name, firm.address, firm.postal_code, firm.commune))


def address_of(invitation: Invitation) -> list[str]:
    """`window` of the firm asked."""
    return window(invitation.firm)


def printer_row(firm: Firm, link: str, code: str) -> tuple[str, ...]:
    """For an outsourced printer: SIRET, the six lines of the address, the code and the link of a firm."""
    lines = window(firm)
    blank = [""] * (LINES - len(lines))
    return (firm.siret, *lines[:-1], *blank, lines[-1], tokens.format_code(code), link)


def door(link: str, code: str, purpose: str = "Pour répondre") -> dict[str, Any]:
    """What opens a firm's page: the square that holds the link, and the code a person types."""
    return {"link": link, "qr": square(link), "code": tokens.format_code(code), "purpose": purpose}


def letterhead(city: Organisation) -> dict[str, Any]:
    """The city as the top of its letters shows it."""
    lines = (city.address, f"{city.postal_code} {city.commune}", city.phone, city.email)
    shown = {"name": city.name, "colour": city.colour, "commune": city.commune, "lines": [line for line in lines if line]}
    return {"city": shown, "logo": _logo(city)}


def _logo(city: Organisation) -> dict[str, Any] | None:
    """The city's logo, when its file is an image that Typst draws."""
    if city.logo_file_id is None:
        return None
    file = vault.get(city.pk, city.logo_file_id)
    if file.media_type not in FORMATS:
        return None
    with vault.open_file(file) as stored:
        return {"bytes": list(stored.read()), "format": FORMATS[file.media_type]}


def typeset_letters(common: dict[str, Any], sheets: Sequence[dict[str, Any]], moment: int) -> bytes:
    """The PDF, one page a sheet, with typst's own fonts and no file in reach but the template; `moment` in Unix seconds.

    `common` is the same on all pages; the size of the words is sought once for those that say the same.
    """
    template = files(__package__).joinpath("letter.typ").read_bytes()
    with TemporaryDirectory() as empty:
        return typeset(template, {**common, "sheets": list(sheets)}, root=empty, timestamp=moment)
