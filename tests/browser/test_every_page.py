"""Every named address, visited by someone who may: it answers, axe-core finds nothing serious, nothing overflows.

Each role has one walk, one window and one signing in. A walk also sends a few forms with what is wrong in them, since the page
that says so is a page too; it notes the names of the addresses it was shown, and the forms it saw.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Browser, Page, Response

from sourcier.project.demo.city import PASSWORD
from tests.browser.conftest import Person, Town, newcomer, sign_in
from tests.vault import papers
from tests.web.clients import code_now

WIDTHS = (1280, 390, 320)
NEW_PASSWORD = "quatre-mots-sans-lien"
# Forms alone, which no one visits: the walks see each of them on a page.
POSTED = {
    "need_take_over", "need_begin_from", "need_split", "need_complete", "need_submit", "need_accept", "need_send_back",
    "need_close", "need_say", "need_settle", "need_give_up", "choose_organisation", "firm_contact_add", "firm_contact_remove",
    "firm_contact_failing", "identity_check",
    "families_load", "ask_again", "panel_start", "panel_kind", "panel_search", "panel_choose", "panel_contacts",
    "panel_draw", "panel_keep_drawn",
    "request_document_join", "request_document_remove", "question_answer", "invitation_address", "letters_print",
    "letter_posted", "letters_posted", "relays_print", "relay_told", "deadline_extend", "firms_widen", "sourcing_end",
    "reference_choose", "answers_open", "last_price_ask", "last_price_open", "marks_give", "marks_set_aside", "clarify",
    "clarification_record", "tell_all", "told", "results_print", "exchange_file", "dossier_take", "settings_role_grant",
    "settings_role_revoke", "settings_person_off", "settings_person_on", "settings_person_link", "settings_place_switch",
    "settings_department_places", "firm_proof", "firm_news", "firm_question_proof",
    "firm_clarification_proof", "firm_wish_proof", "city_key_change", "request_correct", "heard_allow",
    "campaign_print", "campaign_posted", "campaign_returned",
    "call_record", "contest_reply", "place_link", "place_claim", "place_stop", "place_leave", "firm_key_give",
    "firm_mail_reaches",
    "firm_contact_forget", "letter_returned", "retention_hold", "retention_release", "retention_end", "retention_visa",
    "paper_proof", "tray_file", "tray_read", "tray_set_aside", "rule_add", "rule_end",
    "rule_cross", "orders_columns", "orders_withdraw",
    "together_look", "together_explain", "together_join",
    "profile_package", "year_take",
    "family_add", "contract_renew",
    "idea_receipt", "place_idea_receipt", "place_alerts", "place_link_again", "place_receipt",
    "lanes_propose", "lane_end", "word_add", "words_import", "word_retire", "word_suggested",
    "need_hand_over", "glance", "direct_cancel",
    "idea_answer", "idea_route", "idea_check", "idea_told", "idea_forget",
}  # fmt: skip
# Files and texts, which are not pages: they answer whoever may have them, and that is all.
FILES = {
    "robots", "city_css", "city_logo", "need_file", "request_document", "answer_file", "exchange_document", "exchange_letter",
    "city_key_minutes", "poster_print", "dossier_download", "dossier_seda", "firm_document", "mfa_download_recovery_codes",
    "paper_receipt", "verifier_sums", "notices_feed", "place_data",
    "tray_document", "idea_file", "single_note", "year_download", "direct_file",
}  # fmt: skip
AXE = Axe().axe_script
# Two rules about colours cost more than all the others together. Of a list, the first lines are read, as the next are alike.
# « region » is never serious.
JUDGED = """async () => {
    const colours = ["color-contrast", "link-in-text-block"], off = {enabled: false}
    const rules = Object.fromEntries([...colours, "region"].map(rule => [rule, off]))
    const alike = {exclude: ["main li:nth-child(n+4)", "main tbody tr:nth-child(n+4)"]}
    const most = {exclude: ["main li:nth-child(n+13)", "main tbody tr:nth-child(n+13)"]}
    const all = await axe.run(most, {resultTypes: ["violations"], rules})
    const some = await axe.run(alike, {resultTypes: ["violations"], runOnly: colours})
    return [...all.violations, ...some.violations]
}"""
# A comma, or a full stop, that nothing stands before: somebody wrote nothing there, or a line of a template ends.
HOLE = r"""() => document.body.innerText.match(/.{0,30}(\s[,.](?=\s)|,\s*,|[:(]\s*,).{0,20}/)"""
SENT_TO = """() => [...document.querySelectorAll("form[method=post]")].map(
    form => new URL(form.getAttribute("action") || location.href, location.href).href
)"""

# Where a program posts, not a person (tests/mail/test_text_inbox.py); a form that three years of purchases from one firm show
# (tests/sourcing/test_rotation.py).
HEARD = {"sms_arrived", "panel_again"}


def names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def name_of(address: str) -> str:
    return resolve(urlsplit(address).path).url_name or ""


def faults_of(page: Page, path: str) -> list[str]:
    """What is wrong with the page shown, at each width, with all its folds open."""
    found = []
    page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} overflows {width} pixels")
    if page.locator("h1").count() != 1:
        found.append(f"{path} has {page.locator('h1').count()} first headings")
    if hole := page.evaluate(HOLE):
        found.append(f"{path} has a hole in a sentence: {hole[0]}")
    if not page.title().strip():
        found.append(f"{path} has no title")
    page.evaluate(AXE)
    for broken in page.evaluate(JUDGED):
        if broken["impact"] in ("serious", "critical"):
            found.append(f"{path}: {broken['id']} {broken['nodes'][0]['html'][:160]}")
    return found


class Walk:
    """Someone who goes from page to page, and what was seen on the way."""

    def __init__(self, who: Person) -> None:
        self.who, self.page = who, who.page
        self.found: list[str] = []
        self.pages: set[str] = set()
        self.files: set[str] = set()
        self.forms: set[str] = set()

    def look(self, *paths: str, status: int = 200) -> None:
        """Go to each address, be let in, and look at the page."""
        for path in paths:
            response = self.page.goto(self.who.town.site + path)
            shown = urlsplit(self.page.url)._replace(scheme="", netloc="").geturl()
            if shown != path:
                self.found.append(f"{path} led to {shown}")
            self.judge(response, path, status)

    def enter(self, path: str) -> None:
        """Follow a link that leads somewhere else."""
        response = self.page.goto(self.who.town.site + path)
        self.pages.add(name_of(path))
        self.judge(response, path)

    def judge(self, response: Response | None, path: str, status: int = 200) -> None:
        """The page shown, whichever way one came to it."""
        if response is None or response.status != status:
            self.found.append(f"{path} answered {response.status if response else 'nothing'}")
        if status != 200:
            self._forgive(status)
        elif response and response.request.method == "GET":
            self.pages.add(name_of(self.page.url))
        self.found += faults_of(self.page, path)
        self.forms |= {name_of(action) for action in self.page.evaluate(SENT_TO)}

    def _forgive(self, status: int) -> None:
        """The browser complains of a page that is an error; this one was expected."""
        said = [fault for fault in self.who.faults if f"status of {status}" in fault]
        if said:
            self.who.faults.remove(said[0])

    def press(self, button: str | re.Pattern[str], path: str, status: int = 200) -> None:
        """Send the form of a button, whatever the browser would say of its fields; look at what comes back."""
        self.page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
        pressed = self.page.locator("button", has_text=button).first
        answered: list[Response] = []

        def note(response: Response) -> None:
            answered.append(response)

        self.page.on("response", note)
        with self.page.expect_navigation() as came:
            pressed.click()
        self.page.remove_listener("response", note)
        self.judge(came.value or answered[-1], path, status)  # an answer is sent by the page itself, which turns to what comes

    def refused(self, path: str, button: str | re.Pattern[str], status: int = 422, **typed: str) -> None:
        """Send a form with what is wrong in it: `typed` is {name of a field: text}. The page that comes back says so."""
        self.page.goto(self.who.town.site + path)
        self.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
        for name, text in typed.items():
            self.page.locator(f"main [name='{name}']").first.fill(text)
        self.press(button, f"{path} refused", status)
        if not self.page.locator("main .has-error, main [role=alert]").count():
            self.found.append(f"{path} does not say what is wrong")

    def fetch(self, *paths: str) -> None:
        """Files, with this person's cookies: they come, and are not empty."""
        for path in paths:
            response = self.who.context.request.get(self.who.town.site + path)
            if response.status != 200 or not response.body():
                self.found.append(f"{path} answered {response.status}, {len(response.body())} bytes")
            self.files.add(name_of(path))

    def download(self, path: str, button: str) -> None:
        """A file that a button gives, be it in a fold."""
        self.page.goto(self.who.town.site + path)
        self.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
        with self.page.expect_download() as came:
            self.page.locator("button", has_text=button).first.click()
        if came.value.failure():
            self.found.append(f"{button}: {came.value.failure()}")


def requester(walk: Walk, scene: dict[str, str]) -> None:
    walk.look(
        "/", "/mon-compte/", "/besoins/", "/besoins/nouveau/", "/compte/mot-de-passe/", "/compte/double-verification/",
        f"/achats/{scene['begun']}/decrire/", f"/achats/{scene['returned']}/decrire/", "/compte/deconnexion/",
        f"/achats/{scene['begun']}/", f"/achats/{scene['returned']}/", f"/achats/{scene['done']}/",
    )  # fmt: skip
    walk.look(f"/achats/{scene['led']}/", f"/achats/{scene['led']}/conduire/", "/delais/")
    walk.look(*(f"/achats/{scene['glanced']}/{page}" for page in ("entreprises/", "demande/", "demande/envoyer/")))
    walk.press("Demander le regard d'un acheteur", "a request to be looked at")
    walk.look("/")
    walk.page.locator("header details summary").last.click()
    walk.found += faults_of(walk.page, "the menu")
    walk.fetch(scene["need_file"])
    walk.refused("/besoins/nouveau/", "Continuer", 200, sentence=" ")
    walk.refused(f"/achats/{scene['blank']}/decrire/", "Envoyer mon besoin", 200)
    walk.refused("/compte/mot-de-passe/", "Changer", 200, oldpassword="faux", password1="court", password2="long")
    walk.refused("/mon-compte/", "Enregistrer", 200, name=" ")
    begins_from_the_past(walk)
    walk.look(f"/achats/{scene['two']}/decrire/")
    buys_directly(walk)


def begins_from_the_past(walk: Walk) -> None:
    """A sentence, then a past purchase that looks like it: its answers come, the sentence stays."""
    sentence = "Du pain frais pour la nouvelle crèche"
    shown = walk.page.goto(f"{walk.who.town.site}/besoins/nouveau/")
    walk.page.locator("[name=sentence]").fill(sentence)
    walk.page.get_by_text("Des achats semblables").wait_for()
    walk.judge(shown, "a sentence typed")
    walk.press("Partir de là", "the answers of a past purchase")
    if walk.page.locator("[name=sentence]").input_value() != sentence:
        walk.found.append("the sentence just typed is lost")


def buys_directly(walk: Walk) -> None:
    """On a telephone: three fields, one photograph and five taps, then it is recorded; what is wrong is said first."""
    walk.look("/achats/direct/")
    walk.refused("/achats/direct/", "Enregistrer cet achat", sentence=" ")
    page = walk.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{walk.who.town.site}/achats/direct/")
    for name, text in {"sentence": "Un bouquet de fleurs pour la crèche", "who": "boulangerie", "amount": "48,50"}.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=siret]").first.check()
    page.get_by_label("TVA 5,5").check()
    page.locator("#direct-seen", has_text="45,97").wait_for()
    page.get_by_label("Petit montant").check()
    picture = {"name": "ticket.jpg", "mimeType": "image/jpeg", "buffer": papers.JPEG}
    page.locator("[name=photo]").set_input_files([picture])
    page.locator("[data-pages] li").wait_for()
    walk.press("Enregistrer cet achat", "a direct purchase")
    walk.fetch(page.locator("main dd a[href*='/pieces/']").get_attribute("href") or "")
    walk.refused(urlsplit(page.url).path, "Annuler, avec cette raison", reason=" ")


