"""VERIFIER.html judges the stamps of a third party by itself, as verifier.py does: who, when, up to which root."""

import json
import random
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone
from playwright.sync_api import Page

from sourcier.dossier.offline import verifier
from sourcier.journal import anchors
from sourcier.kernel import timestamps
from tests.chromium import BROWSER
from tests.dossier.attacks import pack, repair, unpack
from tests.dossier.purchase import Purchase, stamped_now
from tests.dossier.test_anchors import OWN_SWAPS, older_time, other_time
from tests.dossier.verifying import judged
from tests.journal.authority import TIME, Authority, certificate, made_authority
from tests.kernel.test_timestamps import MESSAGE, real

pytestmark = BROWSER

# For each reply: the hour in milliseconds and the hashes of the certificates that lead to the highest, or the sentence.
STAMPS = """([replies, message, given]) => {
    const read = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return replies.map((reply) => {
        try {
            const { ms, line } = stampOf(read(reply), read(message), given.map(read));
            return [ms, ...line.map((each) => hex(sha256(each.raw)))];
        } catch (error) {
            return error instanceof BadStamp ? error.message : UNREADABLE_STAMP;
        }
    });
}"""


def in_page(page: Page, replies: list[bytes], given: list[bytes]) -> list[Any]:
    encoded = [[b64encode(each).decode() for each in some] for some in (replies, given)]
    found: list[Any] = page.evaluate(STAMPS, [encoded[0], b64encode(MESSAGE).decode(), encoded[1]])
    return found


def in_script(reply: bytes, given: list[bytes]) -> Any:
    try:
        seconds, line = verifier.stamp_of(reply, MESSAGE, given)
    except verifier.BadStamp as fault:
        return str(fault).replace("ce programme", "cette page")
    except (ValueError, TypeError, IndexError, StopIteration, RecursionError, OverflowError):
        return "il n'est pas lisible."
    return [round(seconds * 1000), *(sha256(each.raw).hexdigest() for each in line)]


def test_the_page_says_who_told_the_time_when_and_which_root_is_to_be_compared(
    page: Page, anchored: bytes, dossier: bytes, authority: Authority
) -> None:
    assert judged(page, anchored) == "partial"
    result = page.locator("#result").inner_text()
    assert "« Horodateur d'essai » l'atteste. Son certificat remonte à la racine « Racine de Horodateur d'essai »" in result
    assert sha256(authority.root.certificate.public_bytes(Encoding.DER)).hexdigest() in result
    assert "comparez-la à celle que publie l'autorité" in result and "comparez-la à celle qu'il publie" in result
    assert judged(page, dossier) == "partial"
    assert "n'est pas ancré chez un tiers horodateur" in page.locator("#result").inner_text()


def test_the_page_judges_the_stamp_of_the_dossier_itself(page: Page, anchored: bytes, authority: Authority) -> None:
    assert judged(page, anchored) == "partial"
    assert "Le dossier entier existait le" in page.locator("#result").inner_text()
    files = unpack(anchored)
    for swap, sentence in OWN_SWAPS:
        assert judged(page, pack(repair(files | swap(files, authority)))) == "bad"
        assert sentence in page.locator("#result").inner_text()


@pytest.mark.parametrize(
    ("swapped", "sentence"),
    [(other_time, "il porte sur autre chose que son point de contrôle"), (older_time, "est d'avant une entrée qu'il couvre")],
)
def test_the_page_finds_a_token_swapped_for_another(
    page: Page, anchored: bytes, authority: Authority, swapped: Callable[..., bytes], sentence: str
) -> None:
    files = unpack(anchored)
    files["data/proofs/anchor-1.tsr"] = swapped(files, authority)
    assert judged(page, pack(repair(files))) == "bad"
    assert sentence in page.locator("#result").inner_text()


