"""The format of a file by its name: media type, and its PRONOM identifier where the name alone tells it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from sourcier.vault.rules import KINDS


@dataclass(frozen=True, slots=True)
class Format:
    media_type: str
    pronom: str = ""


_OWN = {
    "json": Format("application/json", "fmt/817"),
    "jsonl": Format("application/x-ndjson"),
    "txt": Format("text/plain", "x-fmt/111"),
    "html": Format("text/html"),
    "py": Format("text/x-python"),
    "pem": Format("application/x-pem-file"),
    "tsr": Format("application/timestamp-reply"),
    "crl": Format("application/pkix-crl"),
    "ocsp": Format("application/ocsp-response"),
}
_BY_EXTENSION = {end: Format(kind.media_type) for kind in KINDS for end in kind.extensions} | _OWN
# The report alone is known to be PDF/A-3a: typst wrote it so.
_BY_PATH = {"data/rapport.pdf": Format("application/pdf", "fmt/479")}
UNKNOWN = Format("application/octet-stream")


def format_of(path: str) -> Format:
    """What a file of the dossier is."""
    return _BY_PATH.get(path) or _BY_EXTENSION.get(PurePosixPath(path).suffix.lstrip(".").lower(), UNKNOWN)
