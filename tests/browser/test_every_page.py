"""Every named address, visited by someone who may: it answers, axe-core finds nothing serious, nothing overflows."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.browser.conftest import Person, Town

WIDTHS = (1280, 390, 320)
# Forms alone: each is on the page named beside it, which is visited.
POSTED = {
    "need_take_over": "need_new", "need_complete": "need", "need_submit": "need_edit", "need_accept": "need",
    "need_send_back": "need", "need_close": "need", "need_say": "need", "firm_contact_add": "firm_sheet",
    "firm_contact_remove": "firm_sheet", "firm_contact_failing": "firm_sheet", "firm_check_identity": "firm_sheet",
    "families_load": "families", "panel_start": "panel", "ask_again": "panel", "panel_kind": "panel", "panel_search": "panel", "panel_choose": "panel",
    "panel_contacts": "panel", "request_document_join": "request", "request_document_remove": "request",
    "question_answer": "asked", "invitation_address": "asked", "letter_posted": "asked", "letters_posted": "asked", "relay_told": "asked",
    "deadline_extend": "asked", "firms_widen": "asked", "sourcing_end": "asked", "reference_choose": "comparison",
    "answers_open": "comparison", "last_price_ask": "comparison", "last_price_open": "comparison", "marks_give": "comparison",
    "marks_set_aside": "comparison",
    "clarify": "answer", "clarification_record": "answer", "tell_all": "telling", "told": "telling", "exchange_file": "exchanges",
    "dossier_take": "dossier", "settings_role_grant": "settings_person", "settings_role_revoke": "settings_person",
    "settings_person_off": "settings_person", "settings_person_on": "settings_person", "settings_person_link": "settings_person",
    "settings_place_switch": "settings_place", "firm_proof": "firm_receipt", "firm_news": "firm", "firm_withdraw": "firm",
}  # fmt: skip
# Files and texts, not pages: they answer, and that is all.
FILES = {"robots": "/robots.txt", "city_css": "/ville.css?couleur=%230b6e69"}
# Addresses that need a file, a lot or a step that the demonstration has not; each is exercised by the test named beside it.
ELSEWHERE = {
    "need_file": "tests/web/test_needs_pages.py", "request_document": "tests/web/test_request_pages.py",
    "answer_file": "tests/dossier",
    "exchange_document": "tests/dossier", "exchange_letter": "tests/web/test_thread.py", "choice_lot": "tests/quotes/test_choosing.py", "city_logo": "tests/web/test_settings.py",
    "firm_document": "tests/web/test_firm_pages.py", "firm_clarification": "tests/web/test_firm_pages.py",
    "notice_confirm": "tests/web/test_notice_pages.py", "letters_print": "tests/web/test_asked_pages.py",
    "relays_print": "tests/web/test_asked_pages.py", "results_print": "tests/quotes/test_reaching.py",
    "dossier_download": "tests/browser/test_walk.py", "choose_organisation": "tests/web/test_settings.py",
    "need_edit": "tests/browser/test_walk.py", "choice": "tests/browser/test_walk.py",
    "end_without_choice": "tests/quotes/test_choosing.py", "firm_open": "tests/browser/test_walk.py",
    "account_inactive": "tests/web/test_sign_in.py", "account_reauthenticate": "tests/web/test_sign_in.py",
    "account_reset_password_from_key": "tests/web/test_sign_in.py", "mfa_authenticate": "tests/web/test_sign_in.py",
    "account_reset_password_from_key_done": "tests/web/test_sign_in.py", "mfa_reauthenticate": "tests/web/test_sign_in.py",
    "mfa_activate_totp": "tests/web/test_sign_in.py", "mfa_deactivate_totp": "tests/web/test_sign_in.py",
    "mfa_view_recovery_codes": "tests/web/test_sign_in.py", "mfa_generate_recovery_codes": "tests/web/test_sign_in.py",
    "mfa_download_recovery_codes": "tests/web/test_sign_in.py", "request_send": "tests/browser/test_walk.py",
    "firm_price": "tests/browser/test_walk.py", "firm_receipt": "tests/browser/test_walk.py",
    "firm_decline": "tests/browser/test_walk.py", "notice_sent": "tests/web/test_notice_pages.py",
}  # fmt: skip


def visits(town: Town) -> dict[str, list[tuple[str, str | None, str]]]:
    """`{who: [(name, address)]}` on the demonstration's data; None signs nobody in."""
    done, open_ = town.need("awarded"), town.need("asked")
    submitted = town.need("submitted")
    firm = town.one("SELECT firm_id FROM sourcing_invitation LIMIT 1")
    answer = town.one("SELECT id FROM quotes_submission WHERE state = 'received' LIMIT 1")
    person = town.one("SELECT id FROM accounts_user WHERE email LIKE 'samir%'")
    department = town.one("SELECT id FROM accounts_department LIMIT 1")
    place = town.one("SELECT id FROM accounts_deliveryplace LIMIT 1")
    notice = town.rows("SELECT notice_slug FROM sourcing_sourcing WHERE state = 'open'")[0][0]
    each = lambda name, *paths: [(name, path) for path in paths]  # noqa: E731
    return {
        "denise": [
            *each("home", "/"), *each("my_account", "/mon-compte/"), *each("needs", "/besoins/"),
            *each("need_new", "/besoins/nouveau/"), *each("need", f"/achats/{done}/"),
            *each("account_change_password", "/compte/mot-de-passe/"), *each("mfa_index", "/compte/double-verification/"),
            *each("account_logout", "/compte/deconnexion/"),
        ],
        "bruno": [
            *each("home", "/"), *each("need", f"/achats/{submitted}/", f"/achats/{open_}/"),
            *each("activities", f"/achats/{open_}/activites/", f"/achats/{submitted}/activites/"),
            *each("rule", f"/achats/{done}/regle/", f"/achats/{submitted}/regle/"),
            *each("panel", f"/achats/{open_}/entreprises/", f"/achats/{done}/entreprises/"),
            *each("request", f"/achats/{open_}/demande/", f"/achats/{done}/demande/"),
            *each("asked", f"/achats/{open_}/suivi/", f"/achats/{done}/suivi/"), *each("sourcings", "/consultations/"),
            *each("comparison", f"/achats/{done}/reponses/", f"/achats/{open_}/reponses/"),
            *each("answer", f"/achats/{done}/reponses/{answer}/"), *each("telling", f"/achats/{done}/annonce/"),
            *each("exchanges", f"/achats/{done}/echanges/", f"/achats/{open_}/echanges/"),
            *each("dossier", f"/achats/{done}/dossier/", f"/achats/{open_}/dossier/"), *each("control", "/controle/"),
            *each("savings", "/bilan/"), *each("families", "/familles/"), *each("firms", "/entreprises/"),
            *each("firm_sheet", f"/entreprises/{firm}/"), *each("firms_import", "/entreprises/importer/"),
        ],
        "helene": [
            *each("settings_city", "/reglages/"), *each("settings_departments", "/reglages/directions/"),
            *each("settings_department", f"/reglages/directions/{department}/"), *each("settings_places", "/reglages/lieux/"),
            *each("settings_place_new", "/reglages/lieux/nouveau/"), *each("settings_place", f"/reglages/lieux/{place}/"),
        ],
        "adam": [
            *each("settings_people", "/reglages/personnes/"), *each("settings_person_new", "/reglages/personnes/nouvelle/"),
            *each("settings_person", f"/reglages/personnes/{person}/"),
        ],
        "": [
            *each("account_login", "/compte/connexion/"), *each("account_reset_password", "/compte/mot-de-passe/oublie/"),
            *each("account_reset_password_done", "/compte/mot-de-passe/envoye/"), *each("help", "/aide/"),
            *each("accessibility", "/accessibilite/"), *each("personal_data", "/donnees-personnelles/"),
            *each("components", "/composants/"), *each("notices", "/avis/"), *each("notice", f"/avis/{notice}/"),
        ],
        "firm": [
            *each("firm", "/r/"), *each("firm_result", "/r/resultat/"), *each("firm_questions", "/r/questions/"),
            *each("firm_stop", "/r/ne-plus-ecrire/"),
        ],
    }  # fmt: skip