def buyer(walk: Walk, scene: dict[str, str]) -> None:
    """Each step of a purchase, before, during and after."""
    typed, kept = f"reponses/{scene['envelope']}", f"plis-papier/{scene['envelope']}/"
    steps = {
        "submitted": [""],
        "accepted": ["", "activites/", "regle/", "entreprises/"],
        "draft": ["", "entreprises/", "demande/", "demande/envoyer/"],
        "asked": ["interets/", "demande/", "suivi/", "reponses/", "echanges/", "plis-papier/", "prix-entendu/"],
        "closed": ["reponses/"],
        "opened": ["reponses/", "choix/", "sans-suite/", f"reponses/{scene['answer']}/", f"{typed}/taper/", kept],
        "lots": ["reponses/"],
        "learned": ["reponses/", "sans-suite/"],
        "chosen": ["annonce/"],
        "stopped": ["annonce/", "entreprises/"],
        "done": ["regle/", "reponses/", "annonce/", "dossier/"],
    }
    walk.look(
        "/", "/consultations/", "/a-rappeler/", "/controle/", "/bilan/", "/familles/", "/entreprises/",
        "/entreprises/importer/",
        f"/entreprises/{scene['done_firm']}/", f"/entreprises/{scene['stranger']}/", scene["choice_lot"],
        *(f"/achats/{scene[need]}/{step}" for need, pages in steps.items() for step in pages),
    )  # fmt: skip
    walk.fetch(*(scene[file] for file in ("request_document", "answer_file", "exchange_document", "exchange_letter")))
    walk.fetch(f"/achats/{scene['alone']}/note-devis-unique/")
    walk.fetch(f"/achats/{scene['opened']}/{kept}recepisse/", f"/achats/{scene['asked']}/suivi/affiche/")
    walk.look("/entreprises/territoire/", scene["campaign"], scene["campaign_new"])
    walk.look("/entreprises/idees/", scene["idea"], scene["idea_to_tell"])
    walk.fetch(f"{scene['idea']}document/")
    walk.refused(scene["idea"], "Envoyer la réponse", answer=" ")
    for button in ("Imprimer les lettres", "Word", "Adresses (Excel)"):
        walk.download(scene["campaign"], button)
    walk.refused(scene["campaign"], "Noter qu'elles sont parties", how=" ", cost="beaucoup")
    walk.page.locator("[name=how]").fill("Postées ce matin")
    walk.page.locator("[name=cost]").fill("12,60")
    walk.press("Noter qu'elles sont parties", "a campaign posted")
    walk.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
    walk.page.locator("main [name=why]").first.fill("Destinataire inconnu")
    walk.press("Noter le retour", "a letter come back")
    walk.enter(walk.page.locator("li:has(.danger) a").first.get_attribute("href") or "")
    walk.refused(urlsplit(walk.page.url).path, "Ôter la mention", how=" ")


