"""The walks of people whose way to sign in has a story."""

from sourcier.project.demo.city import PASSWORD
from tests.browser.conftest import sign_in
from tests.browser.walking import Walk
from tests.web.clients import code_now

NEW_PASSWORD = "quatre-mots-sans-lien"


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
