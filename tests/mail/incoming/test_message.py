"""Messages as they come: real, malformed, hostile, automatic."""

import base64
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import dkim
import dns.message
import dns.rcode
import dns.rrset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, pkcs7
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.canonical import canonical
from sourcier.mail.domain_keys import keys_of_domains
from sourcier.mail.incoming import Incoming, Kind, read

PDF = b"%PDF-1.4 devis"


def message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Four des Halles <Contact@Four.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    return made


def sound(found: Incoming) -> None:
    canonical(found.as_json())
    assert "\0" not in found.text + found.quoted + found.subject


def test_every_real_and_malformed_message_gives_its_text(shared_data: Path) -> None:
    folder = shared_data / "eml" / "mikel-mail"
    found = {path.stem: read(path.read_bytes()) for path in folder.rglob("*.eml")}
    assert len(found) >= 100
    for each in found.values():
        sound(each)
    bounces = {path.stem for path in (folder / "multipart_report_emails").iterdir()}
    assert {name for name, each in found.items() if each.kind == Kind.BOUNCE} >= bounces
    for name, text in {
        "raw_email_with_illegal_boundary": "Hello\nThis is an outlook test\n\nSo there.\n\nMe.",
        "example13": 'This is a message just to say hello.\nSo, "Hello".',
        "japanese_iso_2022": "すみません。",
        "attachment_message_rfc822": "This is the first part.",
        "raw_email": "대부분의 마찬가지로, 우리는 하나님을 믿습니다.\n\n제 이름은 Jamis입니다.",
        "raw_email_reply": "Message body",
        "missing_body": "",
        "basic_email_lf": "Plain email.\n\nHope it works well!\n\nMikel",
    }.items():
        assert found[name].text == text, name
    assert found["raw_email_incorrect_header"].text.startswith("You are infected with:\nAd Ware")
    assert found["raw_email8"].text == "We should not include these files or vcards as attachments."
    assert found["attachment_with_base64_encoded_name"].attachments[0].name == "This is a test.pdf"
    assert found["example06"].kind == Kind.REPLY
    # The text that nothing cuts is in one of both: a message without a word has none, or files only.
    mute = {name for name, each in found.items() if not each.text + each.quoted and not each.attachments}
    assert mute == {"bad_date_header", "bad_date_header2", "empty_in_reply_to", "missing_body", "must_supply_encoding"}


def test_a_reply_with_its_quote_is_read_whole() -> None:
    made = message(Subject="Re: Pain", In_Reply_To="<abc@ville.example>")
    made.set_content("Ci-joint mon devis.\n\nLe 24/11/2026 à 10:12, Ville a écrit :\n> Bonjour\n")
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename="devis d'été.pdf")
    assert read(made.as_bytes()).as_json() == {
        "kind": "reply",
        "text": "Ci-joint mon devis.",
        "quoted": "Le 24/11/2026 à 10:12, Ville a écrit :\n> Bonjour",
        "attachments": [
            {"name": "devis d'été.pdf", "type": "application/pdf", "size": len(PDF), "sha256": sha256(PDF).hexdigest()}
        ],
        "dkim": "none",
    }