def buyer_in_a_hurry(walk: Walk, scene: dict[str, str]) -> None:
    """The forms of a purchase, sent with what is wrong in them; then the letters, for those whom no e-mail reaches."""
    asked = f"/achats/{scene['asked']}/suivi/"
    walk.refused(
        f"/achats/{scene['draft']}/demande/",
        "Relire avant d'envoyer",
        **{"lignes-0-quantity": "beaucoup", "criteres-0-weight": "0"},
    )
    walk.refused(asked, "Reporter pour toutes", **{"extend-reason": " "})
    walk.refused(f"/achats/{scene['asked']}/plis-papier/", "Enregistrer ce pli")
    walk.refused(f"/achats/{scene['asked']}/prix-entendu/", "Le noter au journal", how=" ")
    walk.refused(f"/achats/{scene['opened']}/choix/", "Faire ce choix")
    walk.refused(f"/achats/{scene['accepted']}/interets/", "Déclarer", **{"interest-firm": "Fournil"})
    walk.refused(f"/achats/{scene['accepted']}/entreprises/", "Chercher les entreprises")
    walk.refused(f"/achats/{scene['chosen']}/annonce/", "Lire les messages avant l'envoi")
    for sentence in walk.page.locator("main textarea:visible").all():
        sentence.fill("Votre prix est plus élevé, à qualité égale.")
    walk.press("Lire les messages avant l'envoi", "the messages before they leave")
    walk.refused(asked, "Noter le retour", why=" ")
    for button in ("courriers (PDF)", "Word", "Adresses (CSV)", "Adresses (Excel)", "Imprimer ("):
        walk.download(asked, button)
    walk.download(f"/achats/{scene['opened']}/plis-papier/{scene['envelope']}/", "récépissé signé")
    walk.download(f"/achats/{scene['stopped']}/annonce/", "Imprimer les courriers")


