"""A stock named by its address is downloaded whole, or refused and gone on with later."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sourcier.register.search import status
from sourcier.register.store import folder
from tests.register.stocks import establishment, write, zipped
from tests.register.test_command import fails, run


class Server(ThreadingHTTPServer):
    """Gives files by range; `cut`: breaks off after so many bytes of each answer."""

    cut: int | None = None
    kind = "application/octet-stream"
    tag = '"one"'

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files, self.ranges = files, list[str | None]()

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        data = server.files.get(self.path[1:])
        if data is None:
            return self.send_error(404)
        asked = self.headers.get("Range") if self.headers.get("If-Range") == server.tag else None
        server.ranges.append(asked)
        start = int(re.findall(r"\d+", asked)[0]) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("ETag", server.tag)
        self.send_header("Content-Type", server.kind)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = len(data) if server.cut is None else start + server.cut
        self.wfile.write(data[start:end])
        return None

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    files = [zipped(file) for file in write(tmp_path, [establishment(number) for number in range(1, 60)])]
    server = Server({name: file.read_bytes() for name, file in zip(("et.zip", "ul.zip"), files, strict=True)})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


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


def test_a_server_that_does_not_answer_is_said_so(server: Server, var: Path) -> None:
    words = asked(server)
    words = (words[0], words[1], "http://127.0.0.1:9/et.zip", *words[3:])
    assert "s'est arrêté après 0 octets" in fails(*words)
