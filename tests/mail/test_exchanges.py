from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.journal.models import Entry, Payload
from sourcier.kernel.transitions import Refused
from sourcier.mail import queries
from sourcier.mail.actions import file_exchange
from sourcier.mail.models import FiledExchange
from tests.cities import City
from tests.vault import papers

EML = (
    b"From: Adele Pain <adele@pain.example>\nTo: achats@rosny.example\nDate: Mon, 02 Nov 2026 08:05:00 +0100\n"
    b"Subject: Mon prix\n\nBonjour, 0,90 la baguette."
)


@pytest.fixture
def operation(city: City) -> UUID:
    """An operation of the city: a stream of its journal."""
    stream = uuid4()
    append(city.organisation.pk, stream, "role.granted", {"name": "x", "role": "y"})
    return stream


def call(**fields: Any) -> dict[str, Any]:
    now = timezone.now() - timedelta(days=1)
    given = {"channel": "phone", "direction": "in", "occurred_at": now, "correspondent": "M. Pain", "summary": "Il rappelle."}
    return {**given, **fields}


def test_a_call_is_kept_with_its_own_date_and_journalled(city: City, operation: UUID) -> None:
    moment = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    exchange = file_exchange(city.buyer, operation, **call(occurred_at=moment))
    assert (exchange.occurred_at, exchange.correspondent, exchange.filed_by) == (moment, "M. Pain", city.buyer.user)
    entry = Entry.objects.get(verb="exchange.filed")
    assert (entry.stream, entry.actor) == (operation.hex, city.buyer.id.hex)
    assert b'"kind":"filed_exchange"' in bytes(Payload.objects.get(entry=entry).body)


def test_a_message_file_says_its_date_its_author_and_its_words(city: City, operation: UUID) -> None:
    exchange = file_exchange(
        city.buyer, operation, channel="email", direction="in", occurred_at=None, correspondent="", summary="",
        upload=SimpleUploadedFile("mon prix.eml", EML),
    )  # fmt: skip
    assert exchange.occurred_at == datetime(2026, 11, 2, 7, 5, tzinfo=UTC)
    assert exchange.correspondent == "Adele Pain <adele@pain.example>"
    assert exchange.summary == "Mon prix\n\nBonjour, 0,90 la baguette."
    assert exchange.file is not None and exchange.file.media_type == "message/rfc822"


def test_what_the_agent_writes_prevails(city: City, operation: UUID) -> None:
    exchange = file_exchange(city.buyer, operation, **call(channel="email", upload=SimpleUploadedFile("m.eml", EML)))
    assert (exchange.correspondent, exchange.summary) == ("M. Pain", "Il rappelle.")


@pytest.mark.parametrize(
    ("name", "data"), [("devis.pdf", papers.pdf_bytes()), ("photo.jpg", papers.JPEG)], ids=["a paper", "a photo"]
)
def test_a_paper_or_a_photo_is_kept(city: City, operation: UUID, name: str, data: bytes) -> None:
    exchange = file_exchange(city.buyer, operation, **call(channel="letter", summary="", upload=SimpleUploadedFile(name, data)))
    assert exchange.summary == name
    assert list(queries.filed(city.organisation.pk, operation)) == [exchange]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"occurred_at": None}, "date_missing", "occurred_at"),
        ({"occurred_at": timezone.now() + timedelta(days=2)}, "date_future", "occurred_at"),
        ({"summary": "  "}, "summary_missing", "summary"),
        ({"channel": "pigeon"}, "channel", "channel"),
        ({"direction": "up"}, "direction", "direction"),
        ({"upload": SimpleUploadedFile("virus.exe", b"MZ" + bytes(50))}, "type_refused", None),
    ],
)
def test_bad_input_is_refused_and_writes_nothing(
    city: City, operation: UUID, fields: dict[str, Any], code: str, field: str | None
) -> None:
    before = Entry.objects.count()
    with pytest.raises(Refused) as refused:
        file_exchange(city.buyer, operation, **call(**fields))
    assert (refused.value.refusal.code, refused.value.field) == (code, field)
    assert FiledExchange.objects.count() == 0 and Entry.objects.count() == before


def test_auditors_and_administrators_drop_in_nothing(city: City, operation: UUID) -> None:
    for agent in (city.auditor, city.admin):
        with pytest.raises(Refused, match="role"):
            file_exchange(agent, operation, **call())
    assert file_exchange(city.requester, operation, **call())


def test_an_operation_of_another_city_does_not_exist(city: City, other_city: City, operation: UUID) -> None:
    with pytest.raises(ObjectDoesNotExist):
        file_exchange(other_city.buyer, operation, **call())
    file_exchange(city.buyer, operation, **call())
    assert not queries.filed(other_city.organisation.pk, operation).exists()


def test_reading_the_exchanges_costs_the_same_for_one_and_for_three(
    city: City, operation: UUID, django_assert_num_queries: Any
) -> None:
    for count in (1, 2):
        for _ in range(count):
            file_exchange(city.buyer, operation, **call(upload=SimpleUploadedFile("p.jpg", papers.JPEG)))
        with django_assert_num_queries(1):
            rows = queries.filed(city.organisation.pk, operation)
            assert [(row.file.name, row.filed_by.name) for row in rows if row.file] == [("p.jpg", "Bruno Rosny")] * len(rows)
