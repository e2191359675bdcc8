"""What the vault accepts: sizes in bytes, types, names. Pure; every refusal says what to do and that nothing is lost."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from sourcier.kernel.transitions import Refusal

MAX_FILE = 25_000_000
MAX_ANSWER = 100_000_000
MAX_NAME = 120
ERASED_NAME = "document effacé"

# Limits of what a compressed document may hold once unpacked.
MAX_ENTRIES = 5_000
MAX_UNPACKED = 250_000_000
MAX_RATIO = 150
RATIO_FREE = 10_000_000
MAX_DEPTH = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of document: its media type, its extensions (the first is the usual one), its name in French."""

    media_type: str
    extensions: tuple[str, ...]
    label: str


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

PDF = Kind("application/pdf", ("pdf",), "PDF")
JPEG = Kind("image/jpeg", ("jpg", "jpeg"), "photo JPEG")
PNG = Kind("image/png", ("png",), "image PNG")
HEIC = Kind("image/heic", ("heic", "heif"), "photo HEIC")
DOCX = Kind(f"{_OOXML}.wordprocessingml.document", ("docx",), "Word")
XLSX = Kind(f"{_OOXML}.spreadsheetml.sheet", ("xlsx",), "Excel")
PPTX = Kind(f"{_OOXML}.presentationml.presentation", ("pptx",), "PowerPoint")
DOC = Kind("application/msword", ("doc",), "Word")
XLS = Kind("application/vnd.ms-excel", ("xls",), "Excel")
ODT = Kind(f"{_ODF}.text", ("odt",), "texte OpenDocument")
ODS = Kind(f"{_ODF}.spreadsheet", ("ods",), "tableur OpenDocument")
ODP = Kind(f"{_ODF}.presentation", ("odp",), "présentation OpenDocument")
ODG = Kind(f"{_ODF}.graphics", ("odg",), "dessin OpenDocument")
TEXT = Kind("text/plain", ("txt",), "texte")
CSV = Kind("text/csv", ("csv",), "tableau CSV")
EML = Kind("message/rfc822", ("eml",), "courriel")

KINDS = (PDF, JPEG, PNG, HEIC, DOCX, XLSX, PPTX, DOC, XLS, ODT, ODS, ODP, ODG, TEXT, CSV, EML)
ACCEPTED = "PDF, photo (JPEG, PNG, HEIC), Word, Excel, PowerPoint, OpenDocument, texte, CSV ou courriel (.eml)"

_WINDOWS_NAMES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_FORBIDDEN = set('<>:"/\\|?*')


def is_picture_or_pdf(media_type: str) -> bool:
    """What shows a paper as it is."""
    return media_type in {kind.media_type for kind in (PDF, JPEG, PNG, HEIC)}


def place(organisation: str, digest: str) -> str:
    """Where the bytes of that SHA-256 lie in the vault; `organisation` is 32 hexadecimal digits."""
    return f"{organisation}/{digest[:2]}/{digest}"


def megabytes(size: int) -> str:
    """« 25 Mo », « 1,2 Mo », in decimal megabytes."""
    tenths = round(size / 100_000)
    whole, rest = divmod(tenths, 10)
    return f"{whole}\u00a0Mo" if not rest or whole >= 10 else f"{whole},{rest}\u00a0Mo"


def size_refusal(size: int) -> Refusal | None:
    """None when one file of that many bytes is welcome."""
    if size <= 0:
        return Refusal("empty_file", "Ce fichier est vide. Choisissez-le à nouveau : rien d'autre n'est perdu.")
    if size > MAX_FILE:
        return Refusal(
            "file_too_large",
            f"Ce fichier dépasse {megabytes(MAX_FILE)}. Rien n'est perdu. "
            "Reprenez la photo en plus petit, ou envoyez le document en plusieurs fichiers.",
        )
    return None


def answer_refusal(sizes: Iterable[int]) -> Refusal | None:
    """None when the files of one answer, of these sizes in bytes, are welcome together."""
    if sum(sizes) > MAX_ANSWER:
        return Refusal(
            "answer_too_large",
            f"Ensemble, vos fichiers dépassent {megabytes(MAX_ANSWER)}. Rien n'est perdu. "
            "Retirez un fichier, ou envoyez-le en plus petit.",
        )
    return None


def extension(name: str) -> str:
    """The last extension of a name, in lower case and without its dot; empty when there is none."""
    return PurePosixPath(name).suffix.lstrip(".").lower() if not name.startswith(".") else ""


def safe_name(name: str, kind: Kind) -> str:
    """A name to store and to serve: no folder, no control or direction character, at most 120, its extension that of `kind`."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(_safe_character(c) for c in unicodedata.normalize("NFC", last))
    words = " ".join(kept.split()).strip(". ")
    stem, dot, end = words.rpartition(".")
    if dot and end.lower() in kind.extensions:
        ending = end.lower()
    else:
        stem, ending = words, kind.extensions[0]
        # « devis.pdf.exe » that holds a PDF becomes « devis.pdf »: the foreign ending goes when the right one precedes it.
        before, dot, _ = words.rpartition(".")
        if dot and extension(before) in kind.extensions:
            stem, _, ending = before.rpartition(".")
    stem = stem[: MAX_NAME - len(ending) - 2].strip(". ") or "document"
    if stem.split(".")[0].lower() in _WINDOWS_NAMES:
        stem = f"_{stem}"
    return f"{stem}.{ending.lower()}"


def _safe_character(character: str) -> str:
    # Cc controls, Cf direction marks and invisible signs, Cs lone surrogates, Co private, Cn unassigned.
    if character in "\t\r\n":
        return " "
    if unicodedata.category(character).startswith("C"):
        return ""
    return "_" if character in _FORBIDDEN else character
