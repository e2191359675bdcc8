"""Checkpoints and receipts in text: the formats of C2SP, and every way of spoiling them."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sourcier.kernel.merkle import completed_nodes, inclusion_proof, leaf_hash, root
from sourcier.kernel.notes import BadNote, TreeHead, format_head, key_id, open_checkpoint, open_note, parse_head, sign_note
from sourcier.kernel.receipts import Receipt, check_receipt, format_receipt, parse_receipt

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
ORIGIN = "sourcier/rosny"


def checkpoint(size: int = 3, digest: bytes = bytes(32)) -> str:
    return sign_note(format_head(TreeHead(ORIGIN, size, digest)), ORIGIN, KEY)


def receipt(index: int = 2, size: int = 5) -> Receipt:
    entries = [b"entry %d" % number for number in range(size)]
    nodes: dict[tuple[int, int], bytes] = {}
    for place, entry in enumerate(entries):
        for level, position, digest in completed_nodes(place, leaf_hash(entry), lambda *at: nodes[at]):
            nodes[level, position] = digest
    proof = inclusion_proof(index, size, lambda *at: nodes[at])
    return Receipt(entries[index], index, tuple(proof), checkpoint(size, root(size, lambda *at: nodes[at])))


def test_the_published_note_of_the_go_checksum_database_verifies() -> None:
    """The verifier key and the example note printed in the documentation of golang.org/x/mod/sumdb/note."""
    name, _, encoded = ["PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    public_key = b64decode(encoded)[1:]
    assert key_id(name, public_key).hex() == "c74f20a3"
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert open_note(f"{text}\n— {name} {signature}\n", name, public_key) == text


def test_a_checkpoint_is_origin_size_root_then_one_signature_line() -> None:
    lines = checkpoint().split("\n")
    assert lines[:4] == [ORIGIN, "3", b64encode(bytes(32)).decode(), ""]
    dash, name, signature = lines[4].split(" ")
    assert (dash, name, lines[5:]) == ("—", ORIGIN, [""])
    assert b64decode(signature)[:4] == key_id(ORIGIN, PUBLIC)
    assert len(b64decode(signature)) == 68


def test_a_checkpoint_opens_with_its_key_and_no_other() -> None:
    assert open_checkpoint(checkpoint(), PUBLIC) == TreeHead(ORIGIN, 3, bytes(32))
    with pytest.raises(BadNote):
        open_checkpoint(checkpoint(), OTHER)


def test_signatures_of_witnesses_are_ignored() -> None:
    witness = "— temoin.example " + b64encode(bytes(68)).decode() + "\n"
    assert open_checkpoint(checkpoint() + witness, PUBLIC).size == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("\n3\n", "\n4\n"),
        lambda note: note.replace(ORIGIN, "sourcier/pantin"),
        lambda note: note.replace("\n3\n", "\n03\n"),
        lambda note: note.replace("\n3\n", "\n-3\n"),
        lambda note: note.replace("\n3\n", "\n3\x00\n"),
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note[:-6] + "AAAA=\n",
        lambda note: "",
        lambda note: note.replace("AAA=", "AAA"),
    ],
)
def test_a_spoilt_checkpoint_is_refused(spoil: object) -> None:
    with pytest.raises(BadNote):
        open_checkpoint(spoil(checkpoint()), PUBLIC)  # type: ignore[operator]


def test_a_root_must_have_32_bytes() -> None:
    with pytest.raises(BadNote):
        parse_head(f"{ORIGIN}\n3\n{b64encode(bytes(31)).decode()}\n")


def test_a_receipt_has_the_format_of_tlog_proof() -> None:
    given = receipt()
    lines = format_receipt(given).split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "extra " + b64encode(b"entry 2").decode()
    assert lines[2] == "index 2"
    assert [b64decode(line) for line in lines[3:6]] == list(given.proof)
    assert lines[6] == ""
    assert "\n".join(lines[7:]) == given.checkpoint


def test_a_receipt_read_back_is_verified_even_with_windows_line_ends() -> None:
    text = format_receipt(receipt())
    assert check_receipt(parse_receipt(text), PUBLIC).size == 5
    assert check_receipt(parse_receipt(text.replace("\n", "\r\n")), PUBLIC).size == 5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("index 2", "index 3"),
        lambda text: text.replace(b64encode(b"entry 2").decode(), b64encode(b"entry 3").decode()),
        lambda text: text.replace("tlog-proof@v1", "tlog-proof@v2"),
        lambda text: text.replace("extra", "autre"),
        lambda text: text.replace("\n\n", "\n" + b64encode(bytes(32)).decode() + "\n\n", 1),
        lambda text: text.replace("\n\n", "\n" + b64encode(bytes(31)).decode() + "\n\n", 1),
        lambda text: text.split("\n\n")[0],
        lambda text: "",
    ],
)
def test_a_spoilt_receipt_is_refused(spoil: object) -> None:
    with pytest.raises(BadNote):
        check_receipt(parse_receipt(spoil(format_receipt(receipt()))), PUBLIC)  # type: ignore[operator]