def head_of_purchasing(walk: Walk, scene: dict[str, str]) -> None:
    walk.look(
        "/reglages/", "/reglages/directions/", f"/reglages/directions/{scene['department']}/", "/reglages/lieux/",
        "/reglages/lieux/nouveau/", f"/reglages/lieux/{scene['place']}/", "/reglages/archives/", "/reglages/ouverture/",
        "/reglages/voies/", "/reglages/achat-direct/", "/reglages/mots/",
        "/familles/unites/", "/familles/nomenclature/", "/familles/nomenclature/importer/", scene["family"],
        "/controle/cle/", "/regles/", "/familles/commandes/", scene["orders_given"], scene["orders_read"],
        "/familles/marches/", "/familles/marches/nouveau/", "/familles/marches/importer/", scene["contracts_given"],
        scene["contracts_read"], scene["contract"], f"/achats/{scene['crossing']}/marches/",
        f"/achats/{scene['closed']}/reponses/", f"/achats/{scene['lots']}/reponses/", f"/achats/{scene['crossing']}/regle/",
        f"/achats/{scene['crossing']}/duree/", "/familles/fournisseurs/",
        f"/achats/{scene['opened']}/reponses/{scene['envelope']}/",
        "/controle/conservation/", "/controle/demande-d-une-personne/", f"/controle/conservation/achats/{scene['done']}/",
        f"/controle/conservation/achats/{scene['accepted']}/", scene["retention_erase"],
        scene["idea"], f"/entreprises/{scene['done_firm']}/",
    )  # fmt: skip
    walk.refused(f"/controle/conservation/achats/{scene['done']}/", "Noter la fin d'exécution", **{"end-on": "2199-01-01"})
    walk.refused(scene["contract"], "Enregistrer", object=" ")
    walk.look(f"/achats/{scene['draft']}/entreprises/")
    walk.refused(f"/achats/{scene['draft']}/entreprises/", "Déclarer")
    walk.refused(f"/achats/{scene['crossing']}/marches/", "Commander sur ce marché", amount="beaucoup")
    walk.fetch("/controle/cle/proces-verbal/")
    walk.download(f"/achats/{scene['crossing']}/regle/", "Télécharger le paquet")
    walk.look("/controle/annees/")
    walk.download("/controle/annees/", "Prendre le dossier de l'année")
    walk.look("/controle/annees/")
    walk.fetch(walk.page.locator("#taken a.btn").first.get_attribute("href") or "")
    walk.look(walk.page.locator("#taken p a").first.get_attribute("href") or "")
    walk.look("/courrier/", scene["mail"], f"{scene['mail']}?achat={scene['asked']}")
    walk.refused(scene["mail"], "Lire ce courriel", reason="Pour voir")
    walk.page.locator("[name=reason]").fill("Rien ne dit à quel achat il se rapporte.")
    walk.press("Lire ce courriel", "a message read apart")
    walk.fetch(f"{scene['mail']}fichier/")
    walk.refused("/controle/cle/", "Déclarer la clé volée")
    walk.refused("/reglages/lieux/nouveau/", "Ajouter", 200, name=" ", postal_code="9311")
    walk.refused("/reglages/voies/", "Régler cette voie", up_to_cents=" ")
    walk.enter("/reglages/voies/")
    for _ in range(3):  # the city's own
        walk.press("Arrêter", "a lane ended")
    walk.press("Régler ces voies", "the lanes to begin with")
    walk.refused("/reglages/mots/", "Ajouter ces mots", phrase="<b>", words="10.71C")
    walk.enter("/familles/ensemble/")
    walk.press("Recalculer", "the purchases compared")
    walk.look("/familles/ensemble/?annee=2026", "/familles/rotation/")
    walk.refused("/familles/ensemble/?annee=2026", "Garder cette raison", reason=" ")