def test_a_page_alone_is_read_and_its_quote_is_cut() -> None:
    made = message(Subject="RE : Pain")
    made.set_content(
        "<div>Oui,\n c'est <b>12&nbsp;€</b></div><div class=gmail_quote>Le 24/11/2026 à 10:12, Ville a écrit :"
        "<blockquote><p>Votre prix ?</p><p>Merci</p></blockquote></div>", subtype="html",
    )  # fmt: skip
    found = read(made.as_bytes())
    assert (found.kind, found.text) == (Kind.REPLY, "Oui, c'est 12\xa0€")
    assert "> Votre prix ?" in found.quoted


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("auto", {"Auto-Submitted": "auto-replied", "In-Reply-To": "<a@b>"}),
        ("reply", {"Auto-Submitted": "no", "In-Reply-To": "<a@b>"}),
        ("auto", {"X-Autoreply": "yes"}),
        ("auto", {"Precedence": "auto_reply"}),
        ("auto", {"Precedence": "bulk"}),
        ("auto", {"Subject": "Réponse automatique : Pain", "References": "<a@b>"}),
        ("auto", {"Subject": "Absence du bureau"}),
        ("auto", {"Subject": "Fermeture annuelle Re: Pain"}),
        ("other", {"Subject": "Absolument d'accord"}),
        ("reply", {"Subject": "RE : Pain"}),
        ("reply", {"Subject": "Rép: Pain"}),
        ("other", {"Subject": "Recette"}),
        ("bounce", {"Return-Path": "<>", "Subject": "Non remis : Pain"}),
        ("bounce", {"From": "MAILER-DAEMON@four.example", "Subject": "failure notice"}),
        ("bounce", {"X-Failed-Recipients": "a@four.example", "Subject": "Mail delivery failed"}),
        ("bounce", {"From": "postmaster@four.example", "Subject": "Échec de la remise : Pain"}),
        ("other", {"From": "postmaster@four.example", "Subject": "Bonjour"}),
    ],
)
def test_kinds(kind: str, headers: dict[str, str]) -> None:
    made = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    assert read(made + b"\r\nBonjour\r\n").kind == kind


def test_a_report_tells_which_address_is_lost_and_not_which_is_late(shared_data: Path) -> None:
    folder = shared_data / "eml" / "mikel-mail" / "multipart_report_emails"
    lost = {path.stem: read(path.read_bytes()).failed for path in folder.iterdir()}
    assert lost["report_530"] == ("edwin@zzzzzzz.com",)
    assert lost["report_422"] == ()
    assert len(lost["multi_address_bounce1"]) == 5
    assert lost["multipart_report_multiple_status"] == ("u@ci.com",)


@pytest.fixture(scope="module")
def domain() -> tuple[bytes, Callable[[bytes], bytes | None]]:
    """The key that signs for a domain, and a resolver that knows its public half."""
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem, lambda name: record if name == b"s._domainkey.four.example." else None


def test_the_signature_of_a_domain_is_checked_with_the_keys_that_are_given(
    domain: tuple[bytes, Callable[[bytes], bytes | None]],
) -> None:
    pem, resolver = domain
    made = message(Subject="Re: Pain", To="r@ville.example", Date="Tue, 24 Nov 2026 10:12:00 +0000")
    made.set_content("Mon prix : 12 €\n")
    data = made.as_bytes()
    signed = dkim.sign(data, b"s", b"four.example", pem) + data
    assert read(signed).dkim == "none"
    assert read(data, resolver).dkim == "none"
    assert read(signed, resolver).dkim == "pass"
    assert read(signed.replace(b"Mon prix", b"Mon Prix"), resolver).dkim == "fail"
    assert read(signed, lambda name: None).dkim == "fail"


@pytest.mark.parametrize(
    "kind", ["application/ms-tnef", "application/pkcs7-mime; smime-type=enveloped-data", "application/octet-stream"]
)
def test_what_cannot_be_read_is_a_file(kind: str) -> None:
    data = f"Subject: Re: Pain\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n".encode() + base64.b64encode(PDF)
    found = read(data)
    assert (found.kind, found.text) == (Kind.REPLY, "")
    assert [file.sha256 for file in found.attachments] == [sha256(PDF).hexdigest()]


@given(st.binary(max_size=2000))
def test_random_bytes_are_read(data: bytes) -> None:
    sound(read(data))


@given(st.binary(max_size=200), st.sampled_from(["From", "Subject", "Content-Type", "Content-Disposition", "DKIM-Signature"]))
def test_random_headers_are_read(value: bytes, name: str) -> None:
    sound(read(b"MIME-Version: 1.0\n" + name.encode() + b": " + value + b"\n\nbonjour", lambda domain: None))


