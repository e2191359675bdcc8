from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.canonical import canonical
from sourcier.mail.eml import Letter, parse


def sound(letter: Letter) -> None:
    """What the database and the journal can take."""
    for text in (letter.sender, letter.recipients, letter.subject, letter.text, letter.message_id, *letter.attachments):
        canonical({"text": text})
        assert "\0" not in text
    assert letter.date is None or letter.date.tzinfo is UTC


def test_an_ordinary_message_is_read() -> None:
    letter = parse(
        "From: =?utf-8?q?Ad=C3=A8le?= Pain <adele@pain.example>\r\nTo: achats@ville.example\r\n"
        "Date: Mon, 23 Nov 2026 08:05:00 +0100\r\nSubject: =?iso-8859-1?q?Devis_d'=E9t=E9?=\r\n"
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nPrix d'été : 12.\r\n"
        .encode("latin-1")
    )  # fmt: skip
    assert letter.sender == "Adèle Pain <adele@pain.example>"
    assert letter.recipients == "achats@ville.example"
    assert letter.subject == "Devis d'été"
    assert letter.date == datetime(2026, 11, 23, 7, 5, tzinfo=UTC)
    assert letter.text == "Prix d'été : 12."
    assert letter.summary() == "Devis d'été\n\nPrix d'été : 12."


def test_a_page_is_read_as_words() -> None:
    letter = parse(
        b"From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n"
        b"<html><head><style>p{}</style></head><body><p>Bonjour</p><script>alert(1)</script><p>12 &euro;</p></body></html>"
    )
    assert letter.text == "Bonjour\n12 €"


def test_every_real_and_malformed_message_is_read_without_an_exception(shared_data: Path) -> None:
    samples = sorted(path for path in (shared_data / "eml" / "mikel-mail").rglob("*") if path.is_file())
    assert len(samples) >= 100
    letters = [parse(sample.read_bytes()) for sample in samples]
    for letter in letters:
        sound(letter)
    assert sum(bool(letter.text) for letter in letters) > 0.85 * len(letters)
    assert sum(bool(letter.sender) for letter in letters) > 0.85 * len(letters)
    assert sum(letter.date is not None for letter in letters) > 0.75 * len(letters)


@pytest.mark.parametrize("date", ["", "hier", "Mon, 99 Nov 2026 99:99:99 +9999", "Mon, 23 Nov 2026 08:05:00"])
def test_a_strange_date_is_no_date_or_utc(date: str) -> None:
    sound(parse(f"From: a@b.example\nDate: {date}\n\nx".encode()))


@given(st.binary(max_size=3000))
def test_random_bytes_are_read(data: bytes) -> None:
    sound(parse(data))


@given(st.binary(max_size=200), st.sampled_from(["From", "To", "Date", "Subject", "Content-Type", "Content-Disposition"]))
def test_random_headers_are_read(value: bytes, name: str) -> None:
    sound(parse(b"MIME-Version: 1.0\n" + name.encode() + b": " + value + b"\n\nbonjour"))


def test_thousands_of_nested_parts_are_survived() -> None:
    sound(parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: message/rfc822\n\n" * 3000))
