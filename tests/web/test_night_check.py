"""Each night the journal is recalculated; the head buyer is told of what was altered, until nothing is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts import actions as accounts
from sourcier.accounts.agents import Agent
from sourcier.accounts.models import DeliveryPlace
from sourcier.journal import proofs
from sourcier.journal.models import Log, NightCheck, Payload
from sourcier.journal.nightly import BROKEN_OFF, check_nightly
from sourcier.journal.registry import DOCUMENTS, register_documents
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import asked_purchase
from tests.journal.lifted import triggers_lifted
from tests.web.clients import signed_in

ALARM = "Alerte : le contrôle de nuit du journal a trouvé un point à examiner."


def tick(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        call_command("tick", stdout=StringIO())


def page(agent: Agent, name: str) -> str:
    return signed_in(agent).get(reverse(name)).content.decode().replace("\u00a0", " ")


@pytest.fixture
def night() -> datetime:
    """3 h in Paris, some nights from now."""
    return (timezone.now() + timedelta(days=3)).astimezone(UTC).replace(hour=2, minute=0)


def test_a_content_altered_behind_the_application_raises_the_alarm_at_night(city: City, night: datetime) -> None:
    tick(night - timedelta(days=1))
    assert "Aucune altération détectée" in page(city.head_buyer, "control")
    assert "Alerte" not in page(city.head_buyer, "home")
    with triggers_lifted():
        Payload.objects.filter(entry__log=city.organisation.pk, entry__index=2).update(body=b'{"name":"autre"}')
        connection.check_constraints()
    tick(night - timedelta(hours=4))
    assert "Alerte" not in page(city.head_buyer, "home")
    tick(night)
    home, control = page(city.head_buyer, "home"), page(city.head_buyer, "control")
    assert "Alerte : le contrôle de nuit du journal a trouvé" in home
    assert reverse("control") + "#controle-de-nuit" in home
    assert "Le contenu de l'écriture n° 2 a été modifié." in control.replace("&#x27;", "'")
    assert "Alerte" not in page(city.buyer, "home")


def test_the_alarm_lasts_with_its_first_date_until_a_check_finds_nothing(city: City, night: datetime) -> None:
    DeliveryPlace.objects.filter(pk=city.place.pk).update(address="2 rue Neuve")
    tick(night)
    tick(night + timedelta(days=1))
    check = NightCheck.objects.get(log=city.organisation.pk)
    assert (check.wrong_since, check.checked_at, check.problems) == (night, night + timedelta(days=1), 1)
    assert ALARM in page(city.head_buyer, "home")
    DeliveryPlace.objects.filter(pk=city.place.pk).update(address=city.place.address)
    tick(night + timedelta(days=2))
    assert "Alerte" not in page(city.head_buyer, "home")


def test_a_tail_lost_by_a_restoration_raises_the_alarm_at_night(
    city: City, night: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.VAR = tmp_path
    log = Log.objects.get(pk=city.organisation.pk)
    with pytest.raises(ValueError, match="undone"), transaction.atomic():  # as a backup older than this entry brings it back
        accounts.update_organisation(city.head_buyer, phone="01 02 03 04 05")
        further = proofs.checkpoint(log.pk).text
        raise ValueError("undone")
    kept = tmp_path / "checkpoints.remplace-20261001-120000-000001" / f"{log.origin.replace('/', '_')}.txt"
    kept.parent.mkdir()
    kept.write_text(further, encoding="utf-8")
    tick(night)
    assert ALARM in page(city.head_buyer, "home")
    assert "la fin du journal manque" in page(city.head_buyer, "control")
    kept.unlink()
    tick(night + timedelta(days=1))
    assert "Alerte" not in page(city.head_buyer, "home")


def test_a_check_is_made_once_a_night_and_caught_up_by_a_server_that_was_off(
    city: City, other_city: City, night: datetime
) -> None:
    assert check_nightly(timezone.now()) == 0
    later = [night, night + timedelta(hours=1), night + timedelta(hours=20), night + timedelta(days=2, hours=9)]
    assert [check_nightly(now) for now in later] == [2, 0, 0, 2]


def test_an_alarm_of_one_city_is_not_shown_in_another(city: City, other_city: City, night: datetime) -> None:
    DeliveryPlace.objects.filter(pk=city.place.pk).update(address="2 rue Neuve")
    tick(night)
    assert ALARM in page(city.head_buyer, "home")
    assert "Alerte" not in page(other_city.head_buyer, "home") + page(other_city.head_buyer, "control")


@pytest.fixture
def disk_in_trouble() -> Iterator[None]:
    """A keeper of documents that can read none."""

    def unreadable(log_id: UUID, digest: str) -> str:
        raise OSError

    register_documents(unreadable)
    yield
    DOCUMENTS.remove(unreadable)


def test_a_check_that_breaks_off_raises_the_alarm_and_keeps_no_other_city_from_its_own(
    city: City, other_city: City, night: datetime, disk_in_trouble: None
) -> None:
    purchase = asked_purchase(city)
    purchase.answer()
    assert check_nightly(night) == 2
    assert NightCheck.objects.get(log=city.organisation.pk).sentences == [BROKEN_OFF]
    assert NightCheck.objects.get(log=other_city.organisation.pk).problems == 0


def test_while_answers_are_closed_the_alarm_tells_no_number_of_entries(city: City) -> None:
    purchase = asked_purchase(city)
    purchase.answer()
    with triggers_lifted():
        Payload.objects.filter(entry__log=city.organisation.pk, entry__index=2).update(body=b'{"name":"autre"}')
        connection.check_constraints()
    check_nightly(timezone.now() + timedelta(days=1))
    shown = page(city.head_buyer, "control")
    assert "à examiner" in shown and "n° 2" not in shown
    assert "Le détail se lit ici quand aucune réponse" in shown
