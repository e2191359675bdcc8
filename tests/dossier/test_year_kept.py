"""The file of a year is kept ten years after its year, then goes like a dossier; it can be prepared again while rows remain."""

from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sourcier.dossier import build
from sourcier.dossier.models import Export, year_stream
from sourcier.dossier.offline import verifier
from sourcier.dossier.year.take import take
from sourcier.journal.models import Entry, Payload
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.law.retention import YEAR as KIND
from sourcier.retention import actions, erasing, queries
from sourcier.retention.models import Clock, Visa
from sourcier.vault.models import File
from sourcier.vault.queries import content_path
from tests.cities import City
from tests.dossier.test_year import YEAR, order, zipped
from tests.journal.entries import writes, writes_nothing
from tests.vault import papers
from tests.web.clients import signed_in
from tests.web.test_rule import words

pytestmark = pytest.mark.django_db
OVER = datetime(2037, 1, 1, 8, tzinfo=UTC)


def clock(city: City) -> Clock:
    return Clock.objects.get(organisation=city.organisation, kind=KIND, erased_at=None)


def sign(city: City, reference: str = "AD93-2036-12") -> Visa:
    paper = SimpleUploadedFile("visa.pdf", papers.pdf_bytes())
    stream = year_stream(city.organisation.pk, YEAR)
    return actions.record_visa(city.head_buyer, stream, reference, date(2026, 1, 2), paper)


def tables_of(export: Export) -> list[File]:
    """Its files as they are now, the erased ones without a name."""
    name = f"annee-{export.year}"
    return list(File.objects.filter(organisation_id=export.organisation_id, name__startswith=name))


def erase(city: City) -> Entry:
    with time_machine.travel(OVER, tick=True):
        sign(city)
        entry = actions.destroy(city.head_buyer, clock(city).pk)
    erasing.sweep()
    assert entry
    return entry


def problems(city: City) -> list[str]:
    """What `journal verify` finds, without what travels in time break: the night checkpoints of the tests are of today."""
    return [each.sentence for each in verify(city.organisation.pk).problems if each.code != "time"]


@pytest.fixture
def prepared(city: City) -> Export:
    order(city, 1_200_00, "BC-1")
    return take(city.head_buyer, YEAR)


def test_its_term_is_ten_years_from_the_end_of_the_year_in_the_entry_that_prepares_it(city: City, prepared: Export) -> None:
    running = clock(city)
    assert (running.started_on, running.ends_on) == (date(2026, 12, 31), date(2036, 12, 31))
    entry = Entry.objects.get(log_id=city.organisation.pk, verb="year.prepared")
    assert {"clock", "file"} == {row["kind"] for row in (payload_of(entry) or {})["rows"]}
    take(city.head_buyer, YEAR)
    assert clock(city) == running, "taken twice, one term"
    [line] = queries.lines(city.head_buyer, [running], date(2027, 1, 1))
    assert (line.what, line.name, line.state) == ("Dossier de l'année", f"Année {YEAR}", "running")


def test_nothing_of_it_goes_before_its_term_without_a_visa_or_while_a_litigation_holds_it(city: City, prepared: Export) -> None:
    stream, running = prepared.stream, clock(city).pk
    with writes_nothing(city.organisation.pk):
        for day, why in ((datetime(2036, 12, 31, 12, tzinfo=UTC), "running"), (OVER, "unsigned")):
            with time_machine.travel(day), pytest.raises(Refused, match=why):
                actions.destroy(city.head_buyer, running)
    with time_machine.travel(OVER, tick=True):
        sign(city)
        actions.hold(city.head_buyer, stream, "Recours devant le tribunal")
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="held"):
            actions.destroy(city.head_buyer, running)
        actions.release(city.head_buyer, stream, "Le jugement est rendu")
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_allowed"):
            actions.destroy(city.auditor, running)
        assert len(tables_of(prepared)) == 3
        with writes(city.organisation.pk, "payload.erased"):
            actions.destroy(city.head_buyer, running)


