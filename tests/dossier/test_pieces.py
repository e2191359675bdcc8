"""Every paper of a purchase is in its dossier, whole; a piece that is lost stops the dossier instead of leaving it."""

import json
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.journal.actions import append, erase
from sourcier.journal.models import Entry, Payload
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import evaluate
from sourcier.vault.actions import store, store_bytes
from sourcier.vault.models import File
from sourcier.vault.queries import path_of
from tests.cities import City
from tests.dossier.attacks import unpack
from tests.dossier.purchase import BEGUN, CLOSED_MARKS, DEADLINE, FILED, OPENED, PIECES, Purchase, dossier_of, taken, zipped
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
    data = dossier_of(finished)
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
    data = dossier_of(finished)
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
    data = dossier_of(finished)
    closed = set(File.objects.values_list("sha256", flat=True)) - {row["sha256"] for row in pieces(data).values()}
    deposits = [payload_of(entry) or {} for entry in Entry.objects.filter(verb="answer.received")]
    closed -= {each["sealed_sha256"] for said in deposits for each in said["documents"]}  # a box that was opened
    assert len(closed) == 2  # the one taken out of a draft, and the one that came too late
    closed |= {sha256(papers.JPEG + mark.encode()).hexdigest() for mark in CLOSED_MARKS}
    for name, content in unpack(data).items():
        for digest in closed:
            assert digest.encode() not in content, name


def faults(city: City) -> list[tuple[str, str]]:
    """What a check of the journal finds; the clock of these tests travels back once, after the city was made."""
    return [(each.code, each.sentence) for each in verify(city.organisation.pk).problems if each.code != "time"]


# --- a lost piece stops the dossier --------------------------------------------------------------------------------------


def lose(name: str, how: str) -> None:
    path = path_of(File.objects.get(name=name))
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b"x")


@pytest.mark.parametrize(("how", "words"), [("missing", "n'est plus dans le coffre"), ("damaged", "est abîmée dans le coffre")])
@pytest.mark.parametrize("name", ["devis signé.jpg", "Tarif du moulin.pdf"])
def test_a_dossier_without_one_of_its_pieces_is_refused_and_names_it(
    finished: Purchase, how: str, words: str, name: str
) -> None:
    before = Entry.objects.count()
    lose(name, how)
    with pytest.raises(Refused, match=f"piece_{how}") as refused:
        taken(finished)
    sentence = refused.value.sentence
    assert f"La pièce « {name} » {words}" in sentence and "depuis une sauvegarde" in sentence
    assert File.objects.get(name=name).sha256 in sentence
    assert Export.objects.count() == 0 and Entry.objects.count() == before


def test_the_page_says_which_piece_is_lost_when_it_takes_or_gives_a_dossier(finished: Purchase) -> None:
    export, client = taken(finished), signed_in(finished.city.auditor)
    lose("devis signé.jpg", "missing")
    for answer in (
        client.post(reverse("dossier_take", args=[finished.need.pk]), follow=True),
        client.get(reverse("dossier_download", args=[finished.need.pk, export.pk]), follow=True),
    ):
        assert answer.status_code == 200
        assert "La pièce « devis signé.jpg » n&#x27;est plus dans le coffre" in answer.content.decode()


def test_the_command_line_writes_no_dossier_without_a_piece(finished: Purchase, tmp_path: Path) -> None:
    export, out = taken(finished), tmp_path / "ancien.zip"
    out.write_bytes(b"ancien")
    lose("devis signé.jpg", "damaged")
    with pytest.raises(CommandError, match="devis signé"):
        call_command("dossier", "build", "--export", str(export.pk), "--out", str(out))
    assert out.read_bytes() == b"ancien" and [path.name for path in tmp_path.glob("*.zip*")] == ["ancien.zip"]


def test_a_piece_whose_content_was_erased_stops_nothing(finished: Purchase) -> None:
    log, name = finished.city.organisation.pk, "Vitrine.jpg"
    digest = File.objects.get(name=name).sha256.encode()
    bodies = Payload.objects.filter(entry__log_id=log).values_list("entry__index", "body")
    citing = [index for index, body in bodies if digest in bytes(body)]
    with time_machine.travel(DEADLINE + timedelta(days=2), tick=True):
        erase(log, citing, "Délai de conservation atteint", stream=finished.need.pk)
    lose(name, "missing")
    data = zipped(taken(finished))
    assert set(pieces(data)) == set(PIECES) - {name}
    assert verifier.verify(BytesIO(data)).problems == []


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
    open_ones = {*PIECES, "Facture.jpg", "l.png"} - {"devis signé.jpg"}
    assert {*open_ones, "document scellé"} == set(kept.values())
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
