"""The master key, outside the database: it wraps the private key of each operation, and nothing else.

One file a key, numbered; the highest wraps, the others still unwrap until a rotation has wrapped everything anew.
"""

from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from sourcier.journal.keys import write_once

KEY, NONCE = 32, 12


class MasterKeyMissing(RuntimeError):
    """The master key that wrapped this operation's key is not on this machine, or is another one."""


def folder() -> Path:
    """Where the master keys lie (32 raw bytes each, mode 0600)."""
    return Path(settings.KEYS) / "sealing"


def _file(number: int) -> Path:
    return folder() / f"master-{number:04}.key"


def numbers() -> list[int]:
    """The numbers of the keys that are here, oldest first."""
    return sorted(int(file.stem.removeprefix("master-")) for file in folder().glob("master-????.key"))


def current() -> int:
    """The number of the key that wraps now. Raises `MasterKeyMissing`: a lost key is never replaced in silence."""
    if known := numbers():
        return known[-1]
    raise MasterKeyMissing(f"Aucune clé maîtresse dans {folder()} : remettez la sauvegarde des clés à cet endroit.")


def draw(number: int) -> int:
    """Draw that key and return its number; one already there is kept."""
    write_once(_file(number), token_bytes(KEY))
    return number


def discard(number: int) -> None:
    """Destroy a key that wraps nothing any more."""
    _file(number).unlink(missing_ok=True)


def wrap(number: int, secret: bytes, about: bytes) -> bytes:
    """`secret` encrypted by that key, bound to `about`."""
    nonce = token_bytes(NONCE)
    return nonce + _cipher(number).encrypt(nonce, secret, about)


def unwrap(number: int, wrapped: bytes, about: bytes) -> bytes:
    """The secret. Raises `MasterKeyMissing`."""
    try:
        return _cipher(number).decrypt(wrapped[:NONCE], wrapped[NONCE:], about)
    except InvalidTag:
        raise MasterKeyMissing(f"{_file(number)} n'est pas la clé qui a scellé : remettez la sauvegarde des clés.") from None


def _cipher(number: int) -> AESGCM:
    try:
        return AESGCM(_file(number).read_bytes())
    except (FileNotFoundError, ValueError):
        raise MasterKeyMissing(
            f"La clé maîtresse {_file(number)} est absente ou abîmée : remettez la sauvegarde des clés à cet endroit."
        ) from None