def administrator(walk: Walk, scene: dict[str, str]) -> None:
    walk.look(
        "/reglages/personnes/", "/reglages/personnes/nouvelle/", f"/reglages/personnes/{scene['samir']}/",
        f"/reglages/personnes/{scene['gone']}/", f"/reglages/personnes/{scene['invited']}/",
    )  # fmt: skip
    walk.refused("/reglages/personnes/nouvelle/", "Ouvrir", 200, name=" ", email="bruno@rosny.example")


def auditor(walk: Walk, scene: dict[str, str]) -> None:
    walk.look(
        "/", f"/achats/{scene['done']}/dossier/", "/controle/conservation/", f"/controle/conservation/achats/{scene['done']}/"
    )
    walk.fetch(scene["dossier_download"], scene["dossier_seda"])


def anyone(walk: Walk, scene: dict[str, str]) -> None:
    notice = f"/avis/{scene['notice']}/"
    walk.look(
        "/compte/connexion/", "/aide/", "/accessibilite/", "/donnees-personnelles/", "/composants/", "/avis/", notice,
        "/verifier/", f"{notice}envoye/", scene["notice_confirm"], "/r/", "/compte/desactive/",
    )  # fmt: skip
    walk.look("/avis/inconnu/", "/r/inconnu", f"/avis/confirmer/{'x' * 43}/", status=404)
    walk.fetch("/robots.txt", "/verifier/SHA256SUMS", "/ville.css?couleur=%230b6e69", scene["city_logo"])
    walk.refused(notice, "Recevoir mon lien", siret="123", email="lyon arobase")
    walk.refused("/r/", "Continuer", 400, code="AAAAA-AAAA")  # the tenth sign would send it
    walk.look("/place/", "/travailler-avec-la-ville/", "/proposer-une-idee/")
    idea = f"/proposer-une-idee/{scene['slug']}/"
    walk.refused(idea, "Envoyer mon idée", words=" ", email="lyon")
    for name, text in {"words": "Réparer les vélos", "trade": "vélos", "email": "lyon@velo.example"}.items():
        walk.page.locator(f"[name={name}]").fill(text)
    walk.press("Envoyer mon idée", "the idea received")
    walk.look(idea)
    walk.fetch("/avis/flux.atom")
    walk.refused("/place/", "Recevoir un lien", 400, siret="123", email="lyon arobase")
    walk.refused("/compte/connexion/", "Se connecter", 200, login="bruno@rosny.example", password="faux")


