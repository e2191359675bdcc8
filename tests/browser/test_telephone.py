"""A firm on its telephone, on a slow network: how many taps, what is photographed, what is kept when the network drops."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import Person, Town
from tests.browser.test_walk import Mouse
from tests.browser.walking import faults_of
from tests.vault import papers

MOST_TAPS = 6
PROFILE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # 400 kbit/s
UPRIGHT = 0x0112  # of EXIF
BAKER_PAGES = ("/r/", "/r/prix/", "/r/non/", "/r/questions/")


class Thumb(Mouse):
    """Acts by touching; a field filled is one tap, whatever is typed in it."""

    def _press(self, target: Locator) -> None:
        target.tap()

    def _type(self, target: Locator, text: str) -> None:
        target.tap()
        target.fill(text)

    def type_price(self, text: str) -> None:
        self.actions += 1
        self._type(self.page.locator("input[name^=price-]").first, text)

    def _tick(self, target: Locator) -> None:
        target.locator("xpath=ancestor::label").tap()


@contextmanager
def telephone(chromium: Browser, town: Town) -> Iterator[Person]:
    context = chromium.new_context(**PROFILE, locale="fr-FR", timezone_id="Europe/Paris")
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield Person(context, page, town, faults)
    context.close()
    assert faults == []


@pytest.mark.parametrize("way", ["by_qr", "by_code", "by_link"])
def test_a_yes_with_one_price_takes_six_taps_at_most_on_a_slow_network(
    way: str, chromium: Browser, town: Town, scene: dict[str, str], record_property: Any
) -> None:
    with telephone(chromium, town) as baker:
        page, thumb = baker.page, Thumb(baker.page)
        network = baker.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW)
        if way == "by_code":
            baker.go("/r/")
            thumb.type("Votre code", scene[way].lower())
        else:
            baker.go(scene[way])
        thumb.press("Oui, je donne mon prix", link=True)
        thumb.type_price("0,95")
        thumb.tick(re.compile(r"avec TVA à 5,5"))
        thumb.type("Votre nom", "Mathilde D.")
        thumb.press("Envoyer mon prix")
        expect(page.locator("h1")).to_contain_text("Bien reçu", timeout=30_000)
        assert page.url.endswith("/r/recepisse/")
        record_property("seconds", page.evaluate("performance.now() / 1000"))
        assert thumb.actions <= MOST_TAPS


def photograph(path: Path, size: tuple[int, int], *, lying: bool = False) -> Path:
    """As a camera writes one: large; lying on its side when its EXIF says how to stand it up."""
    exif = Image.Exif()
    exif[UPRIGHT] = 6 if lying else 1
    Image.effect_noise(size, 90).convert("RGB").save(path, "JPEG", quality=95, exif=exif)
    return path


def pages(page: Page) -> list[dict[str, Any]]:
    """What the field of the camera holds now."""
    return page.evaluate("""async () => Promise.all([...document.querySelector("#photo").files].map(async file => {
        const picture = await createImageBitmap(file).catch(() => ({width: 0, height: 0}))
        return {name: file.name, type: file.type, size: file.size, width: picture.width, height: picture.height}
    }))""")


def the_answers(town: Town, invitation: str) -> list[tuple[Any, ...]]:
    joined = "(SELECT count(*) FROM quotes_submissiondocument d WHERE d.submission_id = s.id AND NOT d.removed)"
    return town.rows(f"SELECT state, {joined} FROM quotes_submission s WHERE invitation_id = ?", invitation)  # noqa: S608


def test_a_paper_quote_photographed_without_a_network_leaves_once_when_it_is_back(
    chromium: Browser, town: Town, scene: dict[str, str], tmp_path: Path
) -> None:
    tall = photograph(tmp_path / "IMG_1.jpg", (3_200, 2_400), lying=True)
    cat = photograph(tmp_path / "chat.jpg", (400, 300))
    heic, huge = tmp_path / "IMG_3.HEIC", tmp_path / "IMG_4.heic"
    heic.write_bytes(papers.HEIC)
    huge.write_bytes(papers.HEIC + bytes(25_000_000))
    with telephone(chromium, town) as baker:
        page = baker.go(scene["by_photo"])
        page.get_by_role("link", name="Oui, je donne mon prix").tap()
        page.locator("input[name^=price-]").fill("0,95")
        page.locator("summary", has_text="Prendre mon devis en photo").tap()
        for taken in (cat, tall, heic, huge):
            page.get_by_label("Prendre une photo").set_input_files(taken)
            expect(page.locator("[data-preparing]")).to_be_hidden()
        expect(page.locator("[data-heavy]")).to_contain_text("« IMG_4.heic » : Ce fichier dépasse 25 Mo")
        page.get_by_role("button", name="Monter la page 2").tap()
        lines = page.locator("[data-pages] li")
        expect(lines).to_have_count(3)
        expect(page.get_by_role("img", name="Page 1")).to_be_visible()
        shown = pages(page)
        assert [(each["name"], each["width"], each["height"]) for each in shown] == [
            ("page-1.jpg", 1_500, 2_000), ("page-2.jpg", 400, 300), ("page-3.HEIC", 0, 0),
        ]  # fmt: skip
        assert shown[0]["size"] < tall.stat().st_size / 2
        page.get_by_role("button", name="Retirer la page 3").tap()

        # The page closed, then opened again: it is as it was left.
        page.locator("input[name=vat][value=included-550]").check()
        page.close()
        baker.page = page = baker.context.new_page()
        baker.go("/r/prix/")
        expect(page.locator("[data-kept]")).to_contain_text("Rien n'est encore parti")
        expect(page.locator("input[name^=price-]")).to_have_value("0,95")
        expect(page.locator("[data-pages] li")).to_have_count(2)
        page.get_by_label("Votre nom").fill("Mathilde D.")

        baker.context.set_offline(True)
        page.get_by_role("button", name="Envoyer mon prix").last.tap()
        banner = page.locator("[data-kept]")
        expect(banner).to_contain_text("Pas de réseau. Rien n'est perdu : votre réponse est gardée sur ce téléphone.")
        expect(banner).to_contain_text("L'heure qui compte est celle de son arrivée à la mairie")
        assert the_answers(town, scene["by_photo_invitation"]) == []

        # Back, but so weak that the first receipt is lost on its way.
        lost: list[str] = []

        def lose_the_first(route: Route) -> None:
            if not lost and route.request.method == "POST":
                lost.append(route.fetch(max_redirects=0).headers["location"])
                route.abort()
            else:
                route.continue_()

        page.route("**/r/prix/", lose_the_first)
        baker.context.set_offline(False)
        expect(banner).to_contain_text("Pas de réseau")
        while not lost:
            page.wait_for_timeout(50)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("h1")).to_contain_text("Bien reçu")
        expect(page.locator("main")).to_contain_text("page-1.jpg, page-2.jpg")
        assert the_answers(town, scene["by_photo_invitation"]) == [("received", 2)]
        assert page.evaluate("localStorage.length") == 0


def test_a_telephone_that_is_not_mine_forgets_what_i_typed(chromium: Browser, town: Town, scene: dict[str, str]) -> None:
    with telephone(chromium, town) as baker:
        page = baker.go(scene["by_nobody"])
        baker.go("/r/non/")
        page.get_by_label("Pas le temps").check()
        assert "no_time" in page.evaluate("JSON.stringify(localStorage)")
        page.get_by_role("button", name="Ce n'est pas mon téléphone").tap()
        expect(page.locator("[data-kept]")).to_contain_text("C'est effacé")
        assert page.evaluate("localStorage.length") == 0


def test_six_languages_fit_a_telephone_and_read_their_own_way(chromium: Browser, town: Town, scene: dict[str, str]) -> None:
    found = []
    with telephone(chromium, town) as baker:
        page = baker.go(scene["by_nobody"])
        for code, _ in settings.LANGUAGES:
            baker.go(f"/r/?langue={code}")
            for path in BAKER_PAGES:
                baker.go(path)
                page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{path} overflows in {code}")
                way = page.evaluate("getComputedStyle(document.querySelector('main')).direction")
                if way != ("rtl" if code == "ar" else "ltr"):
                    found.append(f"{path} reads the wrong way in {code}")
                if code == "ar":
                    found += faults_of(page, f"{path} in {code}")
    assert found == []
