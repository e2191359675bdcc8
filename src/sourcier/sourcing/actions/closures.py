"""A firm kept that the register says closed since: flagged in the file of the purchase, never dropped by the program.

Looked at once for each register and each living consultation. Who came by a notice is not a candidate, and is not looked at:
the city may not know of him yet.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from sourcier.journal.actions import append
from sourcier.register import search as register
from sourcier.register.establishment import Establishment
from sourcier.register.store import RegisterMissing
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.sourcing.queries import ALIVE


def look_for_closed(now: datetime) -> int:
    """Compare the firms kept with the register in use, where it changed since the last look. Returns how many flags changed."""
    try:
        build = register.status().build
    except RegisterMissing:
        return 0
    due = Sourcing.objects.filter(state__in=ALIVE).exclude(register_seen=build).order_by("created_at", "pk")
    return sum(_look(pk, build, now) for pk in list(due.values_list("pk", flat=True)))


def _look(sourcing_id: UUID, build: str, now: datetime) -> int:
    """The register is read before any lock."""
    kept = Candidate.objects.filter(sourcing=sourcing_id, state=Candidate.State.KEPT)
    known = {siret: register.by_siret(siret) for siret in kept.values_list("firm__siret", flat=True)}
    with transaction.atomic():
        sourcing = Sourcing.objects.select_for_update().get(pk=sourcing_id)
        changed = _changed(sourcing, known, now)
        Sourcing.objects.filter(pk=sourcing_id).update(register_seen=build)
        for verb, found in (
            ("panel.closed_since", [each for each in changed if each.closed_seen_at]),
            ("panel.open_again", [each for each in changed if not each.closed_seen_at]),
        ):
            if found:
                _tell(sourcing, verb, found, build)
    return len(changed)


def _changed(sourcing: Sourcing, known: Mapping[str, Establishment | None], now: datetime) -> list[Candidate]:
    """The candidates whose flag is no longer what the register says. One that it no longer holds keeps its flag."""
    changed = []
    for candidate in sourcing.candidates.filter(state=Candidate.State.KEPT).select_related("firm").order_by("pk"):
        found = known.get(candidate.firm.siret)
        if found is None or found.active == (candidate.closed_seen_at is None):
            continue
        candidate.closed_seen_at, candidate.closed_told_on = (None, None) if found.active else (now, found.updated_on)
        changed.append(candidate)
    Candidate.objects.bulk_update(changed, ["closed_seen_at", "closed_told_on"])
    return changed


def _tell(sourcing: Sourcing, verb: str, found: list[Candidate], build: str) -> None:
    firms = [{"siret": each.firm.siret, "name": each.firm.name, "told_on": _iso(each.closed_told_on)} for each in found]
    names = [each.firm.name for each in found]
    payload = {"sourcing": sourcing.pk, "firms": firms, "names": names, "count": len(found), "build": build}
    append(sourcing.organisation_id, sourcing.need_id, verb, payload, rows=found)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
