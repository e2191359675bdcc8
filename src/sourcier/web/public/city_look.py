"""The city's colour and logo, which every page asks for, signed in or not."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import cache_control

from sourcier.accounts.models import Organisation
from sourcier.accounts.rules import palette
from sourcier.kernel.transitions import Refused
from sourcier.vault import queries
from sourcier.web.downloads import attachment
from sourcier.web.rights import public


@public
@cache_control(public=True, max_age=31_536_000, immutable=True)
def city_css(request: HttpRequest) -> HttpResponse:
    """The shades of `?couleur=0b6e69`: the address alone decides, so that it may be kept for ever."""
    try:
        shades = palette(request.GET.get("couleur", ""))
    except Refused:
        raise Http404 from None
    return render(request, "public/city.css", {"shades": shades}, content_type="text/css")


@public
@cache_control(public=True, max_age=86_400)
def city_logo(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The logo of a city, and no other file."""
    organisation = Organisation.objects.filter(logo_file_id=file_id).first()
    if organisation is None:
        raise Http404
    return attachment(queries.get(organisation.pk, file_id))


urlpatterns = [
    path("ville.css", city_css, name="city_css"),
    path("ville/logo/<uuid:file_id>", city_logo, name="city_logo"),
]
