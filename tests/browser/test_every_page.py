"""Every named address, visited by someone who may: it answers, axe-core finds nothing serious, nothing overflows.

Each role has one walk, one window and one signing in. A walk also sends a few forms with what is wrong in them, since the page
that says so is a page too; it notes the names of the addresses it was shown, and the forms it saw.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser

from tests.browser.conftest import Town, newcomer, sign_in
from tests.browser.walking import Walk
from tests.browser.walks_accounts import (
    someone_gone,
    someone_of_two_organisations,
    someone_who_forgot,
    someone_with_a_second_code,
)
from tests.browser.walks_city import administrator, auditor, buyer, buyer_in_a_hurry, head_of_purchasing, requester
from tests.browser.walks_outside import anyone, firm, firm_after_the_deadline, firm_in_its_own_place

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
# Where a program posts, not a person (tests/mail/test_text_inbox.py); a form that three years of purchases from one firm show
# (tests/sourcing/test_rotation.py).
HEARD = {"sms_arrived", "panel_again"}


def names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


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