def firm(walk: Walk, scene: dict[str, str]) -> None:
    """A baker asked for a price: what is missing is said; the price leaves; another telephone does not show it."""
    walk.enter(scene["link"])
    walk.look("/r/", "/r/questions/", "/r/rappel/", "/r/prix/", "/r/prix/?mais", "/r/non/", "/r/ne-plus-ecrire/")
    walk.fetch(scene["firm_document"])
    walk.refused("/r/non/", "Envoyer", 400)
    walk.refused("/r/prix/", "Envoyer mon prix", 400)
    page = walk.page
    for price in page.locator("input[name^=price-]").all():
        price.fill("0,95")
    for choice in ("[name=vat]", "[name^=question-][value=Oui]"):
        page.locator(f"input{choice}").first.check()
    page.get_by_label("Votre nom").fill("Mathilde D.")
    walk.press("Envoyer mon prix", "the receipt")
    walk.look("/r/retirer/", "/r/")
    walk.who.context.clear_cookies()
    walk.enter(scene["link"])
    walk.refused("/r/recepisse/", "Continuer", 400, code="000000")


def firm_after_the_deadline(walk: Walk, scene: dict[str, str]) -> None:
    walk.enter(scene["late_link"])
    walk.refused("/r/", "Prévenez-moi", 400, email="mathilde")
    walk.enter(scene["clarified_link"])
    walk.look(scene["firm_clarification"])
    walk.refused(scene["firm_clarification"], "Envoyer", 400, text=" ")
    walk.page.locator("[name=text]").fill("Oui, le lundi est compris.")
    walk.press("Envoyer", "the explanation and its receipt")
    walk.enter(scene["paper_link"])
    walk.page.goto(walk.who.town.site + "/r/recepisse/")
    walk.page.locator("[name=code]").fill(scene["paper_number"])
    walk.press("Continuer", "the receipt of a paper")
    walk.look("/r/contester/")
    walk.enter(scene["done_link"])
    walk.look("/r/resultat/", "/r/ne-plus-ecrire/")
    walk.press("Ne plus m'écrire", "the wish and its receipt")
    walk.enter(scene["confirm_link"])
    walk.refused("/r/confirmer/", "Confirmer mon prix", 400)


