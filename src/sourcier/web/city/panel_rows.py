"""The two lists of the page of the firms: those found, and those kept with their address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils import timezone

from sourcier.needs import queries as needs
from sourcier.register.establishment import Establishment
from sourcier.register.scorers import Context
from sourcier.sourcing import constraints, finding, known_firms, queries
from sourcier.sourcing.doubles import doubles
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.sourcing.rotation import Shares
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.queries import emails_of, places_of, written_to

PER_PAGE = 25
KEPT_PER_PAGE = 100
WILLING = "sans_non"
"""In an address: without the firms whose own words say no to a constraint of the need."""


@dataclass(frozen=True, slots=True)
class Row:
    """One firm found, with all that the page says of it."""

    number: int
    item: Establishment
    why: list[dict[str, Any]]
    points: int
    candidate: Candidate | None
    asked_before: bool
    incumbent: bool
    excluded: str
    often: int
    own: FirmPlace | None = None
    share: str = ""
    won: int = 0

    @property
    def answered(self) -> dict[str, Any]:
        """What it says of each constraint of the need, and when; empty for one that said nothing of itself."""
        return next((why for why in self.why if "constraints" in why), {})

    @property
    def answered_on(self) -> date | None:
        return date.fromisoformat(self.answered["said_on"]) if self.answered else None

    @property
    def marks(self) -> list[tuple[str, str]]:
        """« 3 tenues », « 1 non tenue », each with its state."""
        return constraints.counts(self.why)


def found_rows(
    request: HttpRequest,
    sourcing: Sourcing,
    searched: Context,
    found: Sequence[Establishment] | None,
    candidates: Sequence[Candidate],
    shares: Shares,
) -> tuple[Page[Establishment] | None, list[Row]]:
    """One page of the list, none before a search; « jamais interrogées » and « qui ne disent pas non » narrow it."""
    if found is None:
        return None, []
    if "jamais" in request.GET:
        asked = known_firms.ever_asked(sourcing.organisation_id, {item.siret for item in found})
        found = [item for item in found if item.siret not in asked]
    if WILLING in request.GET:
        found = [item for item in found if not constraints.says_no(searched.said.get(item.siret))]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    sirets = {item.siret for item in page}
    asked, paid = known_firms.ever_asked(sourcing.organisation_id, sirets), known_firms.incumbents(sourcing, sirets)
    known = {candidate.firm.siret: candidate for candidate in candidates}
    often = known_firms.often_asked(sourcing.organisation, sirets, timezone.now())
    excluded, own = known_firms.exclusions(sourcing.organisation_id, sirets), places_of(sourcing.organisation_id, sirets)
    won = needs.won(sourcing.need, sirets)
    rows = [
        Row(
            number, item, finding.why(item, searched), finding.points(item, searched),
            known.get(item.siret), item.siret in asked, item.siret in paid, excluded.get(item.siret, ""),
            often.get(item.siret, 0),
            own.get(item.siret), shares.words(item.siret, item.name), won.get(item.siret, 0),
        )
        for number, item in enumerate(page, page.start_index())
    ]  # fmt: skip
    return page, rows


def kept_rows(
    request: HttpRequest,
    sourcing: Sourcing,
    kept: Sequence[Candidate],
    shares: Shares,
    wrong: Mapping[str, Mapping[str, str]],
    again: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The firms kept, with their address and whether the request has gone."""
    page = Paginator(kept, KEPT_PER_PAGE).get_page(request.GET.get("gardees"))
    emails, by_mail = emails_of([candidate.firm_id for candidate in page]), written_to([candidate.firm for candidate in kept])
    asked = set(queries.invitations(sourcing).values_list("firm_id", flat=True))
    own = places_of(sourcing.organisation_id, [candidate.firm.siret for candidate in page])
    lines = [
        {
            "share": shares.words(candidate.firm.siret, candidate.firm.name), "over": shares.over(candidate),
            "again": again.get(str(candidate.firm_id)),
            "own": own.get(candidate.firm.siret),
            "candidate": candidate, "email": emails.get(candidate.firm_id, ""),
            "on_paper": candidate.firm_id in emails and candidate.firm_id not in by_mail, "asked": candidate.firm_id in asked,
            "excluded": queries.excluded_because(candidate), "wrong": wrong.get(str(candidate.firm_id)),
        }
        for candidate in page
    ]  # fmt: skip
    return {
        "kept_page": page,
        "kept": lines,
        "kept_total": len(kept),
        "doubles": doubles([each.firm for each in kept if not queries.excluded_because(each)], by_mail),
        "without_email": sum(not line["email"] for line in lines),
        "contacts_source": request.POST.get("source", "") if wrong else "",
    }