def test_after_its_term_its_tables_and_words_are_gone_and_every_proof_still_verifies(city: City, prepared: Export) -> None:
    before, digests = problems(city), [file.sha256 for file in tables_of(prepared)]
    take(city.head_buyer, YEAR)
    entry = erase(city)
    assert entry.stream == prepared.stream.hex
    assert not tables_of(prepared)
    assert not any(content_path(city.organisation.pk, digest).exists() for digest in digests)
    of_year = Payload.objects.filter(entry__stream=prepared.stream.hex, entry__verb__in=("year.prepared", "dossier.built"))
    assert of_year.count() == 4 and not of_year.filter(body__isnull=False).exists()
    assert "dossier de l'année, durée de 10 ans écoulée le 31 décembre 2036" in str(payload_of(entry))
    assert problems(city) == before, "the erasure takes no proof away"
    with pytest.raises(Refused, match="erased_since"):
        zipped(prepared)


def test_it_is_prepared_again_while_its_rows_remain_and_the_former_visa_does_not_end_the_new_one(
    city: City, prepared: Export, tmp_path: Path
) -> None:
    erase(city)
    with time_machine.travel(datetime(2037, 1, 2, 8, tzinfo=UTC), tick=True):
        again = take(city.head_buyer, YEAR)
        with (tmp_path / "annee.zip").open("wb") as out:
            build.write(again, out)
        with pytest.raises(Refused, match="unsigned"):
            actions.destroy(city.head_buyer, clock(city).pk)
        sign(city, "AD93-2037-1")
        actions.destroy(city.head_buyer, clock(city).pk)
    assert verifier.verify(str(tmp_path / "annee.zip")).ok
    report = ZipFile(tmp_path / "annee.zip").read("data/payloads/withheld.json").decode()
    assert "contenu effacé le" in report
    assert Clock.objects.filter(kind=KIND, erased_at__isnull=False).count() == 2


def test_the_page_says_until_when_it_is_kept_then_that_it_was_erased(city: City, prepared: Export) -> None:
    client = signed_in(city.head_buyer)
    shown = words(client.get(reverse("year_files")))
    assert "À garder jusqu'au 31 décembre 2036 compris" in shown and "Reprendre ce ZIP" in shown
    own = words(client.get(reverse("retention_operation", args=[prepared.stream])))
    assert f"Année {YEAR}" in own and "Mettre en attente : contentieux" in own and "Fin d'exécution" not in own
    erase(city)
    after = words(client.get(reverse("year_files")))
    assert "Effacé le 1er janvier 2037" in after and "Reprendre ce ZIP" not in after and "À garder" not in after
    assert "Des contenus ont été effacés" in words(client.get(reverse("year_download", args=[prepared.pk]), follow=True))


def test_a_litigation_a_visa_and_the_destruction_go_by_the_pages(city: City, prepared: Export, other_city: City) -> None:
    client, stream = signed_in(city.head_buyer), prepared.stream
    told = {"hold-reason": "Recours devant le tribunal"}
    assert signed_in(other_city.head_buyer).post(reverse("retention_hold", args=[stream]), told).status_code == 404
    assert signed_in(other_city.head_buyer).get(reverse("retention_operation", args=[stream])).status_code == 404
    assert "En attente" in words(client.post(reverse("retention_hold", args=[stream]), told, follow=True))
    client.post(reverse("retention_release", args=[stream]), {"release-reason": "Le jugement est rendu"})
    with time_machine.travel(OVER, tick=True):
        client = signed_in(city.head_buyer)
        sign(city)
        address = reverse("retention_erase", args=[clock(city).pk])
        preview = words(client.get(address))
        assert f"annee-{YEAR}.xlsx" in preview and "3 pièces du coffre" in preview
        client.post(address, {"sure": "on"})
    assert not Clock.objects.filter(kind=KIND, erased_at=None).exists()
