"""The walks of those outside the city: anyone, and firms, before and after the deadline and in their own place."""

from tests.browser.walking import Walk


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