def test_thousands_of_nested_parts_are_survived() -> None:
    sound(read(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: message/rfc822\n\n" * 3000))
    sound(read(b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(800))))


def test_the_command_prints_what_was_understood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "devis.eml"
    file.write_bytes(b"Subject: Re: Pain\n\nOui, 12 \xe2\x82\xac\n")
    call_command("mailbox", "parse", str(file), "--json")
    assert json.loads(capsys.readouterr().out) == {
        "kind": "reply", "text": "Oui, 12 €", "quoted": "", "attachments": [], "dkim": "none",
    }  # fmt: skip
    for absent in (tmp_path / "absent.eml", tmp_path):
        with pytest.raises(SystemExit) as left:
            call_command("mailbox", "parse", str(absent), "--json")
        assert left.value.code == 2
        told = capsys.readouterr()
        assert "ne peut pas être ouvert" in told.err
        assert not told.out


def winmail(*files: tuple[str, bytes]) -> bytes:
    """A TNEF stream (MS-OXTNEF) with these files, as Outlook makes it."""

    def attribute(level: int, name: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    made = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    for name, data in files:
        made += attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00018010, name.encode("cp1252") + b"\0")
        made += attribute(2, 0x0006800F, data)
    return made


def test_the_files_that_outlook_wraps_are_read_and_a_winmail_dat_that_is_none_stays_one() -> None:
    made = message(Subject="Re: Pain")
    made.set_content("Bonjour, voici le devis.")
    for data in (winmail(("devis.pdf", PDF), ("prix.csv", b"1;2")), b"not one"):
        made.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    found = [(file.name, file.type, file.data) for file in read(made.as_bytes()).attachments]
    assert found == [
        ("devis.pdf", "application/pdf", PDF), ("prix.csv", "text/csv", b"1;2"),
        ("winmail.dat", "application/ms-tnef", b"not one"),
    ]  # fmt: skip


@pytest.mark.parametrize("opaque", [True, False])
def test_a_message_signed_by_its_author_is_read_and_its_signature_is_no_document(opaque: bool) -> None:
    inner = EmailMessage()
    inner.set_content("Mon prix : 12 €")
    inner.add_attachment(PDF, maintype="application", subtype="pdf", filename="devis.pdf")
    signed = smime(inner.as_bytes(), opaque=opaque)
    found = read(b"From: Adele <adele@four.example>\nSubject: Re: Pain\n" + signed)
    assert (found.text, found.subject, found.sender) == ("Mon prix : 12 €", "Re: Pain", "adele@four.example")
    assert [file.data for file in found.attachments if not file.is_signature] == [PDF]


def smime(data: bytes, *, opaque: bool) -> bytes:
    """The S/MIME message of these bytes, signed with a certificate of a day."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Adele")])
    now = datetime(2026, 11, 24, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(certificate, key, hashes.SHA256())
    options = [] if opaque else [pkcs7.PKCS7Options.DetachedSignature]
    return builder.sign(Encoding.SMIME, options)


@contextmanager
def dns_server(record: bytes | None) -> Iterator[str]:
    """A resolver on a socket of its own: gives `record` for every name, or says that it knows nothing now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    data, peer = server.recvfrom(4096)
                except OSError:
                    return
                if not data:
                    return
                asked = dns.message.from_wire(data)
                told = dns.message.make_response(asked)
                if record is None:
                    told.set_rcode(dns.rcode.SERVFAIL)
                else:
                    parts = " ".join(f'"{record[n : n + 200].decode()}"' for n in range(0, len(record), 200))
                    told.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "TXT", parts))
                server.sendto(told.to_wire(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        yield f"127.0.0.1:{port}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", port))
        thread.join()


def test_a_resolver_of_the_settings_gives_the_keys_and_its_silence_condemns_nobody(
    domain: tuple[bytes, Callable[[bytes], bytes | None]], settings: Any
) -> None:
    pem, resolver = domain
    made = message(Subject="Re: Pain", To="r@ville.example", Date="Tue, 24 Nov 2026 10:12:00 +0000")
    made.set_content("Mon prix : 12 €\n")
    signed = dkim.sign(made.as_bytes(), b"s", b"four.example", pem) + made.as_bytes()
    assert keys_of_domains() is None
    with dns_server(resolver(b"s._domainkey.four.example.")) as settings.RESOLVER:
        assert read(signed, keys_of_domains()).dkim == "pass"
        assert read(signed.replace(b"Mon prix", b"Mon Prix"), keys_of_domains()).dkim == "fail"
    with dns_server(None) as settings.RESOLVER:
        assert read(signed, keys_of_domains()).dkim == "none"
