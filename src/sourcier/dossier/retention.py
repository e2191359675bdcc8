"""How long the file of a year is kept, and what it gives up then: its tables, and what its entries said."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.dossier.models import Export, year_stream
from sourcier.dossier.verbs import YEAR as PREPARED
from sourcier.journal.citations import cited
from sourcier.journal.models import Entry, Payload
from sourcier.journal.queries import moment_of
from sourcier.journal.verbs import ERASED
from sourcier.law.retention import YEAR
from sourcier.retention.clocks import begin
from sourcier.retention.models import Clock
from sourcier.retention.registry import Emptied, Scope
from sourcier.vault.models import File

FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Kept:
    """The file of a year taken once: until when its tables are kept, or when they were erased."""

    export: Export
    until: date | None
    erased_at: datetime | None


def begin_year(organisation: Organisation, year: int) -> Clock:
    """The clock of a year's file: its term counts from the last day of that year, however late the file is prepared."""
    stream = year_stream(organisation.pk, year)
    return begin(organisation.pk, YEAR, stream, operation_id=stream, on=date(year, 12, 31))


def give_up(scope: Scope) -> Emptied:
    """The workbooks and pages that its entries cite."""
    told = Payload.objects.filter(
        entry__log_id=scope.organisation_id, entry__stream=scope.subject_id.hex, entry__verb=PREPARED, body__isnull=False
    )
    digests = {digest for body in told.values_list("body", flat=True) for digest in cited(bytes(body))}
    files = File.objects.filter(organisation_id=scope.organisation_id, sha256__in=digests)
    return Emptied(files=set(files.values_list("pk", flat=True)))


def named(organisation_id: UUID, streams: Collection[UUID]) -> Mapping[UUID, str]:
    """By the year."""
    known = {year_stream(organisation_id, year): year for year in range(FIRST_YEAR, timezone.localdate().year + 1)}
    return {stream: f"Année {known[stream]}" for stream in streams if stream in known}


def kept(organisation: Organisation, exports: Iterable[Export]) -> list[Kept]:
    """Those files of years with their term; two queries, however many they are."""
    running = Clock.objects.filter(organisation=organisation, kind=YEAR, erased_at=None)
    ends = dict(running.values_list("subject_id", "ends_on"))
    found = list(exports)
    erasures: dict[str, list[Entry]] = {}
    streams = {export.stream.hex for export in found}
    for entry in Entry.objects.filter(log_id=organisation.pk, verb=ERASED, stream__in=streams).order_by("index"):
        erasures.setdefault(entry.stream, []).append(entry)
    made = []
    for export in found:
        after = next((entry for entry in erasures.get(export.stream.hex, ()) if entry.index >= export.size), None)
        made.append(Kept(export, ends.get(export.stream) if after is None else None, moment_of(after) if after else None))
    return made
