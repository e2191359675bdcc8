"""INSEE's masks, and the words of who asked not to be named, are on no page, in no letter, file or entry of a purchase."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.register.changes import compared
from sourcier.sourcing import letter
from sourcier.sourcing.actions import invite, panel
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.models import Firm, FirmPlace
from tests.cities import City
from tests.pdf import text_of
from tests.sourcing.scenes import BAKER, draft, ready
from tests.sourcing.stock import HIDDEN, LEFORT, MATHILDE, PERRIER, SHOPS, Shop, build
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db

MASK = "[ND]"
SECRET = "ZORGLUBINE"
MASKED = Shop(521, MASK, disclosed="P", commune=MASK, postal_code=MASK, latitude=None, longitude=None, size_class=MASK)
FORGOTTEN = Shop(522, SECRET, disclosed="P", latitude=48.8731, longitude=2.4881)
"""INSEE forgot to mask it: its status alone says that it is not to be named."""

HALF = Shop(523, f"{MASK} ET FILS", postal_code=MASK, size_class=MASK, created=MASK, latitude=48.8735, longitude=2.4885)
SCRIPT = Shop(524, "<script>alert(1)</script> \x01PAIN", latitude=48.8736, longitude=2.4886)


@pytest.fixture
def masked(settings: Any, tmp_path: Path) -> Path:
    register = build(tmp_path, [*(shop for shop in SHOPS if shop != HIDDEN), MASKED, FORGOTTEN, HALF, SCRIPT])
    settings.REGISTER = str(register)
    return register


def asked(city: City) -> Sourcing:
    """Everybody that the search finds is kept and asked, by letter."""
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER], 5_000)
    panel.keep_all(city.buyer, sourcing.pk)
    invite.send(city.buyer, sourcing.pk)
    sourcing.refresh_from_db()
    return sourcing


def without_secret(text: str) -> None:
    assert MASK not in text and "ND]" not in text and SECRET not in text and FORGOTTEN.siret not in text


def test_who_asked_since_not_to_be_named_is_written_to_no_more_unless_it_made_itself_known(
    city: City, settings: Any, tmp_path: Path
) -> None:
    sourcing = ready(city)
    FirmPlace.objects.create(firm=Firm.objects.get(siret=PERRIER.siret), claimed_at=timezone.now(), claimed_by="letter")
    gone = [replace(shop, disclosed="P") if shop in (LEFORT, PERRIER) else shop for shop in SHOPS]
    settings.REGISTER = str(build(tmp_path, gone))
    page = signed_in(city.buyer).get(reverse("request_send", args=[sourcing.need_id])).content.decode()
    assert "demandé à l&#x27;INSEE de ne plus être nommée" in page
    invite.send(city.buyer, sourcing.pk)
    assert set(sourcing.invitations.values_list("firm__siret", flat=True)) == {MATHILDE.siret, PERRIER.siret}


def test_no_mask_is_on_a_page_in_a_letter_or_in_an_entry(city: City, masked: Path) -> None:
    sourcing = asked(city)
    kept = {candidate.firm.siret: candidate.firm for candidate in sourcing.candidates.select_related("firm")}
    assert {HALF.siret, SCRIPT.siret} < set(kept)
    assert MASKED.siret not in kept and FORGOTTEN.siret not in kept
    assert (kept[HALF.siret].name, kept[HALF.siret].postal_code) == ("Nom absent du répertoire", "")
    assert kept[SCRIPT.siret].name == "<script>alert(1)</script> PAIN"

    client = signed_in(city.buyer)
    for page, query in (("panel", ""), ("panel", "?q=zorglubine"), ("panel", "?q=nd"), ("asked", "")):
        shown = client.get(reverse(page, args=[sourcing.need_id]) + query).content.decode()
        without_secret(shown)
        assert "<script>alert" not in shown and "\x01" not in shown
    invitations = list(sourcing.invitations.select_related("firm", "sourcing"))
    written = text_of(letter.invitation_letters(sourcing, invitations))
    assert "NOM ABSENT DU REPERTOIRE" in written and "ALERT 1" in written
    without_secret(written + str(letter.invitation_addresses(invitations)))
    with zipfile.ZipFile(io.BytesIO(letter.invitation_word(sourcing, invitations))) as word:
        without_secret(word.read("word/document.xml").decode())
    payloads = [payload_of(entry) for entry in Entry.objects.filter(log=sourcing.organisation_id)]
    assert any(payload and HALF.siret in json.dumps(payload) for payload in payloads)
    without_secret(json.dumps(payloads, ensure_ascii=False))


def test_no_mask_is_printed_by_a_command_nor_by_what_changed(masked: Path, tmp_path: Path) -> None:
    everywhere = ("search", "--activity", "10.71C", "--near", "48.873,2.488", "--radius", "20000", "--explain")
    for words in (everywhere, (*everywhere, "--json"), ("status",), ("status", "--json")):
        without_secret(_said(*words))
    told = json.loads(_said(*everywhere, "--json"))
    assert (told["undisclosed"], told["total"]) == (2, len(told["results"]) + 2)
    (tmp_path / "before").mkdir()
    closed = [replace(shop, active="F") for shop in (MASKED, FORGOTTEN, HALF)]
    before = build(tmp_path / "before", [*SHOPS, *closed])
    with compared(before, masked) as comparison:
        assert comparison.counts()["opened"] == 4
        lines = list(comparison.lines())
    without_secret(str(lines))
    assert HALF.siret in {line.siret for line in lines}


def _said(*words: str) -> str:
    out = io.StringIO()
    call_command("register", *words, stdout=out)
    return out.getvalue()
