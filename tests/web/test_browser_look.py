from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page

from tests.chromium import BROWSER
from tests.cities import City
from tests.web.clients import signed_in

pytestmark = BROWSER
PUBLIC = ("components", "account_login", "account_reset_password", "help", "accessibility", "personal_data")
SIGNED_IN = (
    "home", "my_account", "settings_city", "settings_people", "settings_departments", "settings_places",
    "settings_place_new", "mfa_index", "account_change_password", "account_logout",
)  # fmt: skip


@pytest.fixture
def chromium_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def serious(page: Page) -> list[str]:
    """Rules of axe-core broken gravely on this page, each with its first place."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def enter(page: Page, server: str, city: City) -> None:
    """Sign the head of purchasing in, by the cookie."""
    cookie = signed_in(city.head_buyer).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server}])


@pytest.mark.django_db(transaction=True)
def test_pages_have_no_serious_fault_of_accessibility_and_fit_320_pixels(
    chromium_page: Page, live_server: object, city: City
) -> None:
    page, server, faults = chromium_page, live_server.url, []  # type: ignore[attr-defined]
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for names, before in ((PUBLIC, None), (SIGNED_IN, city)):
        if before:
            enter(page, server, before)
        for name in names:
            for width in (1280, 320):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(server + reverse(name))
                faults += [f"{name} at {width}: {fault}" for fault in serious(page)]
                if overflows(page):
                    faults.append(f"{name} at {width}: wider than the screen")
    assert faults == []
    assert errors == [], "the content security policy blocks nothing of ours"


@pytest.mark.django_db(transaction=True)
def test_a_keyboard_reaches_the_content_first_then_the_menu(chromium_page: Page, live_server: object, city: City) -> None:
    page, server = chromium_page, live_server.url  # type: ignore[attr-defined]
    enter(page, server, city)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(server + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.goto(server + "/")
    menu = page.locator("summary", has_text="Menu")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Accueil"
