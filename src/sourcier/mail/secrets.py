"""Personal links at rest: encrypted with a key derived from the installation's secret key, which is outside the database."""

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Lost(ValueError):
    """The secret cannot be read: the secret key is no longer the one that wrote it."""


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"sourcier mail secret v1").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def fingerprint(data: bytes) -> str:
    """What says that these bytes came already, and tells nothing of them to who has the database alone."""
    key = HKDF(SHA256(), 32, salt=None, info=b"sourcier mail fingerprint v1").derive(settings.SECRET_KEY.encode())
    return hmac.new(key, data, "sha256").hexdigest()


def seal(text: str) -> str:
    """Encrypt; the empty text stays empty."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def unseal(token: str) -> str:
    """Decrypt what `seal` gave. Raises `Lost`."""
    if not token:
        return ""
    try:
        return _cipher().decrypt(token).decode()
    except InvalidToken:
        raise Lost from None
