"""Secret links and typed codes."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.suppliers import tokens

seeds = st.binary(min_size=16, max_size=16).map(bytes.hex)


@given(seeds)
def test_a_code_is_read_however_it_is_typed(seed: str) -> None:
    code = tokens.code(seed)
    assert len(code) == 10 and set(code) <= set(tokens.ALPHABET)
    shown = tokens.format_code(code)
    assert [len(part) for part in shown.split("-")] == [4, 4, 2]
    for typed in (shown, shown.lower(), " ".join(shown), code, f"  {shown.replace('-', ' ')} ", shown.replace("-", "–")):
        assert tokens.parse_code(typed) == code


@given(seeds, st.integers(0, 9), st.sampled_from(tokens.ALPHABET))
def test_one_wrong_character_is_seen(seed: str, place: int, other: str) -> None:
    code = tokens.code(seed)
    wrong = code[:place] + other + code[place + 1 :]
    assert tokens.parse_code(wrong) == (code if wrong == code else None)


@given(seeds, st.integers(0, 8), st.integers(0, 8))
def test_two_characters_swapped_are_seen(seed: str, one: int, other: int) -> None:
    code = list(tokens.code(seed))
    code[one], code[other] = code[other], code[one]
    swapped = "".join(code)
    assert tokens.parse_code(swapped) == (swapped if swapped == tokens.code(seed) else None)


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_nothing(text: str) -> None:
    assert tokens.parse_code(text) in (None, "".join(c for c in text.upper() if c in tokens.ALPHABET))


def test_the_alphabet_has_no_letter_that_looks_like_another() -> None:
    assert len(tokens.ALPHABET) == len(set(tokens.ALPHABET)) == 31
    assert not set("01OIL") & set(tokens.ALPHABET)


@given(seeds, seeds)
def test_links_hold_256_bits_and_differ_when_seeds_do(one: str, other: str) -> None:
    assert len(tokens.token(one)) == 43
    assert (tokens.token(one) == tokens.token(other)) == (one == other)
    assert tokens.token(one) not in (one, tokens.token_hash(tokens.token(one)))


def test_the_key_is_outside_the_database_and_its_owner_s_alone(settings: Any, tmp_path: Path) -> None:
    settings.KEYS = tmp_path / "keys"
    first = tokens.key()
    file = settings.KEYS / tokens.KEY_FILE
    assert len(first) == 32 and tokens.key() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(settings.KEYS) == [tokens.KEY_FILE]


def test_another_key_opens_nothing(settings: Any, tmp_path: Path) -> None:
    seed = tokens.new_seed()
    hashed = tokens.token_hash(tokens.token(seed))
    assert tokens.secrets_of(seed, hashed) == (tokens.token(seed), tokens.code(seed))
    settings.KEYS = tmp_path
    with pytest.raises(tokens.KeyLost):
        tokens.secrets_of(seed, hashed)


def test_processes_that_start_together_end_with_the_same_key(tmp_path: Path) -> None:
    program = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup();"
        "from sourcier.suppliers import tokens; print(tokens.key().hex())"
    )
    environment = {**os.environ, "SOURCIER_KEYS": str(tmp_path / "keys"), "SOURCIER_VAR": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in started}
    assert len(keys) == 1 and len(keys.pop()) == 64
