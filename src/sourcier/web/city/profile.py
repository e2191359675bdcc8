"""« Pour le profil d'acheteur » : the package that leaves with a need whose procedure is held elsewhere."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.dossier.profile import package
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.web.downloads import attached
from sourcier.web.rights import PURCHASING, city


@city(*PURCHASING)
@require_POST
def profile_package(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The ZIP, made now; what it refuses is said on the page of the rule."""
    try:
        need, made = package(request.agent, need_id)  # type: ignore[attr-defined]
    except Need.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("rule", need_id)
    return attached(made, f"profil-acheteur-{need.reference}.zip", "application/zip")


urlpatterns = [path("achats/<uuid:need_id>/profil-acheteur/", profile_package, name="profile_package")]
