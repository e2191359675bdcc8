"""Merkle tree hashing and proofs (RFC 9162, section 2.1), over SHA-256."""

from collections.abc import Callable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def completed_nodes(index: int, leaf: bytes, left_sibling: Callable[[int, int], bytes]) -> list[tuple[int, int, bytes]]:
    """Perfect subtrees that the leaf at `index` completes, leaf included: `(level, position, hash)`, lowest first.

    `left_sibling(level, position)` gives the stored hash of a perfect subtree; one is read for each level climbed.
    """
    nodes = [(0, index, leaf)]
    level, position, current = 0, index, leaf
    while position & 1:
        current = node_hash(left_sibling(level, position - 1), current)
        level, position = level + 1, position >> 1
        nodes.append((level, position, current))
    return nodes


def peaks(size: int) -> list[tuple[int, int]]:
    """`(level, position)` of the perfect subtrees that make up a tree of `size` leaves, left to right."""
    result, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            result.append((level, start >> level))
            start += 1 << level
    return result


def root_from_peaks(hashes: Sequence[bytes]) -> bytes:
    """Root of a tree from its peaks, left to right; the root of an empty tree is SHA-256 of nothing."""
    if not hashes:
        return EMPTY_ROOT
    current = hashes[-1]
    for left in reversed(hashes[:-1]):
        current = node_hash(left, current)
    return current
