"""The whole path in a browser, from the sentence to a dossier that verifies: wide, on a telephone, by keyboard alone."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from sourcier.dossier.offline import verifier
from sourcier.project.demo.city import PASSWORD
from tests.browser.conftest import Person, Town

MOST_ACTIONS = 25


class Mouse:
    """Acts by pointing; counts what a person does: a click, a field filled, a box ticked."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def press(self, name: str | re.Pattern[str], *, link: bool = False) -> None:
        self.actions += 1
        self._press(self.page.get_by_role("link" if link else "button", name=name).first)

    def type(self, label: str, text: str) -> None:
        self.actions += 1
        self._type(self.page.get_by_label(label).first, text)

    def tick(self, label: str | re.Pattern[str]) -> None:
        self.actions += 1
        self._tick(self.page.get_by_label(label).first)

    def _press(self, target: Locator) -> None:
        target.click()

    def _type(self, target: Locator, text: str) -> None:
        target.fill(text)

    def _tick(self, target: Locator) -> None:
        target.check()


class Keyboard(Mouse):
    """Acts with Tab, Enter, Space, arrows and letters alone, as someone without a mouse."""

    MOST_TABS = 400

    def _reach(self, target: Locator) -> None:
        target.wait_for()
        element = target.element_handle()  # found once: by its name it would be sought again in the whole page at each Tab
        for _ in range(self.MOST_TABS):
            if element.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {target}")

    def _press(self, target: Locator) -> None:
        self._reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _type(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def _tick(self, target: Locator) -> None:
        if target.get_attribute("type") == "radio":
            self._turn(target)
            return
        self._reach(target)
        if not target.is_checked():
            self.page.keyboard.press("Space")

    def _turn(self, target: Locator) -> None:
        """Within a group of round buttons, Tab reaches one and the arrows the others."""
        group = self.page.locator(f"input[name={target.get_attribute('name')}]")
        checked = self.page.locator(f"input[name={target.get_attribute('name')}]:checked")
        self._reach(checked.first if checked.count() else group.first)
        for _ in range(group.count()):
            if not target.is_checked():
                self.page.keyboard.press("Space" if target.evaluate("e => e === document.activeElement") else "ArrowDown")


def say_the_need(who: Person, hand: Mouse, sentence: str) -> str:
    """From signing in to sent. Returns the need's id."""
    page = who.go("/compte/connexion/")
    hand.type("Adresse électronique", "denise@rosny.example")
    hand._type(page.locator("input[type=password]"), PASSWORD)
    hand.press("Se connecter")
    hand.press("Décrire un besoin", link=True)
    hand.type("Votre besoin, en une phrase", sentence)
    hand.press("Continuer")
    hand.type("1 Quoi, précisément ?", "Baguettes et pains de mie, cuits du matin.")
    hand.type("2 Combien, à quel rythme ?", "60 baguettes par jour")
    hand.tick(re.compile("Crèche du Centre"))
    page.locator("#unknown_when").scroll_into_view_if_needed()
    hand._tick(page.locator("#unknown_when"))
    hand.actions += 2
    hand.type("5 Pour combien, environ ?", "16 000")
    hand.press("Envoyer mon besoin")
    expect(page.locator("main")).to_contain_text("acheteur")
    found = re.search(r"/achats/([0-9a-f-]{36})/", page.url)
    assert found
    return found[1]


def prepare_the_request(who: Person, hand: Mouse, need: str, address: str) -> None:
    """The buyer: accept, activities, rule, firms, addresses, request, sent."""
    page = who.go(f"/achats/{need}/")
    hand.press("Accepter ce besoin")
    who.go(f"/achats/{need}/activites/")
    hand.tick(re.compile("10.71C"))
    hand.press("Retenir ces activités")
    who.go(f"/achats/{need}/regle/")
    hand.press("Vérifier la règle du jour")
    who.go(f"/achats/{need}/entreprises/")
    hand.press("Chercher les entreprises")
    if page.get_by_role("button", name="Chercher", exact=True).first.is_visible():
        hand.press("Chercher")
    hand.press(re.compile("Toutes les entreprises"))
    first = page.locator("input[type=email]").first
    if first.count():
        hand._type(first, address)
        hand.press("Enregistrer les adresses")
    who.go(f"/achats/{need}/demande/")
    hand.type("Métier cherché", "un boulanger")
    hand._type(page.locator("textarea[name=description]"), "Des baguettes chaque matin, livrées avant 7 h.")
    hand.press("Relire avant d'envoyer")
    hand.press(re.compile("Envoyer la demande"))
    expect(page.locator("main")).to_contain_text("Personne ne voit les réponses avant le")


def answer_from_a_telephone(who: Person, hand: Mouse, link: str, price: str) -> str:
    """The baker: the link, one price, sent. Returns the receipt's number."""
    page = who.go(link)
    expect(page.locator("h1")).to_contain_text("cherche un boulanger")
    hand.press("Oui, je donne mon prix", link=True)
    hand._type(page.locator("input[name^=price-]").first, price)
    hand._tick(page.locator("input[name=vat]").first)
    if (rate := page.locator("select[name=rate]")).count():
        rate.select_option("550")
    else:
        hand._tick(page.locator("input[name=rate]").first)
    hand.type("Votre nom", "Mathilde D.")
    hand._press(page.locator("button[name=go]").last)
    expect(page.locator("h1")).to_contain_text("Bien reçu")
    found = re.search(r"RX-[0-9A-Z]+", page.locator("main").inner_text())
    assert found
    return found[0]


def choose_and_tell(who: Person, hand: Mouse, need: str) -> None:
    """After the deadline: reference, opening, marks, choice, told."""
    page = who.go(f"/achats/{need}/reponses/")
    hand._tick(page.locator("input[name=kind][value=none]"))
    hand.press("Garder cette référence")
    hand.press("Ouvrir les réponses")
    for field in page.locator("input[name^=value-]").all():
        hand._type(field, "80")
    hand.press("Garder mes notes")
    who.go(f"/achats/{need}/choix/")
    hand._tick(page.locator("input[name=submission]").first)
    hand.type("Pourquoi ce choix ?", "Seule réponse, à un prix raisonnable au regard de l'estimation.")
    hand.press("Faire ce choix")
    hand.press(re.compile("Prévenir toutes les entreprises"))
    expect(page.locator("main")).to_contain_text("choisie")


def take_the_dossier(who: Person, need: str, folder: Path) -> Path:
    page = who.go(f"/achats/{need}/dossier/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger le dossier de preuve").click()
    file = folder / "dossier.zip"
    download.value.save_as(file)
    return file


def walk(town: Town, people: Any, hands: type[Mouse], width: int, sentence: str, folder: Path) -> None:
    denise, bruno, aude = people(None, width), people("bruno", width), people("aude", width)
    hand = hands(denise.page)
    need = say_the_need(denise, hand, sentence)
    assert hand.actions <= MOST_ACTIONS
    address = f"walk{width}{hands.__name__.lower()}@boulangers.example"
    arrived = town.mails()
    prepare_the_request(bruno, hands(bruno.page), need, address)
    asked = town.rows(
        "SELECT i.address FROM sourcing_invitation i JOIN sourcing_sourcing s ON s.id = i.sourcing_id "
        "WHERE s.need_id = ? AND i.address <> '' ORDER BY i.address DESC",
        UUID(need).hex,
    )
    baker = people(None, 390)
    number = answer_from_a_telephone(baker, hands(baker.page), town.link_for(asked[0][0], after=arrived), "0,95")
    assert number not in bruno.go(f"/achats/{need}/reponses/").content()
    town.late(need)
    choose_and_tell(bruno, hands(bruno.page), need)
    report = verifier.verify(take_the_dossier(aude, need, folder))
    assert report.problems == []
    for who in (denise, bruno, aude, baker):
        assert who.faults == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_whole_path_from_a_sentence_to_a_verified_dossier(town: Town, people: Any, width: int, tmp_path: Path) -> None:
    walk(town, people, Mouse, width, f"Pain frais pour la crèche du Centre ({width})", tmp_path)


def test_the_whole_path_with_tab_and_enter_alone(town: Town, people: Any, tmp_path: Path) -> None:
    walk(town, people, Keyboard, 1280, "Pain frais pour la crèche du Centre, sans souris", tmp_path)
