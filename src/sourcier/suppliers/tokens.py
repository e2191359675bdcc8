"""Secret links and typed codes of the firms.

Both are computed from a random seed kept with the invitation and a key kept outside the database (`settings.KEYS`): the link so
that a mail taken up again or a letter printed again says the same thing; the key so that a copy of the database opens nothing.
Only the SHA-256 of the token and the HMAC of the code are stored. A new seed kills the former link and code.
"""

import hmac
import os
import secrets
from base64 import b32encode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.conf import settings

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31 letters, a prime: without 0/O, 1/I/L
CODE_LENGTH = 10
KEY_FILE = "sourcing_key"


class KeyLost(RuntimeError):
    """The key of this installation is not the one that made a link: a lost key is never replaced in silence."""


def key() -> bytes:
    """The 256-bit key of this installation, drawn once, readable by its owner alone."""
    file = Path(settings.KEYS) / KEY_FILE
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return _draw(file)


def _draw(file: Path) -> bytes:
    """Write a whole key aside, then link it: two processes starting together end with the same one."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(secrets.token_bytes(32))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return file.read_bytes()


def new_seed() -> str:
    """128 random bits, in hexadecimal."""
    return secrets.token_hex(16)


def _keyed(purpose: str, message: str) -> bytes:
    return hmac.new(key(), f"{purpose}:{message}".encode(), sha256).digest()


def token(seed: str) -> str:
    """The 256-bit token of a seed, 43 URL-safe characters."""
    return urlsafe_b64encode(_keyed("token", seed)).rstrip(b"=").decode()


def secrets_of(seed: str, expected_sha256: str) -> tuple[str, str]:
    """`(token, code)` of an invitation. Raises `KeyLost` when the key is not the one that made its link."""
    found = token(seed)
    if token_hash(found) != expected_sha256:
        raise KeyLost(f"La clé des liens n'est plus la même. Remettez la sauvegarde de {KEY_FILE} dans le dossier des clés.")
    return found, code(seed)


def token_hash(text: str) -> str:
    """What the database keeps of a token."""
    return sha256(text.encode()).hexdigest()


def code(seed: str) -> str:
    """The typed code of a seed: nine characters and their check character."""
    number = int.from_bytes(_keyed("code", seed))
    digits = []
    for _ in range(CODE_LENGTH - 1):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(digit)
    return "".join(ALPHABET[digit] for digit in [*digits, _check(digits)])


def _check(digits: list[int]) -> int:
    """A weighted sum modulo a prime: sees any wrong character and any two swapped."""
    return sum(weight * digit for weight, digit in enumerate(digits, 1)) % len(ALPHABET)


def alerts_token(firm_id: UUID) -> str:
    """What the link « Ne plus être prévenu » of this firm bears: worth nothing else."""
    return urlsafe_b64encode(_keyed("alerts", firm_id.hex)[:18]).decode()


def stops_alerts(firm_id: UUID, given: str) -> bool:
    return hmac.compare_digest(alerts_token(firm_id).encode(), given.encode())


def reply_token(seed: str) -> str:
    """The 80-bit token of the address where the firm of this seed replies, 16 letters and digits."""
    return b32encode(_keyed("reply", seed)[:10]).decode().lower()


def reply_hmac(token: str) -> str:
    """What the database keeps of the token of a reply address."""
    return _keyed("reply-lookup", token).hex()


def format_code(text: str) -> str:
    """« 7KQ4-M2XA-9T »."""
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def parse_code(text: str) -> str | None:
    """The ten characters of a code typed in any case and spacing; None when it cannot be one (a slip of the hand)."""
    typed = "".join(character for character in text.upper() if character not in " -–—.\u00a0\u202f\t\r\n")
    if len(typed) != CODE_LENGTH or any(character not in ALPHABET for character in typed):
        return None
    digits = [ALPHABET.index(character) for character in typed]
    return typed if _check(digits[:-1]) == digits[-1] else None


def code_hmac(text: str) -> str:
    """What the database keeps of a code."""
    return _keyed("lookup", text).hex()


def once_hmac(text: str) -> str:
    """What the database keeps of a one-time code, said with the invitation it is for."""
    return _keyed("once", text).hex()


def limit_key(text: str) -> str:
    """What the database keeps of an address counted against a limit."""
    return _keyed("limit", text).hex()
