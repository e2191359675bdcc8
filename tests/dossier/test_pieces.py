"""Every paper of a purchase is in its dossier, whole; a piece that is lost stops the dossier instead of leaving it."""

import json
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sourcier.dossier.offline import verifier
from sourcier.journal.actions import append
from sourcier.journal.models import Entry, Payload
from sourcier.journal.verify import verify
from sourcier.quotes.actions import evaluate
from sourcier.vault.actions import store, store_bytes
from sourcier.vault.models import File
from tests.cities import City
from tests.dossier.attacks import unpack
from tests.dossier.purchase import (
    BEGUN,
    DEADLINE,
    FILED,
    OPENED,
    PIECES,
    Purchase,
    taken,
    zipped,
)  # fmt: skip
from tests.pdf import text_of
from tests.vault import papers
from tests.web.clients import signed_in
from tests.web.test_settings import identity, picture


def pieces(data: bytes) -> dict[str, dict[str, Any]]:
    """The index of the pieces of a dossier, by the sender's name."""
    return {row["name"]: row for row in json.loads(unpack(data)["data/documents/index.json"])}


def vouched(city: City) -> set[str]:
    """The ids of the files whose row an entry holds."""
    bodies = Payload.objects.filter(entry__log_id=city.organisation.pk, body__isnull=False).values_list("body", flat=True)
    rows = [row for body in bodies for row in json.loads(bytes(body)).get("rows", ())]
    return {row["id"] for row in rows if row["kind"] == "file"}


# --- every paper is inside -----------------------------------------------------------------------------------------------


def test_papers_dropped_in_are_in_the_dossier_byte_for_byte(finished: Purchase) -> None:
    data = zipped(taken(finished))
    inside, listed = unpack(data), pieces(data)
    assert set(listed) == set(PIECES)
    for name, _, content in FILED:
        row = listed[name]
        assert inside[row["path"]] == content and row["sha256"] == sha256(content).hexdigest() and row["size"] == len(content)
        assert Entry.objects.get(log_id=finished.city.organisation.pk, index=row["entry"]).verb == "exchange.filed"
    assert verifier.verify(BytesIO(data)).problems == []


def test_the_entry_of_a_filed_paper_describes_it_as_other_entries_do(finished: Purchase) -> None:
    filed = Payload.objects.filter(entry__verb="exchange.filed", entry__stream=finished.need.pk.hex).order_by("entry__index")
    said = [json.loads(bytes(payload.body or b""))["file"] for payload in filed]
    name, _, content = FILED[0]
    paper = {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content), "type": "application/pdf"}
    assert said[:2] == [None, paper]


def test_a_paper_filed_by_an_older_version_is_in_the_dossier_too(finished: Purchase) -> None:
    organisation = finished.city.organisation.pk
    with time_machine.travel(DEADLINE + timedelta(days=2), tick=True):
        kept = store_bytes(organisation, papers.JPEG + b"ANCIENNE", "Ancienne photo.jpg")
        said = {"correspondent": "M. Pain", "file_name": kept.name, "file_sha256": kept.sha256}
        append(organisation, finished.need.pk, "exchange.filed", said)
    data = zipped(taken(finished))
    assert unpack(data)[pieces(data)["Ancienne photo.jpg"]["path"]] == papers.JPEG + b"ANCIENNE"
    assert verifier.verify(BytesIO(data)).problems == []


def test_the_report_lists_every_piece_with_its_hash(finished: Purchase) -> None:
    data = zipped(taken(finished))
    words = "".join(text_of(unpack(data)["data/rapport.pdf"]).split())
    for name, row in pieces(data).items():
        assert "".join(name.split()) in words and row["sha256"] in words, name


def test_a_piece_keeps_the_name_its_entry_gives_whatever_became_of_its_row(finished: Purchase) -> None:
    File.objects.filter(name="devis signé.jpg").update(sha256="0" * 64, name="autre.jpg")
    data = zipped(taken(finished))
    assert set(pieces(data)) == set(PIECES)
    assert OPENED.encode() in unpack(data)[pieces(data)["devis signé.jpg"]["path"]]


def test_nothing_inside_tells_the_hash_of_a_paper_that_stays_closed(finished: Purchase) -> None:
    """A small file could be guessed from its hash, so that neither a hash nor a place in the vault goes out."""
    data = zipped(taken(finished))
    closed = set(File.objects.values_list("sha256", flat=True)) - {row["sha256"] for row in pieces(data).values()}
    assert len(closed) == 2  # the one taken out of a draft, and the one that came too late
    for name, content in unpack(data).items():
        for digest in closed:
            assert digest.encode() not in content, name


def faults(city: City) -> list[tuple[str, str]]:
    """What a check of the journal finds; the clock of these tests travels back once, after the city was made."""
    return [(each.code, each.sentence) for each in verify(city.organisation.pk).problems if each.code != "time"]


# --- the rows of files ---------------------------------------------------------------------------------------------------


def test_every_act_that_keeps_a_file_vouches_for_its_row(city: City) -> None:
    purchase = Purchase(city)
    purchase.describe()
    purchase.ask()
    with time_machine.travel(BEGUN + timedelta(days=3), tick=True):
        invoice = store(city.organisation.pk, SimpleUploadedFile("Facture.jpg", papers.JPEG + b"FACTURE"))
        evaluate.choose_reference(city.buyer, purchase.sourcing.pk, "last_price", 15_000_00, invoice)
    purchase.talk()
    purchase.answer()
    client = signed_in(city.head_buyer)
    assert client.post(reverse("settings_city"), identity(logo=SimpleUploadedFile("l.png", picture()))).status_code == 302
    kept = {file.pk.hex: file.name for file in File.objects.filter(organisation_id=city.organisation.pk)}
    assert {*PIECES, "Facture.jpg", "l.png", "brouillon.jpg", "trop tard.jpg"} == set(kept.values())
    assert {name for key, name in kept.items() if key not in vouched(city)} == set()
    assert faults(city) == []


def test_a_row_of_the_vault_changed_or_lost_is_found(finished: Purchase) -> None:
    row = File.objects.get(name="devis signé.jpg")
    assert faults(finished.city) == []
    File.objects.filter(pk=row.pk).update(sha256="0" * 64, name="autre.jpg")
    ((code, sentence),) = faults(finished.city)
    assert code == "row_changed" and "(sha256, name)" in sentence
    File.objects.filter(pk=row.pk)._raw_delete("default")
    assert [code for code, _ in faults(finished.city)] == ["row_vanished"]
    row.save(force_insert=True)
    assert faults(finished.city) == []


def test_a_file_kept_for_an_act_that_was_then_refused_is_no_fault(finished: Purchase) -> None:
    store_bytes(finished.city.organisation.pk, papers.JPEG + b"ORPHELIN", "orphelin.jpg")
    assert faults(finished.city) == []
