"""A stock file by its address: it goes on from where an earlier try stopped, and is refused when it is not whole."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sourcier.register.importing.read import Advance, reason, refused

CHUNK = 1 << 20
TIMEOUT_S = 60
ATTEMPTS = 4


@dataclass(frozen=True)
class Downloaded:
    """A whole file: its size in bytes, its SHA-256 in hexadecimal."""

    file: Path
    size: int
    sha256: str


def is_address(word: str) -> bool:
    """Whether a word of the command is an address rather than a file."""
    return word.startswith(("https://", "http://"))


def checked(file: Path, label: str, sha256: str = "") -> Downloaded:
    """The size and the SHA-256 of a file. Raises `Refused` when it cannot be read, or is not the one expected."""
    try:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise refused(f"Le fichier des {label} est illisible : {file} ({reason(error)}).") from None
    if sha256 and found != sha256.lower():
        raise refused(f"Le fichier des {label} ({file.name}) n'a pas le SHA-256 attendu : il a {found}.")
    return Downloaded(file, file.stat().st_size, found)


def fetch(address: str, folder: Path, label: str, *, sha256: str = "", advance: Advance = lambda share: None) -> Downloaded:
    """Download `address` into `folder`. Raises `Refused`; what has come is then kept, and the next call asks for the rest."""
    name = Path(urlsplit(address).path).name or "stock"
    file = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:12]}-{name}"
    part = file.with_name(file.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _all(address, part, label, advance)
            os.replace(part, file)
    except OSError as error:
        raise refused(f"Le fichier des {label} ne s'écrit pas dans {folder} ({reason(error)}).") from None
    try:
        return checked(file, label, sha256)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _all(address: str, part: Path, label: str, advance: Advance) -> None:
    """Ask until the whole has come, or until an attempt brings nothing more."""
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            missing = _more(address, part, label, advance)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
                raise refused(f"Le serveur répond {error.code} à {address}.") from None
            missing = -1
        if not missing:
            return
        if _size(part) == before:
            break
    raise refused(
        f"Le téléchargement des {label} s'est arrêté après {_size(part)} octets. Relancez la même commande : il reprendra là."
    )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _more(address: str, part: Path, label: str, advance: Advance) -> int:
    """Ask for what `part` has not; return how many bytes are still missing."""
    mark = part.with_name(part.name + ".etag")
    had = _size(part)
    headers = {"Accept-Encoding": "identity", "User-Agent": "Sourcier"}
    if had and mark.exists():
        headers |= {"Range": f"bytes={had}-", "If-Range": mark.read_text(encoding="utf-8")}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http and https alone
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        if answer.headers.get_content_type() == "text/html":
            raise refused(f"L'adresse des {label} donne une page et non un fichier : {address}.")
        if answer.status != http.client.PARTIAL_CONTENT:
            had = 0
            mark.write_text(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "", encoding="utf-8")
        length = answer.headers.get("Content-Length")
        if length is None:
            raise refused(f"Le serveur ne dit pas la taille du fichier des {label} : on ne saurait pas s'il est entier.")
        total, done = had + int(length), had
        with part.open("ab" if had else "wb") as out:
            while chunk := answer.read(CHUNK):
                out.write(chunk)
                done += len(chunk)
                advance(done / max(1, total))
    if done == total:
        mark.unlink(missing_ok=True)
    return total - done