def names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def test_every_named_address_is_in_the_walk(town: Town) -> None:
    visited = {name for pages in visits(town).values() for name, _ in pages}
    known = visited | POSTED.keys() | FILES.keys() | ELSEWHERE.keys()
    existing = set(names(get_resolver().url_patterns))
    assert existing - known == set(), "an address that nobody visits"
    assert known - existing == set(), "the walk visits an address that no longer exists"
    assert set(POSTED.values()) <= visited | ELSEWHERE.keys()


def faults_of(page: Page, path: str) -> list[str]:
    """What is wrong with the page shown, at each width."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} overflows {width} pixels")
    if page.locator("h1").count() != 1:
        found.append(f"{path} has {page.locator('h1').count()} first headings")
    if not page.title().strip():
        found.append(f"{path} has no title")
    for broken in Axe().run(page).response["violations"]:
        if broken["impact"] in ("serious", "critical"):
            found.append(f"{path}: {broken['id']} {broken['nodes'][0]['html'][:160]}")
    return found


@pytest.mark.parametrize("first", ["denise", "bruno", "helene", "adam", "", "firm"])
def test_pages_answer_without_a_serious_fault_of_accessibility(first: str, town: Town, people: Any) -> None:
    who: Person = people(first if first not in ("", "firm") else None)
    if first == "firm":
        who.go(town.link_for("fournil1@"))
    found: list[str] = []
    for name, path in visits(town)[first]:
        response = who.page.goto(town.site + path)
        if response is None or response.status != 200:
            found.append(f"{name} {path} answered {response.status if response else 'nothing'}")
            continue
        found += faults_of(who.page, path)
    assert found + who.faults == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_files_answer(name: str, town: Town, people: Any) -> None:
    response = people(None).context.request.get(town.site + FILES[name])
    assert response.status == 200
