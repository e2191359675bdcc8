"""The whole path in a browser, from the sentence to a dossier that verifies: wide, on a telephone, by keyboard alone."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from sourcier.dossier.offline import verifier
from sourcier.kernel.french import PARIS
from sourcier.needs.interest_rules import STATEMENTS
from sourcier.project.demo.city import PASSWORD
from tests.browser.conftest import Person, Town
from tests.vault import papers

MOST_ACTIONS = 25
# Whoever has no mouse sees where he is: a line around the field, or around the words that are part of it.
SEEN = """element => [element, element.closest("label")].some(
    each => each && getComputedStyle(each).outlineStyle !== "none")"""


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

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.most_tabs = 400

    def _reach(self, target: Locator) -> None:
        target.wait_for()
        element = target.element_handle()  # found once: by its name it would be sought again in the whole page at each Tab
        for _ in range(self.most_tabs):
            if element.evaluate("element => element === document.activeElement"):
                assert element.evaluate(SEEN), f"nothing shows that {target} has the focus"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {target}")

    def unfold(self, title: str) -> None:
        self._reach(self.page.locator("summary", has_text=title).first)
        self.page.keyboard.press("Enter")

    def pick(self, label: str, beginning: str) -> None:
        """One line of a list, by its first letters."""
        self._reach(self.page.get_by_label(label))
        self.page.keyboard.type(beginning)

    def join(self, label: str, file: Path) -> None:
        self.page.once("filechooser", lambda asked: asked.set_files(file))  # said early: a busy browser learns it late
        field = self.page.get_by_label(label)
        self._reach(field)
        self.page.keyboard.press("Space")
        expect(field).to_have_value(re.compile(re.escape(file.name)))

    def type_when(self, target: Locator, when: datetime) -> None:
        """A day or an hour, whose parts stand in the order of the browser's own language."""
        date = target.get_attribute("type") == "date"
        self._reach(target)
        for order in ("%d%m%Y", "%m%d%Y") if date else ("%H%M", "%I%M%p"):
            self.page.keyboard.type(when.strftime(order))
            if target.input_value() == when.strftime("%Y-%m-%d" if date else "%H:%M"):
                return
            for _ in order:
                self.page.keyboard.press("ArrowLeft")
        raise AssertionError(f"{when} cannot be typed: {target.input_value()}")

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
    page.wait_for_url(re.compile(r"/achats/[0-9a-f-]{36}/$"))  # once what is being saved has come
    found = re.search(r"/achats/([0-9a-f-]{36})/", page.url)
    assert found
    return found[1]


def without_interest(hand: Mouse) -> None:
    """Each statement, as a form asks."""
    for statement in STATEMENTS.values():
        hand.tick(statement)


def declare_on_the_need(who: Person, hand: Mouse, need: str) -> None:
    who.go(f"/achats/{need}/")
    without_interest(hand)
    hand.press("Déclarer")


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
    without_interest(hand)
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
    without_interest(hand)
    hand.press(re.compile("Envoyer la demande"))
    expect(page.locator("main")).to_contain_text("Personne ne voit les réponses avant le")


def answer_from_a_telephone(who: Person, hand: Mouse, link: str, price: str) -> str:
    """The baker: the link, one price, sent. Returns the receipt's number."""
    page = who.go(link)
    expect(page.locator("h1")).to_contain_text("cherche un boulanger")
    hand.press("Oui, je donne mon prix", link=True)
    hand._type(page.locator("input[name^=price-]").first, price)
    hand._tick(page.locator("input[name=vat][value=included-550]"))
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
    marks = page.locator("input[name^=value-]")
    expect(marks.first).to_be_visible()  # `all` waits for nothing
    for field in marks.all():
        hand._type(field, "80")
    hand.press("Garder mes notes")
    who.go(f"/achats/{need}/choix/")
    hand._tick(page.locator("input[name=submission]").first)
    hand.type("Pourquoi ce choix", "Seule réponse, à un prix raisonnable au regard de l'estimation.")
    without_interest(hand)
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


