"""Signed notes and tree heads in text (C2SP signed-note v1.0.0 and tlog-checkpoint), signed with Ed25519."""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
KEY_ID_LENGTH = 4
ROOT_LENGTH = 32


class BadNote(ValueError):
    """The text is not a note signed by the expected key, or not a tree head. Carries a French sentence."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint states: the log's origin, how many leaves, their root."""

    origin: str
    size: int
    root: bytes


def decode_base64(text: str) -> bytes:
    """Strict standard base64 (RFC 4648, section 4), in its one canonical writing. Raises `BadNote`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("Une ligne n'est pas en base64.") from None
    if base64.b64encode(data).decode() != text:
        raise BadNote("Une ligne n'est pas en base64 canonique.")
    return data


def parse_number(text: str) -> int:
    """ASCII decimal with no leading zero. Raises `BadNote`."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise BadNote(f"« {text[:30]} » n'est pas un nombre.")
    return int(text)


def key_id(name: str, public_key: bytes) -> bytes:
    """SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[:4]."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_ID_LENGTH]


def sign_note(text: str, name: str, private_key: Ed25519PrivateKey) -> str:
    """The note: `text` (ending in a newline), a blank line, one signature line."""
    if not text.endswith("\n") or not name or re.search(r"[\s+]", name):
        raise ValueError("a note ends in a newline; a key name has neither space nor plus")
    signature = key_id(name, private_key.public_key().public_bytes_raw()) + private_key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, name: str, public_key: bytes) -> str:
    """Return the text of `note` once the signature of that key is verified; other signatures are ignored. Raises `BadNote`."""
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise BadNote("Ce texte n'est pas un point de contrôle signé.")
    expected, verified, text = key_id(name, public_key), False, text + "\n"
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or not parts[1]:
            raise BadNote("Une ligne de signature est mal formée.")
        signature = decode_base64(parts[2])
        if parts[1] == name and signature[:KEY_ID_LENGTH] == expected:
            try:
                Ed25519PublicKey.from_public_bytes(public_key).verify(signature[KEY_ID_LENGTH:], text.encode())
            except InvalidSignature:
                raise BadNote("La signature ne correspond pas au texte.") from None
            verified = True
    if not verified:
        raise BadNote("Aucune signature de la clé attendue.")
    return text


def format_head(head: TreeHead) -> str:
    """The three lines of a checkpoint's text: origin, size, root in base64."""
    return f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def parse_head(text: str) -> TreeHead:
    """Read the text of a checkpoint, signed or not; extension lines are ignored. Raises `BadNote`."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:
        raise BadNote("Ce texte n'est pas un point de contrôle.")
    root = decode_base64(lines[2])
    if len(root) != ROOT_LENGTH:
        raise BadNote("La racine n'a pas 32 octets.")
    return TreeHead(lines[0], parse_number(lines[1]), root)


def open_checkpoint(note: str, public_key: bytes) -> TreeHead:
    """The tree head of a checkpoint whose key bears the name of its origin, once verified. Raises `BadNote`."""
    return parse_head(open_note(note, parse_head(note).origin, public_key))
