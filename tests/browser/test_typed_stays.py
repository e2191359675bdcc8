"""What is typed of a need is kept without a click: the page reloaded, the tab closed, even within the second."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Town

SENTENCE = "Des chaises pour la salle des fêtes, qui s'empilent"
WHAT = "Cent chaises, avec un chariot pour les ranger."


def kept(page: Page, address: str, label: str, text: str) -> None:
    """The page of the need shows this text, whenever it is opened next."""
    for _ in range(20):
        page.goto(address)
        if page.get_by_label(label).first.input_value() == text:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{text!r} is lost")


def test_what_is_typed_of_a_need_stays_after_a_reload_and_in_another_tab(town: Town, people: Any) -> None:
    denise = people("denise", 390)
    page = denise.go("/besoins/nouveau/")
    page.get_by_label("Votre besoin, en une phrase").press_sequentially(SENTENCE)
    expect(page.locator("#saved")).to_contain_text("Enregistré à")
    page.reload()
    expect(page.get_by_label("Votre besoin, en une phrase")).to_have_value(SENTENCE)
    address = page.url
    page.get_by_label("Quoi, précisément").press_sequentially(WHAT)
    page.reload()  # at once: nothing has been saved yet
    kept(page, address, "Quoi, précisément", WHAT)
    page.get_by_label("Combien, à quel rythme").press_sequentially("Une fois")
    page.close(run_before_unload=True)
    other = denise.context.new_page()
    kept(other, address, "Combien, à quel rythme", "Une fois")
    other.goto(town.site)
    expect(other.locator("main")).to_contain_text(SENTENCE)
    assert denise.faults == []


def test_a_page_left_open_after_signing_out_says_that_nothing_is_saved_and_keeps_what_is_typed(town: Town, people: Any) -> None:
    denise = people("denise", 390)
    page = denise.go("/besoins/nouveau/")
    page.get_by_label("Votre besoin, en une phrase").fill("Des bancs pour la cour")
    page.get_by_role("button", name="Continuer").click()
    what = page.get_by_label("Quoi, précisément")
    what.wait_for()
    denise.context.clear_cookies(name="sessionid")
    what.press_sequentially(WHAT)
    expect(page.locator("#saved")).to_contain_text("Pas enregistré : vous n'êtes plus connecté")
    expect(what).to_have_value(WHAT)
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("input[type=password]")).to_have_count(0)
