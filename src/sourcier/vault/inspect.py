"""What a file is, by its content alone; what is hostile, broken or of another type is refused with a sentence."""

import io
import re
import zipfile
from dataclasses import dataclass

import filetype

from sourcier.kernel.transitions import Refused, refuse
from sourcier.vault import apart, archives, rules
from sourcier.vault.rules import Kind

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = {"image/jpeg": rules.JPEG, "image/png": rules.PNG, "image/heic": rules.HEIC, "image/heif": rules.HEIC}
_ODF = {kind.media_type.encode(): kind for kind in (rules.ODT, rules.ODS, rules.ODP, rules.ODG)}
_OOXML = {"word/document.xml": rules.DOCX, "xl/workbook.xml": rules.XLSX, "ppt/presentation.xml": rules.PPTX}
_MARKUP = re.compile(rb"\s*(<!doctype|<html|<head|<body|<script|<svg|<\?xml|<\?php|<iframe|#!|%!PS|\{\\rtf|MZ)", re.IGNORECASE)
_HEADER = re.compile(
    rb"^(from|to|cc|date|subject|received|return-path|message-id|mime-version|content-type|delivered-to)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A welcome file: its kind, the name to keep, the bytes to keep (a PDF may have lost its scripts)."""

    kind: Kind
    name: str
    data: bytes


def inspect(data: bytes, name: str) -> Inspected:
    """Check size, type and content of `data`, called `name` by its sender. Raises `Refused`."""
    if refusal := rules.size_refusal(len(data)):
        raise Refused(refusal)
    kind = _kind(data, rules.extension(name))
    kept = apart.clean_pdf(data) if kind is rules.PDF else data
    return Inspected(kind, rules.safe_name(name, kind), kept)


def _kind(data: bytes, extension: str) -> Kind:
    if data[:1024].lstrip(b"\xef\xbb\xbf\r\n\t \0").startswith(b"%PDF-"):
        return rules.PDF
    if data.startswith(b"PK\x03\x04"):
        return _packed_kind(data)
    if data.startswith(_OLE):
        return _ole_kind(data)
    if known := filetype.guess(data):
        return _image_kind(data, known.mime)
    return _text_kind(data, extension)


def _image_kind(data: bytes, media_type: str) -> Kind:
    if media_type not in _IMAGES:
        raise _unknown()
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise refuse("two_in_one", "Cette image cache un autre fichier. Reprenez la photo. Rien n'est perdu.")
    return _IMAGES[media_type]


def _packed_kind(data: bytes) -> Kind:
    entries = archives.check(data)
    kind = None
    if "mimetype" in entries:
        kind = _ODF.get(entries["mimetype"].strip())
    elif "[Content_Types].xml" in entries:
        kind = next((kind for entry, kind in _OOXML.items() if entry in entries), None)
    if kind is None:
        raise refuse("archive", "Une archive ne peut pas être gardée. Envoyez chaque fichier séparément. Rien n'est perdu.")
    return kind


def _ole_kind(data: bytes) -> Kind:
    """Old Word and Excel files: the names of their streams, in UTF-16, say what they are."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") + b"\0\0" in data

    if holds("EncryptedPackage"):
        raise refuse("encrypted", archives.PROTECTED)
    if holds("_VBA_PROJECT") or holds("VBA") or holds("_VBA_PROJECT_CUR"):
        raise archives.macros()
    if holds("WordDocument"):
        return rules.DOC
    if holds("Workbook") or holds("Book"):
        return rules.XLS
    raise _unknown()


def _text_kind(data: bytes, extension: str) -> Kind:
    # A message keeps the bytes it travelled with, whatever their charset.
    if extension == "eml" and b"\0" not in data and _HEADER.search(data[:65536]):
        return rules.EML
    if extension not in ("txt", "csv", "") or _MARKUP.match(data.lstrip(b"\xef\xbb\xbf")) or not _is_text(data):
        raise _unknown()
    return rules.CSV if extension == "csv" else rules.TEXT


# What no text holds: control characters but for tabs, ends of lines and of pages; the mark of what could not be decoded.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return _NOT_TEXT.search(text) is None


def _unknown() -> Refused:
    return refuse("type_refused", f"Ce type de fichier n'est pas accepté. Envoyez : {rules.ACCEPTED}. Rien n'est perdu.")