def register_an_envelope(who: Person, hand: Keyboard, need: str, photo: Path) -> None:
    """A quote on paper came in the morning post, from a firm that no e-mail reaches."""
    page = who.go(f"/achats/{need}/suivi/")
    firm = page.locator("#courriers .title").first.inner_text().split()[:3]
    hand.press("Un devis est arrivé sur papier", link=True)
    hand.pick("De quelle entreprise ?", " ".join(firm))
    hand.most_tabs = 12  # the next field is the next one, whatever parts a day and an hour have
    hand.join("Photo de l'enveloppe fermée", photo)
    arrived = datetime.now(PARIS) - timedelta(hours=2)
    hand.type_when(page.locator("input[type=date]"), arrived)
    hand.type_when(page.locator("input[type=time]"), arrived)
    hand.type("Où est-elle gardée, fermée ?", "Coffre du service courrier")
    hand.press("Enregistrer ce pli, fermé")
    expect(page.locator("main")).to_contain_text("Écrivez ce numéro sur l'enveloppe")


def keep_then_destroy(town: Town, who: Person, hand: Keyboard, need: str, sentence: str, visa: Path) -> None:
    """The head of purchasing: a litigation noted and lifted, the end of the contract, years, the visa, what goes, gone."""
    page = who.go("/controle/")
    hand.press("Conservation", link=True)
    hand.press(re.compile(re.escape(sentence)), link=True)
    hand.type("Quel recours, devant qui ?", "Recours devant le tribunal administratif")
    hand.press("Mettre en attente : contentieux")
    hand.type("Comment il a fini", "Jugement définitif, recours rejeté")
    hand.press("Lever l'attente")
    hand.type_when(page.get_by_label("Fin d'exécution, le"), datetime.now(PARIS))
    hand.press("Noter la fin d'exécution")
    town.years_later(need)
    hand.type("Référence du visa", "AD93-117")
    hand.type_when(page.get_by_label("Signé le"), datetime.now(PARIS))
    hand.join("Le visa signé", visa)
    hand.press("Verser le visa")
    hand.press(re.compile("Voir, puis détruire"), link=True)
    expect(page.locator("main")).to_contain_text("Ce qui serait détruit")
    hand.tick("J'ai lu ce qui sera détruit")
    hand.press("Détruire définitivement")
    expect(page.locator("main")).to_contain_text("C'est détruit")


def renew_the_key(who: Person, hand: Keyboard) -> None:
    page = who.go("/controle/")
    hand.press("Clé de la Ville", link=True)
    hand.unfold("La renouveler")
    hand.type("Pourquoi ?", "Un serveur neuf remplace l'ancien")
    hand.press("Renouveler la clé")
    expect(page.locator("main")).to_contain_text("Celles d'avant")


def walk(town: Town, people: Any, hands: type[Mouse], width: int, sentence: str, folder: Path) -> str:
    """Returns the need's id."""
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
    declare_on_the_need(denise, hands(denise.page), need)
    assert number not in bruno.go(f"/achats/{need}/reponses/").content()
    town.late(need)
    choose_and_tell(bruno, hands(bruno.page), need)
    report = verifier.verify(take_the_dossier(aude, need, folder))
    assert report.problems == []
    for who in (denise, bruno, aude, baker):
        assert who.faults == []
    return need


@pytest.mark.parametrize("width", [1280, 390])
def test_the_whole_path_from_a_sentence_to_a_verified_dossier(town: Town, people: Any, width: int, tmp_path: Path) -> None:
    walk(town, people, Mouse, width, f"Pain frais pour la crèche du Centre ({width})", tmp_path)


def test_the_whole_path_with_tab_and_enter_alone(town: Town, people: Any, scene: dict[str, str], tmp_path: Path) -> None:
    sentence, photo, visa = (
        "Pain frais pour la crèche du Centre, sans souris",
        tmp_path / "enveloppe.jpg",
        tmp_path / "visa.pdf",
    )
    photo.write_bytes(papers.JPEG)
    visa.write_bytes(papers.pdf_bytes())
    need = walk(town, people, Keyboard, 1280, sentence, tmp_path)
    bruno, helene = people("bruno"), people("helene")
    town.sent_yesterday(scene["asked"])
    register_an_envelope(bruno, Keyboard(bruno.page), scene["asked"], photo)
    keep_then_destroy(town, helene, Keyboard(helene.page), need, sentence, visa)
    renew_the_key(helene, Keyboard(helene.page))
    assert bruno.faults + helene.faults == []
