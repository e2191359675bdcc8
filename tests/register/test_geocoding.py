"""A city may set the address of its own geocoder; the stock answers without it, and when it fails."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from sourcier.register.geocoding import locate
from sourcier.register.importing.run import import_stock
from tests.register.stocks import establishment, write

TYPED = "12 avenue des tilleuls 93110"


@pytest.fixture(scope="module")
def tilleuls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("geocoding")
    return import_stock(*write(folder, [establishment(1)]), out=folder / "r.duckdb").file


@pytest.fixture(autouse=True)
def _stock(tilleuls: Path, use: Callable[[Path], Path]) -> None:
    use(tilleuls)


def feature(
    label: str, kind: str = "housenumber", score: float = 0.9, point: tuple[float, float] = (2.4866, 48.8722)
) -> dict[str, Any]:
    """A result as the Base Adresse Nationale writes it: longitude first."""
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": list(point)},
        "properties": {"label": label, "score": score, "type": kind, "postcode": "93110", "city": "Rosny-sous-Bois"},
    }  # fmt: skip


@contextmanager
def geocoder(reply: bytes, status: int = 200, wait: Event | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and the questions that it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(parse_qs(urlsplit(self.path).query)["q"][0])
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply) + (1 if wait else 0)))
            self.end_headers()
            self.wfile.write(reply)
            if wait:
                wait.wait(20)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/search/", asked
    finally:
        if wait:
            wait.set()
        server.shutdown()
        server.server_close()


def told(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_without_a_geocoder_the_stock_answers_alone() -> None:
    found = locate(TYPED)
    assert found.place
    assert (found.place.kind, found.note) == ("address", "")


def test_a_geocoder_that_is_set_tells_the_door(settings: Settings) -> None:
    reply = told(
        feature("12 Avenue des Tilleuls 93110 Rosny-sous-Bois"),
        feature("12 Allée des Tilleuls", score=0.87),
        feature("x", score=0.2),
    )
    with geocoder(reply) as (settings.BAN_URL, asked):
        found = locate(TYPED)
    assert asked == [TYPED]
    assert found.place
    assert (found.place.lat_e6, found.place.lon_e6) == (48_872_200, 2_486_600)
    assert (found.place.kind, found.place.uncertainty_m, found.note) == ("address", 30, "")
    assert [each.label for each in found.place.alternatives] == ["12 Allée des Tilleuls"]


def test_a_street_of_the_geocoder_gives_way_to_the_one_the_stock_measures(settings: Settings) -> None:
    with geocoder(told(feature("Avenue des Tilleuls", "street"))) as (settings.BAN_URL, _):
        ours, theirs = locate("avenue des tilleuls 93110").place, locate("avenue des ormes 93110").place
    assert ours and theirs
    assert (ours.label, theirs.label) == ("Avenue des Tilleuls, 93110 Rosny-sous-Bois", "Avenue des Tilleuls")


def test_a_doubtful_result_is_no_answer(settings: Settings) -> None:
    with geocoder(told(feature("Tilleuls", score=0.3))) as (settings.BAN_URL, _):
        found = locate(TYPED)
    assert found.place
    assert found.place.label == "12 avenue des Tilleuls, 93110 Rosny-sous-Bois"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (b"", 200), (b"{", 200), (b"[]", 200), (b"<html>", 200), (b"\xff\xfe", 200), (b'{"features": 3}', 200),
        (b'{"features": [{}]}', 200), (told(feature("x", point=(200, 95))), 200), (told(), 500), (told(), 404),
        (b"0" * 600_000, 200), (b"[" * 100_000, 200),
    ],
)  # fmt: skip
def test_a_geocoder_that_fails_leaves_the_stock_and_a_sentence(
    settings: Settings, caplog: pytest.LogCaptureFixture, reply: bytes, status: int
) -> None:
    with caplog.at_level(logging.DEBUG), geocoder(reply, status) as (settings.BAN_URL, _):
        found = locate(TYPED)
    assert found.place
    assert found.place.label == "12 avenue des Tilleuls, 93110 Rosny-sous-Bois"
    assert found.note.startswith("Le service d'adresses de la ville ne répond pas")
    assert "tilleuls" not in caplog.text.lower()


def test_a_geocoder_that_is_not_there_or_never_ends_leaves_the_stock(settings: Settings) -> None:
    settings.BAN_TIMEOUT = 0.2
    with geocoder(told(feature("x")), wait=Event()) as (settings.BAN_URL, _):
        slow = locate(TYPED)
    gone = locate(TYPED)
    for found in (slow, gone):
        assert found.place and found.note
