"""Canonical JSON: the vectors of RFC 8785 that our journal accepts, and what it refuses."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.canonical import MAX_SAFE_INTEGER, NotCanonical, canonical

ascii_keys = st.text(st.characters(codec="ascii"), max_size=6)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_keys, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ["arrays", "unicode"])
def test_vectors_of_rfc_8785_give_their_very_bytes(shared_data: Path, name: str) -> None:
    folder = shared_data / "jcs/testdata"
    value = json.loads((folder / f"input/{name}.json").read_text(encoding="utf-8"))
    assert canonical(value) == bytes.fromhex((folder / f"outhex/{name}.txt").read_text())


@pytest.mark.parametrize("name", ["values", "structures", "french", "weird"])
def test_vectors_with_floats_or_keys_outside_ascii_are_refused(shared_data: Path, name: str) -> None:
    value = json.loads((shared_data / f"jcs/testdata/input/{name}.json").read_text(encoding="utf-8"))
    with pytest.raises(NotCanonical):
        canonical(value)


def test_the_structures_vector_passes_once_its_float_is_an_integer(shared_data: Path) -> None:
    folder = shared_data / "jcs/testdata"
    text = (folder / "input/structures.json").read_text().replace("56.0", "56")
    assert canonical(json.loads(text)) == bytes.fromhex((folder / "outhex/structures.txt").read_text())


@given(plain_values)
def test_canonical_bytes_read_back_to_the_same_value_and_bytes(value: object) -> None:
    encoded = canonical(value)
    assert json.loads(encoded) == value
    assert canonical(json.loads(encoded)) == encoded


@given(st.dictionaries(ascii_keys, st.integers(0, 9), max_size=8))
def test_the_order_of_keys_changes_nothing(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, 2**53, -(2**53), {"é": 1}, {1: 2}, b"bytes", {"a": {1}}, "\ud800"])
def test_what_has_no_single_writing_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)