def test_the_page_finds_a_checkpoint_swapped_for_that_of_another_tree(page: Page, anchored: bytes) -> None:
    files = unpack(anchored)
    (said,) = json.loads(files["data/proofs/anchors.json"])
    files["data/proofs/anchors.json"] = json.dumps([said | {"consistency": said["consistency"][:-1]}]).encode()
    assert judged(page, pack(repair(files))) == "bad"
    assert "ne prolonge pas" in page.locator("#result").inner_text()


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_the_page_and_the_script_judge_replies_alike_changed_or_not(page: Page, tmp_path: Path, kind: str) -> None:
    made = made_authority(tmp_path / kind, kind=kind)
    reply = made.reply(timestamps.request(MESSAGE, 7))
    given = [made.root.certificate.public_bytes(Encoding.DER)]
    draw = random.Random(kind)
    replies = [reply]
    for _ in range(150):
        place = draw.randrange(len(reply))
        replies.append(reply[:place] + bytes([reply[place] ^ 1 << draw.randrange(8)]) + reply[place + 1 :])
    found = in_page(page, replies, given)
    assert len(found[0]) == 3, "the hour, the signer, the root"
    for changed, said in zip(replies, found, strict=True):
        assert (said == found[0]) == (in_script(changed, given) == found[0]), (said, in_script(changed, given))


def test_the_page_and_the_script_climb_to_the_root_and_believe_no_false_one(page: Page, tmp_path: Path) -> None:
    """Between the signer and the root; a root of the same name, with another key; a certificate that may issue none."""
    made = made_authority(tmp_path / "long")
    between = certificate("Autorité intermédiaire", made.root, kind="p384")
    made.signer, made.between = certificate("Horodateur", between, usage=TIME, kind="p256"), (between,)
    reply = made.reply(timestamps.request(MESSAGE, 7))
    same_name = certificate(f"Racine de {made.root.certificate.subject.rfc4514_string()}")
    impostor = certificate("Racine de Horodateur d'essai")
    for given, length in (([made.root], 3), ([impostor, made.root], 3), ([impostor], 2), ([same_name], 2), ([], 2)):
        ders = [each.certificate.public_bytes(Encoding.DER) for each in given]
        (found,) = in_page(page, [reply], ders)
        assert found == in_script(reply, ders) and len(found) == 1 + length


@pytest.mark.parametrize(
    "name",
    [
        *(f"sigstage/response-{kind}.tsr" for kind in ("sha256", "sha384", "sha512", "no-embedded-cert", "invalid-signature")),
        *("identrust/issue-104.tsr", "test_tsa/response-injected-certs.tsr", "sigstore.mock/response-expired.tsr"),
    ],
)
def test_the_page_reads_real_replies_as_the_script_does(page: Page, shared_data: Path, name: str) -> None:
    reply, known = real(shared_data, name)
    given = [each.public_bytes(Encoding.DER) for each in known]
    assert in_page(page, [reply], given) == [in_script(reply, given)]


def test_a_signature_that_the_page_cannot_judge_is_said_and_no_fault(
    page: Page, finished: Purchase, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = authority.forged
    monkeypatch.setattr(authority, "forged", lambda *asked: honest(*asked, "-keyopt", "rsa_padding_mode:pss"))
    authority.manner = "forged"
    assert anchors.take_due(timezone.now()) == 1
    assert judged(page, stamped_now(finished)) == "partial"
    assert "n'est pas jugé ici" in page.locator("#result").inner_text()


def test_a_stamp_made_of_noise_gives_a_sentence(page: Page, anchored: bytes) -> None:
    files = unpack(anchored)
    for noise in (b"", b"0", b"0\x80", b"\xff" * 40, bytes(60), b"0\x84\xff\xff\xff\xff"):
        data = pack(repair(files | {"data/proofs/anchor-1.tsr": noise}))
        assert judged(page, data) == "bad"
        assert "n° 1 ne prouve rien" in page.locator("#result").inner_text()
        assert any("n° 1 ne prouve rien" in each for each in verifier.verify(BytesIO(data)).problems)
