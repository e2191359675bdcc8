"""PDF files: what acts by itself (scripts, launches, embedded files) is taken out; what cannot be read is refused.

Only `apart` runs it, in a child: opening a PDF unpacks whatever it declares, without a budget.
"""

import io
import zipfile
from typing import Any

import pikepdf

from sourcier.kernel.transitions import Refused, refuse
from sourcier.vault.archives import PROTECTED

MAX_OBJECTS = 500_000
# Actions of ISO 32000-2, 12.6.4, that run, open or send something; links to a page or a web address stay.
_ACTIONS = {
    f"/{name}"
    for name in (
        "JavaScript", "Launch", "SubmitForm", "ImportData", "Rendition", "RichMediaExecute",
        "GoToE", "GoTo3DView", "Movie", "Sound",
    )
}  # fmt: skip
_ANNOTATIONS = {f"/{name}" for name in ("FileAttachment", "RichMedia", "Screen", "Movie", "Sound", "3D")}
_EMBEDDING = ("/EmbeddedFiles", "/JavaScript", "/Renditions")
# What qpdf says, then goes on without, when it could not unpack objects: they would escape the cleaning.
_UNREAD = ("error decoding stream data", "unfilterable stream", "error reading object")
_CATALOG = ("/AA", "/AF", "/Collection")


def clean(data: bytes) -> bytes:
    """The same bytes when the file is harmless, else the file without what acts by itself. Raises `Refused`, `MemoryError`."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if len(pdf.objects) > MAX_OBJECTS or not len(pdf.pages):
                raise _broken()
            removed = _clean_catalog(pdf) + _clean_objects(pdf)
            _refuse_unread(pdf)
            if not removed and not _two_in_one(data):
                return data
            out = io.BytesIO()
            pdf.save(out, deterministic_id=True, encryption=False)
            return out.getvalue()
    except pikepdf.PasswordError:
        raise refuse("encrypted", PROTECTED) from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, OverflowError):
        raise _broken() from None


def _refuse_unread(pdf: pikepdf.Pdf) -> None:
    warnings = " ".join(map(str, pdf.get_warnings()))
    if "bad_alloc" in warnings:
        raise MemoryError
    if any(words in warnings for words in _UNREAD):
        raise _broken()


def _two_in_one(data: bytes) -> bool:
    """The bytes are a ZIP as well: written again, only the PDF remains."""
    return zipfile.is_zipfile(io.BytesIO(data)) or not data.startswith(b"%PDF")


def _clean_catalog(pdf: pikepdf.Pdf) -> int:
    removed = 0
    root = pdf.Root
    for key in _CATALOG:
        removed += _drop(root, key)
    if isinstance(names := root.get("/Names"), pikepdf.Dictionary):
        removed += sum(_drop(names, key) for key in _EMBEDDING)
    if isinstance(form := root.get("/AcroForm"), pikepdf.Dictionary):
        removed += _drop(form, "/XFA")
    opening = root.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and _acts(opening):
        removed += _drop(root, "/OpenAction")
    return removed


def _clean_objects(pdf: pikepdf.Pdf) -> int:
    """Walk every object, direct children included, without recursion."""
    removed = 0
    pending: list[Any] = list(pdf.objects)
    while pending:
        item = pending.pop()
        if isinstance(item, pikepdf.Array):
            doomed = [at for at, child in enumerate(item) if _is_annotation(child)]
            for at in reversed(doomed):
                del item[at]
            removed += len(doomed)
            pending.extend(child for child in item if _is_direct_container(child))
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            removed += _clean_dictionary(item)
            pending.extend(child for _, child in item.items() if _is_direct_container(child))
    return removed


def _clean_dictionary(item: Any) -> int:
    removed = _drop(item, "/AA")
    if _acts(item):
        removed += 1
        for key in list(item.keys()):
            if not (isinstance(item, pikepdf.Stream) and key == "/Length"):
                del item[key]
        return removed
    # An embedded file hangs from a file specification; without /EF only its name is left.
    removed += _drop(item, "/EF") + _drop(item, "/RF") + _drop(item, "/JS")
    return removed


def _acts(item: Any) -> bool:
    # A structure element has an /S too (its role, free text): it is no action.
    action = item.get("/S")
    return isinstance(action, pikepdf.Name) and str(action) in _ACTIONS and item.get("/Type") != pikepdf.Name.StructElem


def _is_annotation(child: Any) -> bool:
    return isinstance(child, pikepdf.Dictionary) and str(child.get("/Subtype", "")) in _ANNOTATIONS and "/Rect" in child


def _is_direct_container(child: Any) -> bool:
    return isinstance(child, pikepdf.Array | pikepdf.Dictionary) and not child.is_indirect


def _drop(item: Any, key: str) -> int:
    if key not in item:
        return 0
    del item[key]
    return 1


def _broken() -> Refused:
    return refuse(
        "broken_file", "Ce PDF est abîmé : il ne s'ouvre pas. Enregistrez-le à nouveau, ou envoyez une photo. Rien n'est perdu."
    )
