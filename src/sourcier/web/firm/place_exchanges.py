"""« Mes échanges »: all that the city asked this firm, what it answered once that may be read, the receipts, the results."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.quotes.queries import of_firm
from sourcier.sourcing import limits
from sourcier.sourcing.actions.again_by_mail import write_again
from sourcier.sourcing.known_firms import asked_of
from sourcier.suppliers.models import FirmKey
from sourcier.web.firm.again import masked
from sourcier.web.firm.mine import signed_file
from sourcier.web.firm.place_door import insider
from sourcier.web.rights import firm

LINKS_AN_HOUR = 3


@firm
@require_safe
@insider
def place_exchanges(request: HttpRequest, key: FirmKey) -> HttpResponse:
    found = of_firm.exchanges(key.firm, timezone.now())
    context = {
        "organisation": key.firm.organisation, "firm": key.firm,
        "exchanges": [(each, masked(each.invitation.address) if each.may_write_again else "") for each in found],
    }  # fmt: skip
    return render(request, "firm/place/exchanges.html", context)


@firm
@require_POST
@insider
def place_link_again(request: HttpRequest, key: FirmKey, invitation_id: UUID) -> HttpResponse:
    """The request once more, to the address that was asked: who holds the place alone learns no link."""
    invitation = asked_of(key.firm).select_related("sourcing__organisation", "sourcing__need", "firm").filter(pk=invitation_id)
    if not (found := invitation.first()):
        raise Http404
    try:
        limits.take("place.again", found.pk.hex, LINKS_AN_HOUR, timezone.now())
        write_again(found)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"La demande repart à {masked(found.address)}, avec son lien.")
    return redirect("place_exchanges")


@firm
@require_POST
@insider
def place_receipt(request: HttpRequest, key: FirmKey, submission_id: UUID) -> HttpResponse:
    """The `.tlog-proof` of an answer that is open to read."""
    found = of_firm.receipt_of(key.firm, submission_id, timezone.now())
    if found is None:
        raise Http404
    return signed_file(request, Entry.objects.filter(pk=found.entry_id).first(), found.receipt_number, "place_exchanges")


urlpatterns = [
    path("place/echanges/", place_exchanges, name="place_exchanges"),
    path("place/echanges/<uuid:invitation_id>/lien/", place_link_again, name="place_link_again"),
    path("place/echanges/recepisse/<uuid:submission_id>/", place_receipt, name="place_receipt"),
]