def firm_in_its_own_place(walk: Walk, scene: dict[str, str]) -> None:
    walk.enter(scene["place_link"])
    walk.look("/place/")
    walk.press("C'est mon entreprise", "its place")
    walk.refused("/place/mon-entreprise/", "Enregistrer", email="mathilde")
    walk.look("/place/mon-entreprise/")
    walk.page.locator("[name=words]").fill("Pain au levain, livré le matin.")
    walk.press("Enregistrer", "its place with its words")
    walk.look("/place/echanges/", scene["alerts_stop"])
    walk.press("Ne plus être prévenu", "no more alerts")
    walk.refused("/place/idees/", "Envoyer mon idée", words=" ")
    walk.page.locator("[name=words]").fill("Du pain pour les fêtes des écoles.")
    walk.press("Envoyer mon idée", "its ideas")
    walk.look("/place/effacer/")
    walk.fetch("/place/mes-donnees/")
    walk.press("Effacer pour toujours", "what is left of a place")


def someone_who_forgot(walk: Walk, scene: dict[str, str]) -> None:
    """From the lost password to another one; the link serves once."""
    walk.look("/compte/mot-de-passe/oublie/")
    walk.page.locator("[name=email]").fill("fred@rosny.example")
    walk.press("Recevoir le lien", "a lost password")
    walk.enter(scene["new_password"])
    for password, shown in (("court", "a short password"), (NEW_PASSWORD, "the new password")):
        walk.page.locator("[name=password1]").fill(password)
        walk.page.locator("[name=password2]").fill(password)
        walk.press("Garder ce mot de passe", shown)
    walk.enter(scene["new_password"])


def someone_gone(walk: Walk, scene: dict[str, str]) -> None:
    walk.page.goto(walk.who.town.site + "/compte/connexion/")
    walk.page.locator("[name=login]").fill("ines@rosny.example")
    walk.page.locator("[name=password]").fill(PASSWORD)
    walk.press("Se connecter", "a closed account")
    assert walk.page.url.endswith("/compte/desactive/")


