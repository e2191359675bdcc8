import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.vault import rules

KINDS = st.sampled_from(rules.KINDS)


@given(st.text(max_size=400), KINDS)
def test_any_name_becomes_safe_and_ends_as_its_content_says(name: str, kind: rules.Kind) -> None:
    safe = rules.safe_name(name, kind)
    assert 0 < len(safe) <= rules.MAX_NAME
    assert rules.extension(safe) in kind.extensions
    assert not set(safe) & set('/\\:*?"<>|\r\n\t\0')
    assert not any(unicodedata.category(c).startswith("C") for c in safe)
    assert not safe.startswith((".", " "))


@given(st.text(max_size=200), KINDS)
def test_a_safe_name_stays_as_it_is(name: str, kind: rules.Kind) -> None:
    safe = rules.safe_name(name, kind)
    assert rules.safe_name(safe, kind) == safe


@pytest.mark.parametrize(
    ("given_name", "kind", "kept"),
    [
        ("../../etc/passwd", rules.PDF, "passwd.pdf"),
        ("C:\\Users\\Zoé\\Devis été.PDF", rules.PDF, "Devis été.pdf"),
        ("devis.pdf.exe", rules.PDF, "devis.pdf"),
        ("facture\u202efdp.exe", rules.PDF, "facturefdp.exe.pdf"),
        ("", rules.JPEG, "document.jpg"),
        ("...", rules.PNG, "document.png"),
        ("con.txt", rules.TEXT, "_con.txt"),
        ("a\0b\r\nc.csv", rules.CSV, "ab c.csv"),
        ("photo.png", rules.JPEG, "photo.png.jpg"),
        ("x" * 300 + ".odt", rules.ODT, "x" * 115 + ".odt"),
    ],
)
def test_hostile_names(given_name: str, kind: rules.Kind, kept: str) -> None:
    assert rules.safe_name(given_name, kind) == kept


@given(st.integers(min_value=-5, max_value=2 * rules.MAX_FILE))
def test_a_file_is_welcome_from_one_byte_to_the_limit(size: int) -> None:
    assert (rules.size_refusal(size) is None) == (1 <= size <= rules.MAX_FILE)


@given(st.lists(st.integers(min_value=1, max_value=rules.MAX_FILE), max_size=8))
def test_an_answer_is_limited_as_a_whole(sizes: list[int]) -> None:
    assert (rules.answer_refusal(sizes) is None) == (sum(sizes) <= rules.MAX_ANSWER)


def test_sizes_are_said_in_french() -> None:
    assert rules.megabytes(25_000_000) == "25\u00a0Mo"
    assert rules.megabytes(1_240_000) == "1,2\u00a0Mo"
