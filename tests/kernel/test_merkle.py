"""Merkle proofs: against the vectors of transparency.dev, and for every small tree."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.dossier.offline import verifier
from sourcier.kernel import merkle
from sourcier.kernel.merkle import (
    EMPTY_ROOT,
    completed_nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

Nodes = dict[tuple[int, int], bytes]


def grow(entries: list[bytes]) -> Nodes:
    """Every stored node of a tree, as `append` stores them."""
    nodes: Nodes = {}
    for index, entry in enumerate(entries):
        for level, position, digest in completed_nodes(index, leaf_hash(entry), lambda *place: nodes[place]):
            nodes[level, position] = digest
    return nodes


def root_by_definition(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, written as the RFC writes it."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return node_hash(root_by_definition(entries[:split]), root_by_definition(entries[split:]))


def vectors(folder: Path) -> list[dict]:
    return [json.loads(file.read_text()) for file in sorted(folder.rglob("*.json"))]


BOTH = pytest.mark.parametrize("checker", [merkle, verifier], ids=["the journal", "the verifier of the dossier"])


@BOTH
def test_inclusion_vectors_of_transparency_dev(shared_data: Path, checker: Any) -> None:
    cases = vectors(shared_data / "merkle/testdata/inclusion")
    assert len(cases) > 50
    for case in cases:
        proof = [b64decode(item) for item in case["proof"] or []]
        verified = checker.verify_inclusion(
            case["leafIdx"], case["treeSize"], b64decode(case["leafHash"]), proof, b64decode(case["root"])
        )
        assert verified is not case["wantErr"], case


@BOTH
def test_consistency_vectors_of_transparency_dev(shared_data: Path, checker: Any) -> None:
    cases = vectors(shared_data / "merkle/testdata/consistency")
    assert len(cases) > 50
    for case in cases:
        proof = [b64decode(item) for item in case["proof"] or []]
        roots = b64decode(case["root1"]), b64decode(case["root2"])
        verified = checker.verify_consistency(case["size1"], case["size2"], proof, *roots)
        assert verified is not case["wantErr"], case


def test_every_proof_of_every_tree_up_to_40_leaves_is_made_and_verified() -> None:
    entries = [str(number).encode() for number in range(40)]
    nodes = grow(entries)
    roots = [root_by_definition(entries[:size]) for size in range(41)]

    def node(level: int, position: int) -> bytes:
        return nodes[level, position]

    for size in range(41):
        assert root(size, node) == roots[size]
        for index in range(size):
            proof = inclusion_proof(index, size, node)
            assert verify_inclusion(index, size, leaf_hash(entries[index]), proof, roots[size])
            assert not verify_inclusion(index ^ 1, size, leaf_hash(entries[index]), proof, roots[size]) or size == 1
        for first in range(1, size + 1):
            assert verify_consistency(first, size, consistency_proof(first, size, node), roots[first], roots[size])


def test_a_proof_outside_the_tree_is_refused() -> None:
    nodes = grow([b"one"])
    for index, size in [(-1, 1), (1, 1), (0, 0)]:
        with pytest.raises(ValueError):
            inclusion_proof(index, size, lambda *place: nodes[place])
    for first, second in [(0, 1), (2, 1)]:
        with pytest.raises(ValueError):
            consistency_proof(first, second, lambda *place: nodes[place])


@given(st.lists(st.binary(max_size=20), min_size=2, max_size=70), st.data())
def test_a_changed_entry_or_hash_never_verifies(entries: list[bytes], data: st.DataObject) -> None:
    nodes = grow(entries)
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, lambda *place: nodes[place])
    expected = root_by_definition(entries)
    leaf = leaf_hash(entries[index])
    assert verify_inclusion(index, size, leaf, proof, expected)
    assert not verify_inclusion(index, size, leaf_hash(entries[index] + b"x"), proof, expected)
    changed = data.draw(st.integers(0, len(proof) - 1))
    bad = [digest if place != changed else bytes(32) for place, digest in enumerate(proof)]
    assert not verify_inclusion(index, size, leaf, bad, expected)
    assert not verify_inclusion(index, size, leaf, [*proof, bytes(32)], expected)
    assert not verify_inclusion(index, size, leaf, proof[:-1], expected)


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=70), st.data())
def test_a_rewritten_past_is_never_consistent(entries: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(entries)))
    rewritten = list(entries)
    rewritten[data.draw(st.integers(0, first - 1))] += b"!"
    nodes = grow(rewritten)
    proof = consistency_proof(first, len(entries), lambda *place: nodes[place])
    old, new = root_by_definition(entries[:first]), root_by_definition(rewritten)
    assert not verify_consistency(first, len(entries), proof, old, new)
