import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.transitions import Refused
from sourcier.vault import pdf, rules
from sourcier.vault.inspect import inspect
from tests.vault import papers


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (papers.pdf_bytes(), "devis.pdf", rules.PDF),
        (papers.JPEG, "photo.jpeg", rules.JPEG),
        (papers.png(), "plan.png", rules.PNG),
        (papers.HEIC, "IMG_0001.HEIC", rules.HEIC),
        (papers.docx(), "lettre.docx", rules.DOCX),
        (papers.zipped({"[Content_Types].xml": papers.CONTENT_TYPES, "xl/workbook.xml": "<x/>"}), "prix.xlsx", rules.XLSX),
        (papers.zipped({"[Content_Types].xml": papers.CONTENT_TYPES, "ppt/presentation.xml": "<p/>"}), "p.pptx", rules.PPTX),
        (papers.odt(), "lettre.odt", rules.ODT),
        (papers.ole("WordDocument"), "vieux.doc", rules.DOC),
        (papers.ole("Workbook"), "vieux.xls", rules.XLS),
        ("Prix\u00a0: 12 €\n".encode(), "note.txt", rules.TEXT),
        ("désignation;prix\n".encode("cp1252"), "prix.csv", rules.CSV),
        ("prix".encode("utf-16"), "prix.csv", rules.CSV),
        (b"From: a@b.example\nSubject: Devis\n\nBonjour", "message.eml", rules.EML),
    ],
)
def test_each_accepted_type_is_known_by_its_content(data: bytes, name: str, kind: rules.Kind) -> None:
    kept = inspect(data, name)
    assert kept.kind is kind
    assert kept.data is data


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "vide.pdf", "empty_file"),
        (bytes(26_000_000), "lourd.pdf", "file_too_large"),
        (b"MZ\x90\0" + bytes(200), "devis.pdf", "type_refused"),
        (b"\x7fELF" + bytes(200), "devis.pdf", "type_refused"),
        (b"<html><script>alert(1)</script></html>", "devis.pdf", "type_refused"),
        (b"  <!DOCTYPE html><script>", "note.txt", "type_refused"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "logo.csv", "type_refused"),
        (b"GIF89a" + bytes(50), "photo.gif", "type_refused"),
        (b"a\0b", "note.txt", "type_refused"),
        (b"nothing like a message", "message.eml", "type_refused"),
        (b"%PDF-1.7\nnot really", "devis.pdf", "broken_file"),
        (papers.pdf_bytes()[:200], "coupe.pdf", "broken_file"),
        (papers.pdf_bomb(1000, twice=True).replace(b"[/FlateDecode", b"[/FlameDecode"), "illisible.pdf", "broken_file"),
        (partial(papers.pdf_bomb, 1_500_000_000, twice=True), "bombe.pdf", "pdf_bomb"),
        (partial(papers.pdf_bomb, 1_500_000_000, twice=False), "bombe.pdf", "pdf_bomb"),
        (papers.zipped({"a.txt": "x"}), "tout.zip", "archive"),
        (papers.zipped({"a.txt": "x"}), "devis.docx", "archive"),
        (papers.docx()[:-40], "coupe.docx", "broken_file"),
        (papers.bomb, "bombe.docx", "archive_bomb"),
        (papers.lying_bomb, "menteur.docx", "archive_bomb"),
        (lambda: papers.docx(**{f"word/{n}.xml": "" for n in range(5001)}), "milliers.docx", "archive_bomb"),
        (papers.docx(**{"../../etc/cron.d/x": "x"}), "chemin.docx", "hostile_archive"),
        (papers.docx(**{"word/vbaProject.bin": "x"}), "macros.docx", "macros"),
        (papers.docx(**{"word/embeddings/a.bin": b"MZ" + bytes(20)}), "programme.docx", "program_inside"),
        (papers.docx(**{"word/embeddings/a.gz": b"\x1f\x8b" + bytes(20)}), "gz.docx", "nested_archive"),
        (papers.docx(**{"word/a.docx": papers.docx(**{"word/b.docx": papers.docx()})}), "poupees.docx", "nested_archive"),
        (lambda: papers.docx(**{"word/a.xlsx": papers.bomb()}), "bombe-dedans.docx", "archive_bomb"),
        (papers.ole("EncryptedPackage"), "secret.docx", "encrypted"),
        (papers.ole("WordDocument", "_VBA_PROJECT"), "macros.doc", "macros"),
        (papers.ole("Autre"), "installe.msi", "type_refused"),
        (papers.JPEG + papers.zipped({"a.exe": "x"}), "photo.jpg", "two_in_one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_hostile_file_is_refused_in_french(data: bytes | Callable[[], bytes], name: str, code: str) -> None:
    """The large ones are made here: every process of a run reads the list above."""
    with pytest.raises(Refused) as refused:
        inspect(data() if callable(data) else data, name)
    assert refused.value.refusal.code == code
    assert refused.value.sentence.endswith(".")


def test_a_word_document_may_hold_a_spreadsheet() -> None:
    sheet = papers.zipped({"[Content_Types].xml": papers.CONTENT_TYPES, "xl/workbook.xml": "<x/>"})
    assert inspect(papers.docx(**{"word/embeddings/prix.xlsx": sheet}), "a.docx").kind is rules.DOCX


def test_scripts_launches_and_embedded_files_leave_the_pdf_and_links_stay() -> None:
    data = papers.scripted_pdf()
    assert b"MARQUE" in data
    kept = inspect(data, "devis.pdf")
    with pikepdf.open(io.BytesIO(kept.data)) as paper:
        out = io.BytesIO()
        paper.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, stream_decode_level=pikepdf.StreamDecodeLevel.all)
        assert len(paper.pages) == 1
    text = out.getvalue()
    assert b"MARQUE" not in text
    assert b"JavaScript" not in text and b"Launch" not in text and b"OpenAction" not in text
    assert b"https://ville.example" in text
    assert inspect(kept.data, "devis.pdf").data is kept.data


