"""A stock file by its address: it goes on from where an earlier try stopped, and is refused when it is not whole."""

import hashlib
import http.client
import os
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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
    """Download `address` into `folder`. Raises `Refused`; what has come is then kept, and the next call asks for the rest.

    A file that an earlier call brought whole is asked about again: the same address gives another stock each month.
    """
    try:
        name = Path(urlsplit(address).path).name[-80:] or "stock"
    except ValueError:
        raise refused(f"« {address} » n'est pas une adresse.") from None
    file = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:12]}-{name}"
    part = file.with_name(file.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            os.replace(file, part)
        _all(address, part, label, advance)
        os.replace(part, file)
    except OSError as error:
        raise refused(f"Le fichier des {label} ne s'écrit pas dans {folder} ({reason(error)}).") from None
    try:
        return checked(file, label, sha256)
    except BaseException:
        forget(file)
        raise


def forget(file: Path) -> None:
    """Remove a file that `fetch` brought, so that the next call asks for it anew."""
    for one in (file, _mark_of(file.with_name(file.name + ".part"))):
        one.unlink(missing_ok=True)


def _mark_of(part: Path) -> Path:
    """Beside a download, what tells the server which version it is of; empty when the server gave nothing."""
    return part.with_name(part.name + ".etag")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows as usual, but never out of HTTPS nor to another kind of address."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after != "https" and (before, after) != ("http", "http"):
            fp.close()
            raise refused(f"L'adresse {req.full_url} mène à {newurl}, qui n'est plus en HTTPS.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _all(address: str, part: Path, label: str, advance: Advance) -> None:
    """Ask until the whole has come, or until an attempt brings nothing more."""
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            missing = _more(address, part, label, advance)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
            if isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
                raise refused(f"Le certificat du serveur n'est pas reconnu : {address}.") from None
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
    had, mark = _size(part), _mark_of(part)
    headers = {"Accept-Encoding": "identity", "User-Agent": "Sourcier"}
    if had and mark.exists() and (version := mark.read_text(encoding="utf-8")):
        headers |= {"Range": f"bytes={had}-", "If-Range": version}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http and https alone
    try:
        answer = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise refused(f"Le serveur répond {error.code} à {address}.") from None
            if error.headers.get("Content-Range") == f"bytes */{had}":
                return 0  # All had come already.
        part.unlink()
        return had
    with answer:
        return _received(answer, part, label, had if answer.status == http.client.PARTIAL_CONTENT else 0, advance)


def _received(answer: Any, part: Path, label: str, had: int, advance: Advance) -> int:
    """Write an answer after the `had` bytes that it goes on from; return how many bytes are still missing."""
    if answer.headers.get_content_type() == "text/html":
        raise refused(f"L'adresse des {label} donne une page et non un fichier : {answer.url}.")
    if had and not answer.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
        part.unlink()
        return had
    length = answer.headers.get("Content-Length", "")
    if not length.isdecimal():
        raise refused(f"Le serveur ne dit pas la taille du fichier des {label} : on ne saurait pas s'il est entier.")
    if not had:
        _mark_of(part).write_text(_version(answer), encoding="utf-8")
    total, done = had + int(length), had
    with part.open("ab" if had else "wb") as out:
        while chunk := answer.read(CHUNK):
            out.write(chunk)
            done += len(chunk)
            advance(done / max(1, total))
    return total - done


def _version(answer: Any) -> str:
    """What `If-Range` may name (RFC 9110, 13.1.5): a strong tag, else a date."""
    tag = answer.headers.get("ETag", "")
    return str(tag) if tag and not tag.startswith("W/") else str(answer.headers.get("Last-Modified", ""))
