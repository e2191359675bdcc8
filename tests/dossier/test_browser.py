"""VERIFIER.html, opened from disk in a real browser: the same verdicts as verifier.py."""

import json
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from sourcier.dossier.offline import verifier
from sourcier.journal import keys
from sourcier.journal.actions import append
from sourcier.journal.models import Log
from sourcier.vault.queries import content_path
from tests.chromium import BROWSER
from tests.cities import City
from tests.dossier.attacks import Attacker, pack, recompressed, repair, unpack, without_a_document
from tests.dossier.forging import signed_again
from tests.dossier.purchase import DEADLINE, Purchase, dossier_of, taken, zipped
from tests.dossier.test_seals import cheaper
from tests.dossier.verifying import judged, largest_block

pytestmark = BROWSER

ASKED_DIRECTLY = """async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return (await verify(new File([bytes], "d.zip"), "", async () => {})).problems;
}"""


def serious(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in violations if v["impact"] in ("serious", "critical")]


def test_a_good_dossier_is_never_plain_green_without_the_fingerprint(page: Page, dossier: bytes, fingerprint: str) -> None:
    assert serious(page) == []
    assert judged(page, dossier) == "partial"
    result = page.locator("#result").inner_text()
    assert "clé non comparée" in result and "jusqu'au point de contrôle du 3 octobre 2026" in result.lower()
    assert page.locator(".good").count() == 0 and page.locator(".partial").count() == 1
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert fingerprint in result
    assert judged(page, dossier, fingerprint.lower()) == "good"
    assert serious(page) == []
    assert "Ville de Rosny" in page.locator("#result").inner_text()
    assert judged(page, dossier, "4F2A 91C0") == "bad"
    assert serious(page) == []


def test_what_a_mail_filter_left_still_verifies(page: Page, dossier: bytes) -> None:
    assert judged(page, recompressed(dossier, without=("verifier.py", "VERIFIER.html", "LISEZ-MOI.txt"))) == "partial"


def test_a_transfer_to_the_archives_is_told_for_what_it_is(page: Page) -> None:
    transfer = pack({"manifest.xml": b"<ArchiveTransfer/>", "Content/F-1.txt": b"x"})
    assert judged(page, transfer) == "bad"
    said = page.locator("#result").inner_text()
    assert verifier.TRANSFER in said and "nouveau dossier" not in said and "pas conforme" not in said
    assert serious(page) == []


def test_a_dossier_signed_again_is_found_by_the_fingerprint(page: Page, dossier: bytes, fingerprint: str) -> None:
    forged = signed_again(dossier, lambda payload: payload)
    assert judged(page, forged) == "partial"
    assert judged(page, forged, fingerprint) == "bad"


def test_a_document_left_out_is_said_by_the_page_as_by_the_script(page: Page, dossier: bytes) -> None:
    forged = signed_again(pack(repair(without_a_document(unpack(dossier), "Vitrine.jpg"))), lambda payload: payload)
    said = page.evaluate(ASKED_DIRECTLY, b64encode(forged).decode())
    assert said == verifier.verify(BytesIO(forged)).problems and "manque au dossier" in said[0]


def test_a_price_lowered_at_the_opening_is_found_by_the_page(page: Page, dossier: bytes, city: City) -> None:
    forged = signed_again(dossier, cheaper, keys.private_key(Log.objects.get(pk=city.organisation.pk)))
    said = page.evaluate(ASKED_DIRECTLY, b64encode(forged).decode())
    assert said == verifier.verify(BytesIO(forged)).problems and "n'est pas celui qui avait été scellé." in said[0]


def test_the_page_and_the_script_judge_alike(page: Page, dossier: bytes) -> None:
    files = unpack(dossier)
    stranger = files["data/journal/entries.jsonl"].decode().splitlines()[0]
    for attack in Attacker(dossier, stranger, seed=7).attacks(44):
        found = page.evaluate(ASKED_DIRECTLY, b64encode(attack.data).decode())
        assert bool(found) != verifier.verify(BytesIO(attack.data)).ok, (attack.name, found)


def test_a_keyboard_alone_gives_the_dossier_and_hears_what_is_missing(page: Page, dossier: bytes) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "fingerprint"
    page.keyboard.press("Enter")
    assert "Choisissez d'abord" in page.get_by_role("alert").inner_text()
    assert page.evaluate("document.activeElement.id") == "file"
    page.get_by_label("Le dossier de preuve").set_input_files(
        [{"name": "dossier.zip", "mimeType": "application/zip", "buffer": dossier}]
    )
    page.wait_for_selector("#result[data-state]")
    assert page.evaluate("document.activeElement.id") == "result"


def test_a_dossier_dropped_on_the_page_is_checked(page: Page, dossier: bytes) -> None:
    data = pack(repair(unpack(dossier) | {"data/rapport.pdf": b"%PDF autre"}))
    page.evaluate(
        """(text) => {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "depot.zip"));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
        }""",
        b64encode(data).decode(),
    )
    page.wait_for_selector("#result[data-state]")
    result = page.locator("#result").inner_text()
    assert "n'est pas conforme" in result and "data/rapport.pdf" in result


def test_the_page_says_what_a_communicable_version_does_not_show_and_why(page: Page, finished: Purchase) -> None:
    data = dossier_of(finished, for_third_party=True)
    assert judged(page, data) == "partial"
    result = page.locator("#result").inner_text()
    assert "Ce qui n'est pas montré, et la raison dite" in result and "C'est la version communicable à un tiers" in result
    assert "contenus : réponse d'une entreprise : ses prix détaillés" in result
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    files = unpack(data)
    withheld = json.loads(files["data/payloads/withheld.json"])
    withheld[next(iter(withheld))] = "contenu effacé"
    altered = pack(repair(files | {"data/payloads/withheld.json": json.dumps(withheld).encode()}))
    assert judged(page, altered) == "bad"


def test_a_large_dossier_is_read_by_blocks_and_never_held_whole(page: Page, finished: Purchase) -> None:
    data = b"0123456789abcdef" * (3 << 16)
    place = content_path(finished.city.organisation.pk, sha256(data).hexdigest())
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    with time_machine.travel(DEADLINE + timedelta(days=4), tick=True):
        said = {"name": "Bruno", "text": "Plans", "files": [{"name": "Plans.pdf", "sha256": sha256(data).hexdigest()}]}
        append(finished.city.organisation.pk, finished.need.pk, "need.said", said)
    dossier = zipped(taken(finished, 5))
    assert len(dossier) > len(data) == 3 << 20
    assert judged(page, dossier) == "partial"
    assert 1 << 19 < largest_block(page) <= 1 << 20
