"""« Par SMS »: which firms kept have a mobile, and which of them the buyer ticks."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from sourcier.kernel.phones import shown
from sourcier.sourcing.models import Candidate
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.queries import emails_of, mobiles_of


def ticked(request: HttpRequest) -> set[UUID]:
    """The firms to ask by SMS, as ticked in the form."""
    try:
        return {UUID(text) for text in request.POST.getlist("sms")}
    except ValueError:
        raise Http404 from None


def textable(kept: Sequence[Candidate], chosen: Collection[UUID] | None) -> list[dict[str, Any]]:
    """The firms kept that have a mobile, ticked when the buyer chose so.

    At first those without e-mail, but for who wishes letters.
    """
    firms = [candidate.firm for candidate in kept]
    mobiles = mobiles_of([firm.pk for firm in firms])
    emails = emails_of(list(mobiles))
    on_paper = set(
        FirmPlace.objects.filter(firm__in=mobiles, prefers=FirmPlace.Prefers.LETTER).values_list("firm_id", flat=True)
    )
    return [
        {"firm": firm, "number": shown(mobiles[firm.pk]), "email": emails.get(firm.pk, ""),
         "ticked": firm.pk in chosen if chosen is not None else firm.pk not in emails.keys() | on_paper}
        for firm in firms if firm.pk in mobiles
    ]  # fmt: skip
