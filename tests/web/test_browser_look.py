from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import BROWSER
from tests.cities import City
from tests.web.clients import signed_in

pytestmark = BROWSER


@pytest.fixture
def chromium_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def enter(page: Page, server: str, city: City) -> None:
    """Sign the head of purchasing in, by the cookie."""
    cookie = signed_in(city.head_buyer).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server}])


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
