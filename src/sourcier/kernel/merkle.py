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


Node = Callable[[int, int], bytes]
"""`node(level, position)` gives the hash of a stored perfect subtree; level 0 is a leaf."""


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _span(start: int, end: int, node: Node) -> bytes:
    """Root of the leaves `start` to `end` (excluded), as the recursion of RFC 9162 cuts them."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(_span(start, middle, node), _span(middle, end, node))


def root(size: int, node: Node) -> bytes:
    """Root of the first `size` leaves (RFC 9162, 2.1.1)."""
    return root_from_peaks([node(level, position) for level, position in peaks(size)])


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Hashes from the leaf's sibling up to the root's child (RFC 9162, 2.1.3.1). Raises `ValueError` outside the tree."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_span(middle, end, node))
            end = middle
        else:
            path.append(_span(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """Hashes that prove the tree of `first` leaves is a prefix of that of `second` (RFC 9162, 2.1.4.1)."""
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof from {first} to {second}")
    start, end, path = 0, second, []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_span(middle, end, node))
            end = middle
        else:
            path.append(_span(start, middle, node))
            start = middle
    if start:
        path.append(_span(start, end, node))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: does `proof` lead from `leaf` at `index` to the root of a tree of `size` leaves?"""
    if not 0 <= index < size or len(leaf) != len(EMPTY_ROOT):
        return False
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == expected_root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """RFC 9162, 2.1.4.2: does `proof` show that the first tree is a prefix of the second?"""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
