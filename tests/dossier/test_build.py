"""A dossier holds what the journal tells of a purchase, byte for byte the same, and nothing that was never opened."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.core.management import call_command
from django.utils import timezone

from sourcier.dossier import build
from sourcier.dossier import contents as contents_of_bag
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.journal import keys
from sourcier.journal.actions import append, erase
from sourcier.journal.models import Entry, Log
from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.sourcing.actions import closing
from sourcier.vault.queries import content_path
from tests.cities import City
from tests.dossier.purchase import (
    CLOSED_MARKS,
    DEADLINE,
    OPENED,
    PIECES,
    Purchase,
    answered_purchase,
    asked_purchase,
    dossier_of,
    saved,
    taken,
    zipped,
)  # fmt: skip


def contents(archive: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_finished_purchase_gives_a_dossier_that_verifies(finished: Purchase, tmp_path: Path) -> None:
    export = taken(finished)
    file = saved(export, tmp_path)
    report = verifier.verify(file)
    assert report.problems == [] and not report.key_compared
    assert "clé non comparée" in report.verdict.lower()
    compared = verifier.verify(file, keys.fingerprint(export.organisation_id))
    assert compared.ok and compared.key_compared
    assert compared.verdict.startswith("Aucune altération détectée, jusqu'au point de contrôle du 3 octobre 2026")
    assert not verifier.verify(file, "0000 1111").ok


def test_the_verifier_inside_judges_alone_in_a_python_without_anything_else(finished: Purchase, tmp_path: Path) -> None:
    file = saved(taken(finished), tmp_path)
    with ZipFile(file) as archive:
        archive.extract("verifier.py", tmp_path)
    alone = [sys.executable, "-I", "-S", "verifier.py", str(file)]
    good = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[-1].startswith("Aucune altération détectée, jusqu'au point de contrôle du")
    data = bytearray(file.read_bytes())
    data[data.index(rb"\"verb\":\"need.started") + 12] ^= 1
    file.write_bytes(data)
    bad = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout.splitlines()[-1]) == (1, "Ce dossier n'est PAS conforme.")


def test_the_verifier_inside_runs_on_every_python_found_here_since_3_9(finished: Purchase, tmp_path: Path) -> None:
    file = saved(taken(finished), tmp_path)
    script = contents_of_bag.OFFLINE / "verifier.py"
    ast.parse(script.read_text(), feature_version=(3, 9))
    for minor in range(9, 15):
        python = [f"python3.{minor}", "-I", "-S", "-W", "error"]
        if not shutil.which(python[0]) or subprocess.run([*python, "-c", ""], capture_output=True, check=False).returncode:
            continue
        result = subprocess.run([*python, str(script), str(file)], capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, ""), python[0]


def test_the_command_line_answers_programs(finished: Purchase, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = taken(finished)
    file = saved(export, tmp_path)
    call_command("dossier", "verify", str(file), "--json")
    assert json.loads(capsys.readouterr().out) == {"ok": True, "problems": []}
    with pytest.raises(SystemExit) as left:
        call_command("dossier", "verify", str(file), "--json", "--fingerprint", "00")
    told = json.loads(capsys.readouterr().out)
    assert left.value.code == 1 and told["ok"] is False and "empreinte" in told["problems"][0]
    again = tmp_path / "encore.zip"
    call_command("dossier", "build", "--export", str(export.pk), "--out", str(again))
    assert again.read_bytes() == file.read_bytes()


def test_sha256sum_accepts_the_manifests_of_the_opened_zip(finished: Purchase, tmp_path: Path) -> None:
    with ZipFile(saved(taken(finished), tmp_path)) as archive:
        archive.extractall(tmp_path / "ouvert")
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "-c", manifest], cwd=tmp_path / "ouvert", check=True, capture_output=True)


def test_the_same_bytes_come_out_when_built_again_whatever_the_city_did_since(finished: Purchase) -> None:
    export = taken(finished)
    first = zipped(export)
    other = asked_purchase(finished.city)
    assert other.need.pk != finished.need.pk
    taken(finished, days=5)
    again = Export.objects.select_related("organisation", "need").get(pk=export.pk)
    assert sha256(zipped(again)).digest() == sha256(first).digest()


def test_nothing_of_a_closed_answer_is_inside(finished: Purchase) -> None:
    inside = contents(dossier_of(finished))
    for name, data in inside.items():
        for mark in CLOSED_MARKS:
            assert mark.encode() not in data, (mark, name)
            assert mark.lower().encode() not in data, (mark, name)
    assert any(OPENED.encode() in data for name, data in inside.items() if name.startswith("data/documents/"))
    names = {row["name"] for row in json.loads(inside["data/documents/index.json"])}
    assert names == set(PIECES)


def test_an_answer_that_replaced_another_goes_out_and_the_other_stays_closed(finished: Purchase) -> None:
    inside = contents(dossier_of(finished))
    withheld = json.loads(inside["data/payloads/withheld.json"])
    verbs = {row["index"]: json.loads(row["entry"])["verb"] for row in map(json.loads, _lines(inside))}
    kept = [verbs[int(index)] for index in withheld]
    assert sorted(verb for verb in kept if verb in ("answer.replaced", "answer.withdrawn", "answer.late")) == [
        "answer.late", "answer.replaced", "answer.withdrawn",
    ]  # fmt: skip
    assert kept.count("answer.received") == 2  # the replaced one, and the withdrawn one
    shown = [inside[f"data/payloads/{index:06d}.json"] for index, verb in verbs.items()
             if verb == "answer.unsealed" and str(index) not in withheld]  # fmt: skip
    assert any("Livré avant 6 h 45." in body.decode() for body in shown)


def _lines(inside: dict[str, bytes]) -> list[str]:
    return inside["data/journal/entries.jsonl"].decode().splitlines()


def test_no_dossier_is_taken_while_answers_are_closed(city: City) -> None:
    purchase = asked_purchase(city)
    before = Entry.objects.count()
    for agent in (city.buyer, city.head_buyer, city.auditor):
        with pytest.raises(Refused, match="sealed"):
            build.take(agent, purchase.need.pk)
    purchase.answer()
    purchase.close()
    with pytest.raises(Refused, match="sealed"):
        taken(purchase)
    assert Export.objects.count() == 0 and Entry.objects.filter(verb="dossier.built").count() == 0 < before


def test_no_dossier_is_taken_while_a_last_price_is_closed(city: City) -> None:
    purchase = answered_purchase(city)
    purchase.open()
    with time_machine.travel(DEADLINE + timedelta(hours=5), tick=True):
        kept = [each.pk for each in opened_submissions(purchase.sourcing_now()) if each.kind == "quote"]
        limit = DEADLINE + timedelta(days=2)
        evaluate.ask_last_price(city.buyer, purchase.sourcing.pk, kept, limit)
    with pytest.raises(Refused, match="sealed"):
        taken(purchase, days=1)
    with time_machine.travel(limit + timedelta(minutes=1), tick=True):
        opening.open_last_prices(city.buyer, purchase.sourcing.pk)
    assert verifier.verify(BytesIO(zipped(taken(purchase)))).ok


def test_a_consultation_stopped_before_the_opening_never_tells_who_answered(city: City) -> None:
    purchase = asked_purchase(city)
    purchase.answer()
    with time_machine.travel(DEADLINE + timedelta(minutes=10), tick=True):
        closing.close_due(timezone.now())
        closing.end(city.buyer, purchase.sourcing.pk, "Le budget des crèches est gelé.")
    inside = contents(zipped(taken(purchase)))
    everything = b"".join(inside.values())
    assert OPENED.encode() not in everything
    assert b"quoted_line" not in everything and "Deux tournées.".encode() not in everything
    assert b'"receipt"' not in everything
    assert verifier.verify(BytesIO(zipped(Export.objects.select_related("organisation").get()))).ok


def test_erased_contents_still_verify_and_are_said(finished: Purchase) -> None:
    log = finished.city.organisation.pk
    said = Entry.objects.filter(log_id=log, stream=finished.need.pk.hex, verb="exchange.filed").order_by("index")[0]
    with time_machine.travel(DEADLINE + timedelta(days=2), tick=True):
        erase(log, [said.index], "Délai de conservation atteint", stream=finished.need.pk)
    data = zipped(taken(finished))
    report = verifier.verify(BytesIO(data))
    assert report.ok, report.problems
    inside = contents(data)
    told = json.loads(inside["data/payloads/withheld.json"])[str(said.index)]
    assert told.startswith("contenu effacé le vendredi 2 octobre 2026") and told.endswith(": Délai de conservation atteint")
    assert f"data/payloads/{said.index:06d}.json" not in inside
    assert "Il confirme avoir reçu la lettre.".encode() not in b"".join(inside.values())


def test_a_dossier_taken_with_another_version_of_the_software_is_not_made_again(
    finished: Purchase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    export = taken(finished)
    shutil.copytree(contents_of_bag.OFFLINE, tmp_path / "offline")
    (tmp_path / "offline" / "VERIFIER.html").write_text("d'une autre version", encoding="utf-8")
    monkeypatch.setattr(contents_of_bag, "OFFLINE", tmp_path / "offline")
    with pytest.raises(Refused) as refused:
        zipped(export)
    assert "Le logiciel a changé depuis" in refused.value.sentence


def opened(data: bytes, folder: Path) -> str:
    """The ZIP opened, as its reader does; the words of its notice."""
    with ZipFile(BytesIO(data)) as archive:
        archive.extractall(folder)
    return (folder / "LISEZ-MOI.txt").read_text(encoding="utf-8")


def test_the_lines_of_the_notice_check_the_opened_zip_and_find_a_changed_file(finished: Purchase, tmp_path: Path) -> None:
    notice = opened(dossier_of(finished), tmp_path)
    found = [re.search(line, notice) for line in (r"sha256sum -c .*", r"shasum -a 256 -c .*", r"python3 verifier\.py .*")]
    sums, perl, script = [match[0].strip() for match in found if match]
    (tmp_path / "DOSSIER.zip").write_bytes(zipped(Export.objects.select_related("organisation", "need").get()))
    sums_lines = (sums, perl) if shutil.which("shasum") else (sums,)
    for line in (*sums_lines, script):
        assert subprocess.run(line.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0, line
    listed = re.findall(r"[0-9a-f]{64}  \S+", notice)
    assert len(listed) == 2
    assert subprocess.run(["sha256sum", "-c"], input="\n".join(listed), cwd=tmp_path, text=True, check=False).returncode == 0
    (tmp_path / "data" / "rapport.pdf").write_bytes(b"%PDF autre")
    for line in sums_lines:
        assert subprocess.run(line.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 1, line


@pytest.mark.skipif(not shutil.which("pwsh"), reason="PowerShell is missing")
def test_the_line_of_powershell_is_silent_on_an_honest_zip_and_names_a_changed_file(finished: Purchase, tmp_path: Path) -> None:
    match = re.search(r"Get-Content .*", opened(dossier_of(finished), tmp_path))
    assert match
    for changed, said in ((b"", ""), (b"%PDF autre", "CHANGE : data/rapport.pdf")):
        if changed:
            (tmp_path / "data" / "rapport.pdf").write_bytes(changed)
        line = ["pwsh", "-NoProfile", "-Command", match[0]]
        told = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert told.strip() == said


def test_the_operation_of_another_city_does_not_exist(finished: Purchase, other_city: City) -> None:
    with pytest.raises(ObjectDoesNotExist):
        build.take(other_city.auditor, finished.need.pk)
    with pytest.raises(ObjectDoesNotExist):
        build.take(finished.city.admin, finished.need.pk)
    with pytest.raises(Refused, match="not_allowed"):
        build.take(finished.city.requester, finished.need.pk)


def test_a_dossier_engages_each_of_its_files_in_the_journal(finished: Purchase) -> None:
    export = taken(finished)
    entry = Entry.objects.select_related("payload").get(index=export.entry_index, log_id=export.organisation_id)
    engaged = json.loads(bytes(entry.payload.body))["files"]
    inside = contents(zipped(export))
    outside = set(inside) - set(engaged)
    assert outside == {
        "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "data/proofs/export.json"
    }  # fmt: skip
    assert {name: sha256(inside[name]).hexdigest() for name in engaged} == engaged


def test_what_others_write_meanwhile_in_the_city_does_not_stop_a_dossier(
    finished: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry of the same operation, written between the reading and the entry, makes the dossier read again."""
    made: list[int] = []
    real = contents_of_bag.report

    def report_while_someone_writes(*args: Any) -> bytes:
        made.append(1)
        if len(made) == 1:
            append(finished.city.organisation.pk, finished.need.pk, "need.said", {"name": "Denise", "text": "Encore"})
        return real(*args)

    monkeypatch.setattr(contents_of_bag, "report", report_while_someone_writes)
    export = taken(finished)
    assert len(made) == 2
    monkeypatch.undo()
    assert verifier.verify(BytesIO(zipped(export))).ok
    assert b'"text":"Encore"' in b"".join(contents(zipped(export)).values())
    assert Log.objects.get(pk=finished.city.organisation.pk).size == export.entry_index + 1


def test_a_large_document_is_streamed_in_constant_memory(finished: Purchase, settings: Any, tmp_path: Path) -> None:
    organisation = finished.city.organisation.pk
    big = tmp_path / "big"
    block, digest = b"0123456789abcdef" * 65536, sha256()
    with big.open("wb") as out:
        for _ in range(60):
            out.write(block)
            digest.update(block)
    place = content_path(organisation, digest.hexdigest())
    place.parent.mkdir(parents=True, exist_ok=True)
    big.rename(place)
    with time_machine.travel(DEADLINE + timedelta(days=2), tick=True):
        said = {"name": "Bruno", "text": "Plans", "files": [{"name": "Plans.pdf", "sha256": digest.hexdigest()}]}
        append(organisation, finished.need.pk, "need.said", said)
    export = taken(finished)
    with (tmp_path / "gros.zip").open("wb") as out:
        tracemalloc.start()
        build.write(export, out)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (tmp_path / "gros.zip").stat().st_size > 60 << 20
    assert peak < 20 << 20, f"{peak >> 20} MiB"
    tracemalloc.start()
    assert verifier.verify(tmp_path / "gros.zip").ok
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20, f"{peak >> 20} MiB"
