import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel import sealing
from sourcier.kernel.sealing import PIECE, TAG, BrokenSeal, new_key, seal, unseal

PRIVATE, PUBLIC = new_key()
SIZES = (0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE)
START = len(sealing.MARK) + sealing._WRAPPED


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_read_again_by_its_key(size: int) -> None:
    content = secrets.token_bytes(size)
    sealed = seal(PUBLIC, b"crate 7", content)
    assert unseal(PRIVATE, b"crate 7", sealed) == content
    assert len(sealed) == START + size + TAG * max(1, -(-size // PIECE))


def test_the_same_content_sealed_twice_shows_nothing_in_common() -> None:
    one, two = (seal(PUBLIC, b"", b"0,95") for _ in range(2))
    assert one[len(sealing.MARK) :] != two[len(sealing.MARK) :]
    assert b"0,95" not in one


@given(st.data())
def test_one_bit_changed_anywhere_opens_nothing(data: st.DataObject) -> None:
    sealed = bytearray(seal(PUBLIC, b"about", b"un devis de 18 240 euros"))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(BrokenSeal):
        unseal(PRIVATE, b"about", bytes(sealed))


def test_another_key_or_another_subject_opens_nothing() -> None:
    sealed = seal(PUBLIC, b"one firm", b"0,95")
    for key, about in ((new_key()[0], b"one firm"), (PRIVATE, b"another firm")):
        with pytest.raises(BrokenSeal):
            unseal(key, about, sealed)


def pieces(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[START:]
    return sealed[:START], [body[at : at + PIECE + TAG] for at in range(0, len(body), PIECE + TAG)]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda found: found[:-1], id="the last piece taken away"),
        pytest.param(lambda found: found[1:], id="the first piece taken away"),
        pytest.param(lambda found: [found[1], found[0], *found[2:]], id="two pieces exchanged"),
        pytest.param(lambda found: [*found[:-1], found[0], found[-1]], id="a piece said twice"),
        pytest.param(lambda found: [*found, found[-1]], id="a piece added"),
        pytest.param(lambda found: [], id="nothing left"),
    ],
)
def test_pieces_taken_away_moved_or_added_open_nothing(forged) -> None:  # type: ignore[no-untyped-def]
    head, found = pieces(seal(PUBLIC, b"", secrets.token_bytes(3 * PIECE)))
    assert len(found) == 3
    with pytest.raises(BrokenSeal):
        unseal(PRIVATE, b"", head + b"".join(forged(found)))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_another_error(junk: bytes) -> None:
    for given_bytes in (junk, sealing.MARK + junk):
        with pytest.raises(BrokenSeal):
            unseal(PRIVATE, b"", given_bytes)
