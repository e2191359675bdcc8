"""The door of a firm: link, cookie, code; nothing that is not its own, nothing in a log, nothing kept by a cache."""

import logging
import sys
import time
from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sourcier.project.logs import DiscreetFormatter, NoTraceOfRefusals
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Clarification, Submission
from sourcier.sourcing.models import Attempt, Invitation, RequestDocument
from sourcier.suppliers import tokens
from sourcier.vault.actions import store_bytes
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, answer, browser, make_request
from tests.web.firm import PAGES, Clock, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("five_in_the_morning")]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_a_firm_is_cached_or_tells_where_it_comes_from(city: City, path: str) -> None:
    client = browser(make_request(city).invite())
    response = client.get(path)
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"


def test_the_link_gives_a_cookie_without_the_token(city: City) -> None:
    invitation = make_request(city).invite()
    token = tokens.token(invitation.seed)
    client = Client()
    response = client.get(f"/r/{token}")
    cookie = response.cookies["sourcier_r"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/r/"
    assert token not in cookie.value and token not in response["Location"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize("token", ["x", "abc" * 20, "../../etc/passwd", "%00", "<script>alert(1)</script>", "é" * 30])
def test_a_wrong_link_says_what_to_do(city: City, token: str) -> None:
    response = Client().get(f"/r/{token}")
    assert response.status_code == 404
    assert "<script>alert" not in response.content.decode()
    if "/etc" not in token and "</" not in token:
        assert "Que faire" in response.content.decode()


def test_a_link_replaced_by_a_newer_one_is_dead_even_in_an_open_browser(city: City) -> None:
    invitation = make_request(city).invite()
    client = browser(invitation)
    old = tokens.token(invitation.seed)
    invitation.seed = tokens.new_seed()
    invitation.token_sha256 = tokens.token_hash(tokens.token(invitation.seed))
    invitation.save()
    assert client.get(f"/r/{old}").status_code == 404
    assert "Tapez le code de votre lettre" in text(client)


def test_a_link_older_than_a_year_says_so(city: City, five_in_the_morning: Clock) -> None:
    invitation = make_request(city).invite()
    client = browser(invitation)
    five_in_the_morning.move_to(DEADLINE + timedelta(days=366))
    response = client.get(f"/r/{tokens.token(invitation.seed)}")
    assert response.status_code == 404 and "Ce lien n'est plus valable" in unescape(response.content.decode())


def test_the_typed_code_opens_in_any_case_and_spacing(city: City) -> None:
    invitation = make_request(city).invite()
    code = tokens.code(invitation.seed)
    for typed in (code, code.lower(), f" {code[:4]} {code[4:8]}-{code[8:]} "):
        client = Client()
        assert client.post("/r/", {"code": typed})["Location"] == "/r/"
        assert "La mairie de Rosny" in text(client)


def test_guessed_codes_are_counted_by_address_range_and_block_nobody_else(city: City) -> None:
    invitation = make_request(city).invite()
    good = tokens.code(invitation.seed)
    Attempt.objects.all().delete()
    for _ in range(40):
        Client().post("/r/", {"code": "AAAAAAAAAA"}, REMOTE_ADDR="203.0.113.7")
    blocked = Client().post("/r/", {"code": good}, REMOTE_ADDR="203.0.113.200")
    assert blocked.status_code == 400 and "Trop d'essais" in unescape(blocked.content.decode())
    assert Client().post("/r/", {"code": good}, REMOTE_ADDR="198.51.100.1").status_code == 302
    assert Client().post("/r/", {"code": good}, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.9").status_code == 302
    assert "203.0.113" not in str(list(Attempt.objects.values_list("key", flat=True)))


def test_ten_thousand_guesses_from_everywhere_find_nothing_and_lock_nothing_for_others(city: City) -> None:
    good = tokens.code(make_request(city).invite().seed)
    now = timezone.now()
    guessed = {tokens.code(f"{guess:032x}") for guess in range(10_000)}  # each with its right check character
    ranges = (tokens.limit_key(f"code:10.{guess // 256}.{guess % 256}.0/24") for guess in range(10_000))
    Attempt.objects.bulk_create([Attempt(scope="code", key=key, at=now) for key in ranges])
    assert len(guessed) == 10_000 and not Invitation.objects.filter(code_hmac__in=map(tokens.code_hmac, guessed)).exists()
    assert Client().post("/r/", {"code": next(iter(guessed))}, REMOTE_ADDR="10.0.1.7").status_code == 400
    assert Client().post("/r/", {"code": good}, REMOTE_ADDR="198.51.100.1").status_code == 302


def test_a_code_is_looked_up_in_the_same_time_whether_or_not_it_exists(city: City) -> None:
    code = tokens.code(make_request(city).invite().seed)
    for typed in (code, "AAAAAAAAAA", ""):
        began = time.perf_counter()
        Client().post("/r/", {"code": typed})
        assert time.perf_counter() - began >= 0.2


def test_two_requests_open_in_one_browser_are_not_mixed(city: City) -> None:
    bread, cake = make_request(city), make_request(city)
    first, second = bread.invite(), cake.invite("Pâtisserie", "p@pain.example")
    client = browser(first)
    client.get(f"/r/{tokens.token(second.seed)}")
    client.post("/r/prix/", {**bread.form(), "demande": first.pk.hex})
    assert Submission.objects.get(state="received").invitation == first


def test_another_firm_never_reaches_what_is_not_its_own(city: City, other_city: City) -> None:
    mine, theirs = make_request(city), make_request(other_city)
    me = mine.invite()
    them = theirs.invite("Autre", "autre@pain.example")
    joined = RequestDocument.objects.create(
        sourcing=theirs.sourcing, file=store_bytes(other_city.organisation.pk, b"secret", "secret.txt", trusted=True)
    )
    sent = act.submit(them, answer(theirs), received_at=BEFORE)
    asked = Clarification.objects.create(submission=sent, question="?", asked_by=other_city.buyer.user, asked_at=timezone.now())
    client = browser(me)
    assert client.get(f"/r/document/{joined.file_id}/").status_code == 404
    assert client.get(f"/r/precision/{asked.pk}/").status_code == 404
    assert client.post(f"/r/precision/{asked.pk}/", {"text": "moi"}).status_code == 404
    assert client.post("/r/recepisse/", {"code": sent.receipt_number}).status_code in (302, 400)
    assert sent.receipt_number not in text(client, "/r/recepisse/")
    assert client.post("/r/prix/", {**theirs.form(), "demande": them.pk.hex}).status_code == 403
    assert client.post("/r/prix/", theirs.form()).status_code == 400
    given = browser(them).get(f"/r/document/{joined.file_id}/")
    assert given["X-Content-Type-Options"] == "nosniff" and b"".join(given) == b"secret"
    given.close()


def test_without_a_cookie_pages_lead_to_the_code_and_forms_say_what_to_do(city: City) -> None:
    for path in PAGES[1:]:
        assert Client().get(path)["Location"] == "/r/"
    response = Client().post("/r/prix/", {"price": "1"})
    assert response.status_code == 403 and "revenez en arrière" in response.content.decode()


def test_a_forged_or_stale_cookie_opens_nothing(city: City, five_in_the_morning: Clock) -> None:
    client = browser(make_request(city).invite())
    value = client.cookies["sourcier_r"].value
    client.cookies["sourcier_r"] = value[:-2] + "xx"
    assert "Tapez le code" in text(client)
    client.cookies["sourcier_r"] = value
    five_in_the_morning.shift(timedelta(hours=13))
    assert "Tapez le code" in text(client)


@pytest.mark.parametrize("path", PAGES)
def test_reading_writes_nothing(city: City, path: str) -> None:
    client = browser(make_request(city, lines=3, places=3).invite())
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(path)
    written = [query["sql"] for query in captured if query["sql"].split()[0] not in ("SELECT", "SAVEPOINT", "RELEASE")]
    assert written == []


def test_the_logs_never_hold_a_token() -> None:
    token = "DRf8y-tv5waq7boV1r1VYAGyK9jdgIk3DCHg4hICEWM"
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (f"/r/{token}/",), None)
    assert DiscreetFormatter("%(message)s").format(record) == "Not Found: /r/…/"


@pytest.mark.parametrize(("status", "traced"), [(403, False), (500, True)])
def test_a_refusal_is_one_line_of_the_log_and_what_broke_has_its_trace(status: int, traced: bool) -> None:
    try:
        raise PermissionDenied
    except PermissionDenied:
        record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s", ("/reglages/",), sys.exc_info())
    record.status_code = status
    assert NoTraceOfRefusals().filter(record)
    assert ("Traceback" in DiscreetFormatter("%(message)s").format(record)) is traced
