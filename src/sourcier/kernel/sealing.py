"""A sealed box: bytes that only the holder of a private key reads again, bound to what they are about.

A random key encrypts the content by AES-256-GCM, in numbered pieces of 64 KiB of which the last is marked, so that none can be
taken away, moved or added; HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) wraps that key for the holder.
"""

import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

MARK = b"sourcier-seal-v1\n"
PIECE = 65_536
TAG = 16
KEY = 32
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_WRAPPED = 32 + KEY + TAG  # the sender's public key of one use, then the wrapped key


class BrokenSeal(ValueError):
    """These bytes are not what was sealed for this key, about this object."""


def new_key() -> tuple[bytes, bytes]:
    """A private key and its public one, 32 bytes each."""
    key = X25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def public_of(private_key: bytes) -> bytes:
    """The public half of a private key, 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def seal(public_key: bytes, about: bytes, content: bytes) -> bytes:
    """`content` for the holder of the private key alone; `about` must be given again to read it."""
    key = secrets.token_bytes(KEY)
    wrapped = _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public_key), about)
    cipher = AESGCM(key)
    pieces = (cipher.encrypt(nonce, piece, None) for nonce, piece in _numbered(content, PIECE))
    return b"".join((MARK, wrapped, *pieces))


def unseal(private_key: bytes, about: bytes, sealed: bytes) -> bytes:
    """The content. Raises `BrokenSeal` when one bit, one piece, the key or `about` is another."""
    start = len(MARK) + _WRAPPED
    if not sealed.startswith(MARK) or len(sealed) < start + TAG:
        raise BrokenSeal("not a sealed box")
    try:
        key = _SUITE.decrypt(sealed[len(MARK) : start], X25519PrivateKey.from_private_bytes(private_key), about)
        cipher = AESGCM(key)
        return b"".join(cipher.decrypt(nonce, piece, None) for nonce, piece in _numbered(sealed[start:], PIECE + TAG))
    except (InvalidTag, ValueError):
        raise BrokenSeal("not what was sealed") from None


def _numbered(data: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Each piece with its nonce: its number, then whether it is the last. Empty data is one empty piece."""
    count = max(1, -(-len(data) // size))
    for number in range(count):
        yield number.to_bytes(11) + bytes([number == count - 1]), data[number * size : (number + 1) * size]
