"""« Clé de la Ville »: read by who inspects, changed by the head of purchasing, with minutes to print and sign."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.journal import keys
from sourcier.journal.models import Checkpoint, Log
from sourcier.journal.verify import verify
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.pdf import text_of
from tests.web.clients import signed_in

REASON = {"renew-reason": "Fin de mandat.", "lost-reason": "Disque cassé.", "stolen-reason": "Ordinateur volé."}


def send(city: City, act: str, **typed: Any) -> HttpResponse:
    return signed_in(city.head_buyer).post(reverse("city_key_change"), {"act": act, **REASON, **typed})


def page(city: City) -> str:
    return unescape(signed_in(city.auditor).get(reverse("city_key")).content.decode())


def minutes(city: City) -> str:
    return " ".join(text_of(signed_in(city.head_buyer).get(reverse("city_key_minutes")).content).split())


def two_days_ago() -> dict[str, str]:
    since = timezone.localtime() - timedelta(days=2)
    return {"stolen-since_0": since.strftime("%Y-%m-%d"), "stolen-since_1": since.strftime("%H:%M")}


def test_a_renewal_has_its_entry_its_checkpoint_and_its_minutes(city: City) -> None:
    log, first = city.organisation.pk, keys.fingerprint(city.organisation.pk)
    assert "Procès-verbal de la création" in minutes(city)
    with writes(log, "key.renewed"):
        assert send(city, "renew")["Location"] == reverse("city_key")
    second = keys.fingerprint(log)
    assert second != first and second in page(city) and first in page(city)
    assert Checkpoint.objects.get(log=log).size == Log.objects.get(pk=log).size
    assert verify(log, fingerprint=first).ok
    told = minutes(city).replace(" ", "")
    assert "Procès-verbaldurenouvellement" in told and second.replace(" ", "") in told and first.replace(" ", "") in told


def test_the_minutes_name_the_key_who_was_there_where_the_copies_are_and_are_the_same_twice(city: City) -> None:
    said = minutes(city)
    for words in ("Ville de Rosny", "Étaient présents", "Première copie", "Un témoin", "points de contrôle"):
        assert words in said, said
    address = reverse("city_key_minutes")
    assert signed_in(city.buyer).get(address).content == signed_in(city.head_buyer).get(address).content


def test_neither_the_page_nor_the_minutes_nor_the_verifier_count_the_entries(city: City) -> None:
    """Their number would tell how many answers came, while these are closed."""
    send(city, "renew")
    said = [page(city), minutes(city), Client().get(reverse("verifier")).content.decode().partition('id="keys"')[2][:2_000]]
    assert all("écriture n°" not in text and "n° " not in text for text in said), said


def test_a_lost_key_is_said_on_the_page_then_replaced(city: City) -> None:
    log = city.organisation.pk
    with writes_nothing(log):
        assert "elle n'est pas perdue" in unescape(send(city, "lost").content.decode())
    keys.key_file(log).unlink()
    assert "rien n'est plus signé" in page(city)
    with writes(log, "key.lost"):
        send(city, "lost")
    assert "rien n'est plus signé" not in page(city) and "perdue" in page(city)
    assert "après perte" in minutes(city)


def test_a_stolen_key_is_doubtful_since_the_date_given(city: City) -> None:
    with writes(city.organisation.pk, "key.stolen"):
        send(city, "stolen", **two_days_ago())
    assert "douteuses depuis" in page(city) and "après vol" in minutes(city)


@pytest.mark.parametrize("typed", [{"stolen-reason": " "}, {"stolen-since_0": "2099-01-01"}, {"stolen-since_1": ""}])
def test_what_is_missing_or_cannot_be_is_said_and_nothing_changes(city: City, typed: dict[str, str]) -> None:
    with writes_nothing(city.organisation.pk):
        response = send(city, "stolen", **{**two_days_ago(), **typed})
    assert response.status_code == 422 and " open>" in response.content.decode()


def test_only_the_head_of_purchasing_changes_the_key(city: City) -> None:
    with writes_nothing(city.organisation.pk):
        for agent in (city.buyer, city.auditor):
            asked = signed_in(agent).post(reverse("city_key_change"), {"act": "renew", **REASON})
            assert asked.status_code == 403
        for agent in (city.requester, city.admin):
            assert signed_in(agent).get(reverse("city_key")).status_code == 403
            assert signed_in(agent).get(reverse("city_key_minutes")).status_code == 403
    assert "<form method" not in signed_in(city.buyer).get(reverse("city_key")).content.decode().partition("<main")[2]
