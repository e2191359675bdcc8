"""VERIFIER.html replays the draws of a dossier by itself, as verifier.py does."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sourcier.dossier.offline import verifier
from sourcier.sourcing.actions import draw
from sourcier.sourcing.models import Sourcing
from tests.chromium import BROWSER
from tests.cities import City
from tests.dossier.attacks import pack, repair, unpack
from tests.dossier.drawing import LIES, TOKEN, dossier, drawn_by_token, one_seed, told
from tests.dossier.verifying import judged, verifier_page
from tests.journal.authority import Authority
from tests.sourcing.entries import last_payload
from tests.sourcing.test_balanced import DAY

pytestmark = BROWSER


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    with verifier_page(chromium, tmp_path) as page:
        yield page


def test_the_page_tells_the_same_of_each_draw(page: Page, city: City, searched: Sourcing) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    assert judged(page, dossier(city, searched)) == "partial"
    assert "Le tirage n° 1 est rejoué : 4 entreprises parmi 6" in page.locator("#result").inner_text()
    for edit, sentence in LIES:
        told(city, searched, edit)
        assert judged(page, dossier(city, searched)) == "bad"
        assert sentence in page.locator("#result").inner_text()


def test_the_page_finds_the_token_of_a_draw(page: Page, city: City, searched: Sourcing, stamping: Authority) -> None:
    data = drawn_by_token(city, searched)
    assert judged(page, data) == "partial"
    assert "jeton d'un tiers, pris après la liste" in page.locator("#result").inner_text()
    files = unpack(data)
    (name,) = (name for name, body in files.items() if name.startswith("data/payloads/") and b'"chance":' in body)
    files[name] = json.dumps(one_seed(json.loads(files[name]))).encode()
    assert judged(page, pack(repair(files))) == "bad"
    assert TOKEN in page.locator("#result").inner_text()


def test_the_page_draws_like_the_script(page: Page, city: City, searched: Sourcing) -> None:
    draw.propose(city.buyer, searched.pk, 12)
    pattern = last_payload(searched, "panel.listed")["firms"][0]
    for round_ in range(20):
        firms = [
            pattern | {
                "siret": f"{number:014d}", "distance_m": None if number % 11 == 0 else number * 37 * (round_ + 1) % 5_000,
                "created_on": "" if number % 7 == 0 else f"{1990 + (number + round_) % 37}-09-1{number % 9}",
                "size_class": ["01", "21", "NN", "11", ""][(number * round_) % 5], "category": ["PME", "GE", ""][number % 3],
                "asked": number % 4 != 0 and round_ > 2,
            }
            for number in range(3 + round_ * 9)
        ]  # fmt: skip
        seed, count = sha256(bytes([round_])).digest(), 3 + round_ * 2
        found = page.evaluate(
            "([firms, count, day, seed]) => drawAgain(firms, count, day, unhex(seed))", [firms, count, DAY, seed.hex()]
        )
        assert found == verifier.draw_again(firms, count, DAY, seed)
