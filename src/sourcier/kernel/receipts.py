"""Receipts: `.tlog-proof` texts (C2SP tlog-proof v1) that carry their entry and are checked offline; numbers to say aloud."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from sourcier.kernel.merkle import leaf_hash, verify_inclusion
from sourcier.kernel.notes import BadNote, TreeHead, decode_base64, open_checkpoint, parse_head, parse_number

HEADER = "c2sp.org/tlog-proof@v1"
HASH_LENGTH = 32
NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry (canonical bytes, carried by the `extra` line), its index, its path, the checkpoint that commits to it."""

    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    @property
    def head(self) -> TreeHead:
        """What the checkpoint states, unverified."""
        return parse_head(self.checkpoint)


def format_receipt(receipt: Receipt) -> str:
    """The text to give."""
    hashes = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in receipt.proof)
    extra = base64.b64encode(receipt.entry).decode()
    return f"{HEADER}\nextra {extra}\nindex {receipt.index}\n{hashes}\n{receipt.checkpoint}"


def parse_receipt(text: str) -> Receipt:
    """Read a receipt of ours; nothing is verified yet. Raises `BadNote`."""
    top, blank, checkpoint = text.replace("\r\n", "\n").partition("\n\n")
    lines = top.split("\n")
    if not blank or len(lines) < 3 or lines[0] != HEADER:
        raise BadNote("Ce fichier n'est pas un récépissé.")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise BadNote("Ce récépissé ne contient pas son écriture.")
    proof = tuple(decode_base64(line) for line in lines[3:])
    if any(len(digest) != HASH_LENGTH for digest in proof):
        raise BadNote("Une ligne de la preuve n'a pas 32 octets.")
    parse_head(checkpoint)
    entry = decode_base64(lines[1].removeprefix("extra "))
    return Receipt(entry, parse_number(lines[2].removeprefix("index ")), proof, checkpoint)


def check_receipt(receipt: Receipt, public_key: bytes) -> TreeHead:
    """Verify the signature, then that the entry is at its index under the signed root. Raises `BadNote`."""
    head = open_checkpoint(receipt.checkpoint, public_key)
    if not verify_inclusion(receipt.index, head.size, leaf_hash(receipt.entry), receipt.proof, head.root):
        raise BadNote("La preuve ne relie pas cette écriture au point de contrôle.")
    return head


def draw_number(choose: Callable[[str], str], taken: Callable[[str], bool] = lambda number: False) -> str:
    """« RX-4M2A »: drawn at random by `choose` (`secrets.choice`), never counted, again while `taken`; no letter to mistake."""
    while taken(number := "RX-" + "".join(choose(NUMBER_ALPHABET) for _ in range(4))):
        pass
    return number