def someone_of_two_organisations(walk: Walk, scene: dict[str, str]) -> None:
    """The first one has no list of families yet."""
    walk.look("/familles/", "/mon-compte/")
    walk.press("Y aller", "another organisation")


def someone_with_a_second_code(walk: Walk, scene: dict[str, str]) -> None:
    """A telephone gives a second code, signing in asks for it, and a code on paper replaces the telephone."""
    page, settings = walk.page, "/compte/double-verification/"
    walk.enter(f"{settings}activer/")
    page.locator("[name=password]").fill(PASSWORD)
    walk.press("Continuer", "activation")
    page.locator("[name=code]").fill("000000")
    walk.press("Activer", "a wrong code")
    page.locator("[name=code]").fill(code_now(page.locator("#authenticator_secret").inner_text().strip()))
    walk.press("Activer", "the first code")
    walk.look(settings, f"{settings}secours/", f"{settings}secours/refaire/", f"{settings}desactiver/", f"{settings}confirmer/")
    walk.fetch(f"{settings}secours/telecharger/")
    page.goto(f"{walk.who.town.site}{settings}secours/")
    code = page.locator(".codes li").first.inner_text()
    walk.who.context.clear_cookies()
    sign_in(walk.who, "tom")
    walk.judge(page.reload(), "the second code")
    page.locator("[name=code]").fill("123456")
    walk.press("Se connecter", "a wrong second code")
    page.locator("[name=code]").fill(code)
    walk.press("Se connecter", "home after the second code")
    assert page.url == f"{walk.who.town.site}/"


ROLES: dict[str, tuple[str | None, Callable[[Walk, dict[str, str]], None]]] = {
    "requester": ("denise", requester),
    "buyer": ("bruno", buyer),
    "buyer in a hurry": ("bruno", buyer_in_a_hurry),
    "head of purchasing": ("helene", head_of_purchasing),
    "administrator": ("adam", administrator),
    "auditor": ("aude", auditor),
    "anyone": (None, anyone),
    "firm": (None, firm),
    "firm after the deadline": (None, firm_after_the_deadline),
    "firm in its own place": (None, firm_in_its_own_place),
    "someone who forgot": (None, someone_who_forgot),
    "someone gone": (None, someone_gone),
    "someone of two organisations": ("lea", someone_of_two_organisations),
    "someone with a second code": ("tom", someone_with_a_second_code),
}


@pytest.fixture(scope="module")
def walked(chromium: Browser, town: Town, scene: dict[str, str]) -> Callable[[str], Walk]:
    """`walked(role)`: the walk of a role, done once."""
    done: dict[str, Walk] = {}

    def of(role: str) -> Walk:
        if role not in done:
            first, way = ROLES[role]
            with newcomer(chromium, town) as who:
                if first:
                    sign_in(who, first)
                done[role] = Walk(who)
                way(done[role], scene)
        return done[role]

    return of


@pytest.mark.parametrize("role", ROLES)
def test_pages_answer_without_a_serious_fault_of_accessibility(role: str, walked: Callable[[str], Walk]) -> None:
    walk = walked(role)
    assert walk.found + walk.who.faults == []


def test_every_named_address_is_in_a_walk(walked: Callable[[str], Walk]) -> None:
    walks = [walked(role) for role in ROLES]
    pages, files, forms = (
        set[str]().union(*found) for found in zip(*((w.pages, w.files, w.forms) for w in walks), strict=True)
    )
    existing = set(names(get_resolver().url_patterns))
    assert existing - pages - POSTED - FILES - HEARD == set(), "a page that nobody visits"
    assert (POSTED | FILES) - existing == set(), "an address that no longer exists"
    assert POSTED & pages == set(), "a page, not a form alone"
    assert POSTED - forms == set(), "a form that nobody is shown"
    assert FILES - files == set(), "a file that nobody fetches"
