"""Words of people on a page: PDF/A refuses one sign without a drawing, so there must be none."""

import sys
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from sourcier.kernel.typesetting import drawn, typeset

PAGE = b'#set document(title: "Essai")\n#set text(lang: "fr")\n#json(bytes(sys.inputs.data)).words'


def page(words: str) -> bytes:
    return typeset(PAGE, {"words": words}, pdf_standards=["a-3a"], timestamp=datetime(2026, 9, 14, tzinfo=UTC))


def test_every_sign_left_as_it_is_has_a_drawing() -> None:
    signs = (chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number <= 0xDFFF)
    kept = [sign for sign in signs if drawn(sign) == sign]
    assert len(kept) > 1_500 and set("éÉœŒ€«»’…—ÿçΩЖ≤→").issubset(kept)
    assert page(" ".join(kept)).startswith(b"%PDF")


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_any_words_can_be_printed(words: str) -> None:
    assert page(words).startswith(b"%PDF")


def test_a_sign_without_a_drawing_is_named_and_what_only_changes_it_is_left_out() -> None:
    assert drawn({"sentence": "Croissants 🥐", "rows": [["❤\ufe0f", 3, None]], "none": ""}) == {
        "sentence": "Croissants [signe U+1F950]", "rows": [["[signe U+2764]", 3, None]], "none": "",
    }  # fmt: skip
