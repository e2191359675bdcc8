"""A stock named by its address is downloaded whole, or refused and gone on with later."""

import hashlib
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sourcier.register.search import status
from sourcier.register.store import folder
from tests.register.stocks import establishment, write, zipped
from tests.register.test_command import fails, run


class Server(ThreadingHTTPServer):
    """Gives files by range; `cut`: breaks off after so many bytes of each answer.

    `ranges_known`: else it gives the whole always; `lies`: bytes more than there are in the size that it tells, and after those
    of which it gives the range; `leads_to`: where it sends on.
    """

    cut: int | None = None
    kind = "application/octet-stream"
    tag, day = '"one"', ""
    ranges_known = True
    size_lie = range_lie = 0
    leads_to = ""
    scheme = "http"

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files, self.ranges = files, list[str | None]()

    def address(self, name: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/{name}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or does not trust the certificate, is no news."""


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        if server.leads_to:
            self.send_response(302)
            self.send_header("Location", server.leads_to)
            return self.end_headers()
        data = server.files.get(self.path[1:])
        if data is None:
            return self.send_error(404)
        same = server.ranges_known and self.headers.get("If-Range") in (server.tag, server.day)
        asked = self.headers.get("Range") if same else None
        server.ranges.append(asked)
        start = int(re.findall(r"\d+", asked)[0]) if asked else 0
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            return self.end_headers()
        start = max(0, start - server.range_lie)
        self.send_response(206 if asked else 200)
        for name, value in (("ETag", server.tag), ("Last-Modified", server.day)):
            if value:
                self.send_header(name, value)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Type", server.kind)
        self.send_header("Content-Length", str(len(data) - start + server.size_lie))
        self.end_headers()
        end = len(data) if server.cut is None else start + server.cut
        self.wfile.write(data[start:end])
        return None

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    files = [zipped(file) for file in write(tmp_path, [establishment(number) for number in range(1, 60)])]
    with serving(Server({name: file.read_bytes() for name, file in zip(("et.zip", "ul.zip"), files, strict=True)})) as server:
        yield server


def asked(server: Server) -> tuple[str, ...]:
    return "import", "--establishments", server.address("et.zip"), "--legal-units", server.address("ul.zip")


def test_both_addresses_are_downloaded_imported_and_removed(
    server: Server, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = [hashlib.sha256(server.files[name]).hexdigest() for name in ("et.zip", "ul.zip")]
    assert "Il est en service." in run(*asked(server), "--sha256", *sums)
    assert status().establishments == 59
    assert not list((folder() / "downloads").iterdir())
    told = capsys.readouterr().err
    assert f"{len(server.files['et.zip'])} octets, SHA-256 {sums[0]}" in told


def test_a_download_that_breaks_off_goes_on_by_range(server: Server, var: Path) -> None:
    server.cut = len(server.files["et.zip"]) // 2 + 1
    run(*asked(server))
    assert status().establishments == 59
    assert any(found and found.startswith("bytes=") for found in server.ranges)


def test_a_download_that_stops_is_refused_and_goes_on_at_the_next_command(server: Server, var: Path) -> None:
    server.cut = 40
    said = fails(*asked(server))
    assert "Le téléchargement des établissements s'est arrêté après 160 octets" in said and "Rien n'a changé" in said
    server.cut = None
    run(*asked(server))
    assert status().establishments == 59
    assert "bytes=160-" in server.ranges


def test_a_file_renewed_meanwhile_is_taken_from_its_beginning(server: Server, var: Path) -> None:
    server.cut = 40
    fails(*asked(server))
    server.cut, server.tag = None, '"two"'
    run(*asked(server))
    assert status().establishments == 59


def test_another_sum_than_expected_is_refused_and_the_file_thrown_away(server: Server, var: Path) -> None:
    assert "n'a pas le SHA-256 attendu" in fails(*asked(server), "--sha256", "0" * 64, "0" * 64)
    assert not list((folder() / "downloads").iterdir())


def test_the_sum_of_a_file_at_hand_is_checked_too(tmp_path: Path, var: Path) -> None:
    files = write(tmp_path, [establishment(1)])
    words = ("import", "--establishments", files[0], "--legal-units", files[1], "--sha256")
    sums = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    run(*words, *sums)
    assert "(ul.csv) n'a pas le SHA-256 attendu" in fails(*words, sums[0], sums[0])


def test_a_page_instead_of_a_file_is_refused(server: Server, var: Path) -> None:
    server.kind = "text/html; charset=utf-8"
    assert "donne une page et non un fichier" in fails(*asked(server))
    server.files.clear()
    assert "Le serveur répond 404" in fails(*asked(server))


def downloads() -> list[str]:
    return sorted(file.name for file in (folder() / "downloads").iterdir())


@pytest.mark.parametrize("mark", ["tag", "day", "weak", "none"])
def test_a_download_goes_on_by_what_the_server_says_of_its_version_or_begins_again(
    server: Server, var: Path, mark: str
) -> None:
    server.cut, server.day = 40, "Wed, 01 Oct 2025 07:28:00 GMT"
    server.tag = {"tag": server.tag, "weak": 'W/"one"'}.get(mark, "")
    server.day = "" if mark == "none" else server.day
    fails(*asked(server))
    server.cut = None
    server.ranges.clear()
    run(*asked(server))
    assert status().establishments == 59
    # Without anything that tells one version from another, nothing can be joined to what came before.
    assert any(server.ranges) is (mark != "none")


def test_a_server_that_ignores_ranges_gives_all_again(server: Server, var: Path) -> None:
    server.cut = 40
    fails(*asked(server))
    server.cut, server.ranges_known = None, False
    run(*asked(server))
    assert status().establishments == 59


def test_a_range_that_was_not_asked_is_not_joined(server: Server, var: Path) -> None:
    server.cut = 40
    fails(*asked(server))
    server.cut, server.range_lie = None, 7
    run(*asked(server))
    assert status().establishments == 59


def test_a_server_that_announces_more_than_it_gives_is_refused_until_it_says_so(server: Server, var: Path) -> None:
    server.size_lie, server.ranges_known = 10, False
    assert "s'est arrêté après" in fails(*asked(server))
    server.ranges_known = True  # 416: it says itself that there is no more
    run(*asked(server))
    assert status().establishments == 59


def test_a_server_that_announces_less_gives_a_damaged_file_which_is_asked_again(server: Server, var: Path) -> None:
    server.size_lie = -30
    assert "est un ZIP abîmé ou coupé" in fails(*asked(server))
    assert downloads() == []
    server.size_lie = 0
    run(*asked(server))
    assert status().establishments == 59


def test_files_kept_after_a_refusal_are_not_downloaded_again_unless_they_changed(
    server: Server, var: Path, tmp_path: Path
) -> None:
    run(*asked(server))
    fewer = [zipped(file).read_bytes() for file in write(tmp_path, [establishment(number) for number in range(1, 30)])]
    server.files, server.tag = dict(zip(("et.zip", "ul.zip"), fewer, strict=True)), '"fewer"'
    assert "--force" in fails(*asked(server))
    server.ranges.clear()
    run(*asked(server), "--force")
    assert status().establishments == 29
    assert server.ranges == [f"bytes={len(data)}-" for data in fewer], "both had come whole, and nothing more was sent"
    assert downloads() == []


def test_a_stock_renewed_at_the_same_address_is_never_the_old_one(server: Server, var: Path, tmp_path: Path) -> None:
    server.files["ul.zip"] = b"odd"
    fails(*asked(server))  # the establishments have come whole, and wait
    files = [zipped(file).read_bytes() for file in write(tmp_path, [establishment(number) for number in range(1, 70)])]
    server.files, server.tag = dict(zip(("et.zip", "ul.zip"), files, strict=True)), '"next month"'
    run(*asked(server))
    assert status().establishments == 69


def test_a_disk_that_has_no_place_for_the_download_is_said_so(server: Server, var: Path) -> None:
    (folder() / "downloads").parent.mkdir(parents=True)
    (folder() / "downloads").write_text("a file where the folder should be")
    assert "ne s'écrit pas dans" in fails(*asked(server))


@pytest.mark.parametrize("address", ["https://[::1", "https://", "https://a b/c", "https://exemple.invalid:port/x"])
def test_what_is_no_address_is_refused(var: Path, address: str) -> None:
    assert "Rien n'a changé" in fails("import", "--establishments", address, "--legal-units", "x")


class TestOverHttps:
    """A server with a certificate of its own, trusted or not."""

    @pytest.fixture
    def safe(self, server: Server, tmp_path: Path) -> Iterator[Server]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(tmp_path / "server.pem"))
        secured = Server(server.files)
        secured.socket = context.wrap_socket(secured.socket, server_side=True)
        secured.scheme = "https"
        with serving(secured):
            yield secured

    @pytest.fixture
    def trusted(self, safe: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        return safe

    def test_both_files_are_downloaded_and_gone_on_with(self, trusted: Server, var: Path) -> None:
        trusted.cut = len(trusted.files["et.zip"]) // 2 + 1
        run(*asked(trusted))
        assert status().establishments == 59
        assert any(trusted.ranges)

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, safe: Server, var: Path) -> None:
        assert "Le certificat du serveur n'est pas reconnu" in fails(*asked(safe))

    def test_an_address_that_leads_out_of_https_is_refused(self, trusted: Server, server: Server, var: Path) -> None:
        trusted.leads_to = server.address("et.zip")
        assert "qui n'est plus en HTTPS" in fails(*asked(trusted))
        assert server.ranges == []

    def test_an_address_that_leads_to_another_in_https_is_followed(self, trusted: Server, server: Server, var: Path) -> None:
        server.leads_to = trusted.address("et.zip")
        words = asked(trusted)
        run(*words[:2], server.address("latest"), *words[3:])
        assert status().establishments == 59

    def test_an_address_never_leads_to_a_file_of_the_machine(self, server: Server, var: Path) -> None:
        for elsewhere in ("ftp://127.0.0.1/et.zip", "file:///etc/passwd"):
            server.leads_to = elsewhere
            assert "Rien n'a changé" in fails(*asked(server))


def certificate(file: Path) -> Path:
    """A key and the certificate that it signs for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(6)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM))
    return file


def test_a_server_that_does_not_answer_is_said_so(server: Server, var: Path) -> None:
    words = asked(server)
    words = (words[0], words[1], "http://127.0.0.1:9/et.zip", *words[3:])
    assert "s'est arrêté après 0 octets" in fails(*words)
