"""Heavy requests: refused before they are read when they may be, else cut while they arrive, with nothing typed lost."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from sourcier.quotes.models import Submission, SubmissionDocument
from sourcier.quotes.queries import answers
from sourcier.vault import rules
from sourcier.web.uploads import MAX_FROM_STRANGER, MAX_REQUEST, welcome
from tests.cities import City
from tests.quotes.requests import BEFORE, browser, make_request
from tests.vault import papers
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
ELSEWHERE = ("/", "/compte/login/", "/avis/", "/r/prix/", "/nowhere/", "/static/x")


@pytest.fixture(autouse=True)
def vault(settings: Any, tmp_path: Path) -> None:
    settings.VAULT = tmp_path / "vault"


@pytest.fixture
def spool(settings: Any, tmp_path: Path) -> Path:
    """Where Django writes what arrives."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "spool"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return tmp_path / "spool"


def declared(client: Client, path: str, weight: str, **headers: str) -> Any:
    """A request that says this weight; its body is never sent."""
    return client.generic("POST", path, b"", CONTENT_LENGTH=weight, CONTENT_TYPE="multipart/form-data; boundary=x", **headers)


def photo(size: int, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.JPEG + bytes(size - len(papers.JPEG)))


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_stranger_s_heavy_request_is_refused_on_every_path_before_it_is_read(path: str) -> None:
    response = declared(Client(), path, str(MAX_FROM_STRANGER + 1))
    assert response.status_code == 413
    assert "C'est trop lourd" in unescape(response.content.decode())
    assert "Content-Security-Policy" in response


def test_cookies_made_up_open_nothing_more() -> None:
    client = Client()
    client.cookies["sessionid"], client.cookies["sourcier_r"] = "a" * 32, "made:up:cookie"
    assert declared(client, "/r/prix/", str(MAX_FROM_STRANGER + 1)).status_code == 413


def test_who_signed_in_or_holds_a_link_may_send_an_answer_and_no_more(city: City) -> None:
    with time_machine.travel(BEFORE, tick=True):
        firm = browser(make_request(city).invite())
        for client in (firm, signed_in(city.buyer)):
            cookies = {"HTTP_COOKIE": "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())}
            assert welcome(RequestFactory().post("/r/prix/", CONTENT_LENGTH=str(MAX_REQUEST), **cookies))
            assert declared(client, "/r/prix/", str(MAX_REQUEST + 1)).status_code == 413


@pytest.mark.parametrize("weight", ["", "many", "-"])
def test_a_body_that_does_not_say_its_weight_is_refused(city: City, weight: str) -> None:
    response = declared(signed_in(city.buyer), "/", weight, HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 413


def test_a_file_too_large_is_cut_while_it_arrives_and_what_was_typed_comes_back(city: City, spool: Path) -> None:
    with time_machine.travel(BEFORE, tick=True):
        request = make_request(city)
        client = browser(request.invite())
        heavy = photo(rules.MAX_FILE + 3_000_000, "grand devis.jpg")
        response = client.post("/r/prix/", {**request.form(), "signer": "Nadia Boulanger", "documents": heavy})
    page = unescape(response.content.decode())
    assert response.status_code == 400
    assert "« grand devis.jpg » : Ce fichier dépasse 25\xa0Mo. Rien n'est perdu." in page
    assert 'value="Nadia Boulanger"' in page
    assert not Submission.objects.filter(state="received").exists() and not SubmissionDocument.objects.exists()
    (cut,) = (upload for upload in response.wsgi_request.FILES.getlist("documents"))
    assert cut.size == rules.MAX_FILE + 1


def test_an_answer_over_100_megabytes_says_so_beside_its_documents_and_keeps_those_that_fit(city: City, spool: Path) -> None:
    with time_machine.travel(BEFORE, tick=True):
        request = make_request(city)
        client = browser(request.invite())
        four = [photo(24_000_000, f"page {number}.jpg") for number in range(1, 5)]
        last = photo(6_000_000, "page 5.jpg")
        response = client.post("/r/prix/", {**request.form(), "documents": [*four, last], "go": "1"})
    page = unescape(response.content.decode())
    assert response.status_code == 400
    assert "« page 5.jpg » : Ensemble, vos fichiers dépassent 100\xa0Mo. Rien n'est perdu." in page
    assert [document.name for document in answers.joined(Submission.objects.get())] == [
        f"page {number}.jpg" for number in range(1, 5)
    ]
    assert not Submission.objects.filter(state="received").exists()