def test_a_pdf_that_opens_on_its_first_page_is_kept_byte_for_byte() -> None:
    paper = pikepdf.Pdf.new()
    page = paper.add_blank_page()
    paper.Root.OpenAction = pikepdf.Array([page.obj, pikepdf.Name.Fit])
    out = io.BytesIO()
    paper.save(out)
    assert inspect(out.getvalue(), "devis.pdf").data == out.getvalue()


def test_a_pdf_that_is_also_an_archive_keeps_only_its_pages() -> None:
    both = papers.pdf_bytes() + papers.zipped({"a.html": "<script>"})
    kept = inspect(both, "devis.pdf")
    assert kept.kind is rules.PDF
    assert not zipfile.is_zipfile(io.BytesIO(kept.data))


def test_a_pdf_with_a_password_is_refused_and_one_only_locked_against_changes_is_kept() -> None:
    locked = papers.pdf_bytes(encryption=pikepdf.Encryption(owner="mairie", user="secret"))
    with pytest.raises(Refused, match="encrypted") as refused:
        inspect(locked, "devis.pdf")
    assert "mot de passe" in refused.value.sentence and "Rien n'est perdu" in refused.value.sentence
    attestation = papers.pdf_bytes(encryption=pikepdf.Encryption(owner="urssaf", user=""))
    assert inspect(attestation, "attestation.pdf").data is attestation


def test_a_pdf_without_pages_is_refused() -> None:
    out = io.BytesIO()
    pikepdf.Pdf.new().save(out)
    with pytest.raises(Refused, match="broken_file"):
        inspect(out.getvalue(), "vide.pdf")


@given(st.binary(min_size=1, max_size=2000), st.sampled_from(["a.pdf", "a.docx", "a.txt", "a.eml", "a.jpg", ""]))
def test_random_bytes_are_kept_or_refused_but_never_break(data: bytes, name: str) -> None:
    try:
        inspect(data, name)
    except Refused as refused:
        assert refused.sentence


def spoiled(data: bytes, at: int, value: int) -> bytes:
    return data[: at % len(data)] + bytes([value]) + data[at % len(data) + 1 :]


@given(st.integers(0, 5000), st.integers(0, 255), st.sampled_from([papers.docx(), papers.odt()]))
def test_a_document_with_one_byte_changed_never_breaks(at: int, value: int, data: bytes) -> None:
    try:
        inspect(spoiled(data, at, value), "a")
    except Refused as refused:
        assert refused.sentence


@given(st.integers(0, 5000), st.integers(0, 255))
def test_a_pdf_with_one_byte_changed_never_breaks_its_reader(at: int, value: int) -> None:
    try:
        pdf.clean(spoiled(papers.scripted_pdf(), at, value))
    except Refused as refused:
        assert refused.sentence


def test_every_real_message_of_the_samples_can_be_kept(shared_data: Path) -> None:
    samples = sorted((shared_data / "eml" / "mikel-mail").rglob("*.eml"))
    assert len(samples) > 100
    refused = []
    for sample in samples:
        try:
            assert inspect(sample.read_bytes(), sample.name).kind is rules.EML
        except Refused as error:
            refused.append((sample.name, error.refusal.code))
    assert refused == []
