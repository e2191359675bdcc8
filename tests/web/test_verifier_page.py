"""« Vérifier », in a real browser: receipts and dossiers are checked there with the keys of the site; nothing leaves it."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page

from sourcier.dossier.contents import HELPERS, helper
from sourcier.journal import keys, proofs, renewal
from sourcier.journal.models import Entry
from tests.chromium import BROWSER
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import Purchase, finished_purchase, taken, zipped


@pytest.fixture
def purchase(transactional_db: None) -> Purchase:
    from tests.cities import make_city

    return finished_purchase(make_city())


@pytest.fixture
def page(chromium: Browser, live_server: object, purchase: Purchase) -> Iterator[Page]:
    """The page of the site; it may ask for nothing once it is there."""
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/verifier/")  # type: ignore[attr-defined]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert asked == [] and said == []
    context.close()


def judged(page: Page, name: str, data: bytes, fingerprint: str = "") -> tuple[str, str]:
    """`good`, `partial` or `bad`, and what is said."""
    page.get_by_label("Empreinte de la clé de la ville").fill(fingerprint)
    page.locator("#file").set_input_files([{"name": name, "mimeType": "application/octet-stream", "buffer": data}])
    page.wait_for_selector("#result[data-state]")
    state = page.get_attribute("#result", "data-state")
    page.evaluate("document.getElementById('file').value = ''")
    return str(state), page.locator("#result").inner_text()


def receipt_of(purchase: Purchase) -> str:
    entry = Entry.objects.filter(log=purchase.city.organisation.pk, verb="answer.received").order_by("index").first()
    assert entry
    return proofs.receipt(entry)


@BROWSER[0]
@BROWSER[1]
def test_a_receipt_is_checked_with_the_key_of_the_city(page: Page, purchase: Purchase) -> None:
    text = receipt_of(purchase)
    state, said = judged(page, "RX-AAAA.tlog-proof", text.encode())
    assert state == "partial" and "une réponse reçue" in said and "Ville de Rosny" in said
    fingerprint = keys.fingerprint(purchase.city.organisation.pk)
    assert judged(page, "RX-AAAA.tlog-proof", text.replace("\n", "\r\n").encode(), fingerprint)[0] == "good"
    assert judged(page, "RX-AAAA.tlog-proof", text.encode(), "4F2A 91C0")[0] == "bad"


@BROWSER[0]
@BROWSER[1]
def test_a_receipt_that_was_changed_or_comes_from_elsewhere_is_not_believed(page: Page, purchase: Purchase) -> None:
    text = receipt_of(purchase)
    lines = text.split("\n")
    index = next(number for number, line in enumerate(lines) if line.startswith("index "))
    other = [*lines[:index], f"index {int(lines[index].split()[1]) + 1}", *lines[index + 1 :]]
    for changed in ("\n".join(other), text[: len(text) // 2], text.replace("sourcier/rosny", "sourcier/ailleurs")):
        assert judged(page, "RX-AAAA.tlog-proof", changed.encode())[0] == "bad"
    assert "n'est pas connue de cette page" in page.locator("#result").inner_text()


@pytest.fixture
def before_a_theft(purchase: Purchase) -> tuple[str, str]:
    """A receipt, and the fingerprint of the key that signed it and was stolen since."""
    log, now = purchase.city.organisation.pk, timezone.now()
    text, fingerprint = receipt_of(purchase), keys.fingerprint(log)
    renewal.declare_stolen(log, now, now, "Ordinateur volé.", purchase.city.head_buyer.id)
    return text, fingerprint


@BROWSER[0]
@BROWSER[1]
def test_a_receipt_of_before_a_change_of_key_is_checked_and_the_change_is_said(
    before_a_theft: tuple[str, str], page: Page
) -> None:
    text, fingerprint = before_a_theft
    state, said = judged(page, "RX-AAAA.tlog-proof", text.encode(), fingerprint)
    assert state == "good" and "douteuses depuis" in said


@BROWSER[0]
@BROWSER[1]
def test_a_dossier_is_checked_there_too_and_a_receipt_beside_it(page: Page, purchase: Purchase) -> None:
    dossier = zipped(taken(purchase))
    assert judged(page, "dossier.zip", dossier)[0] == "partial"
    assert judged(page, "RX-AAAA.tlog-proof", receipt_of(purchase).encode())[0] == "partial"
    assert judged(page, "dossier.zip", dossier[: len(dossier) // 2])[0] == "bad"


def test_the_sums_are_those_of_what_each_dossier_carries(city: City) -> None:
    told = dict(line.split("  ")[::-1] for line in Client().get("/verifier/SHA256SUMS").content.decode().splitlines())
    assert told == {name: sha256(helper(name)).hexdigest() for name in HELPERS}


def test_the_policy_lets_the_page_send_nothing(city: City) -> None:
    response = Client().get("/verifier/")
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy and "connect-src" not in policy and "default-src 'none'" in policy
    assert city.organisation.name in response.content.decode()
