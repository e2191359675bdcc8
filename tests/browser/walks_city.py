"""The walks of a city's people: who asks, who buys, who heads, who administers, who inspects."""

from urllib.parse import urlsplit

from tests.browser.walking import Walk, faults_of
from tests.vault import papers


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
    walk.look(f"/achats/{scene['two']}/decrire/", f"/achats/{scene['named']}/decrire/")
    walk.enter(walk.page.get_by_role("link", name="Partir de").get_attribute("href") or "")
    walk.press("Partir de", "what a firm does, to start from")
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
