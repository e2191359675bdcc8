"""Pages at the foot of every page: help, accessibility, personal data; what robots may read."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.accounts.models import Organisation
from sourcier.web.rights import public


def _about(request: HttpRequest, page: str, **more: Any) -> HttpResponse:
    """With the city of the person signed in, else the city of `?ville=slug` (links of firms' pages and letters carry it)."""
    agent = getattr(request, "agent", None)
    organisation = agent.organisation if agent else Organisation.objects.filter(slug=request.GET.get("ville", "")).first()
    return render(request, f"public/about/{page}.html", {"organisation": organisation, **more})


@public
def help_page(request: HttpRequest) -> HttpResponse:
    return _about(request, "help")


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement, with the figures that the tests of this version wrote."""
    return _about(request, "accessibility", checked=_checked())


@cache
def _checked() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("sourcier.web").joinpath("accessibility.json").read_bytes())
    return found


@public
def personal_data(request: HttpRequest) -> HttpResponse:
    return _about(request, "personal_data")


@public
def working_with(request: HttpRequest) -> HttpResponse:
    """« Travailler avec la ville »: the order, the invoice, the payment, the papers."""
    return _about(request, "working_with")


@public
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


urlpatterns = [
    path("aide/", help_page, name="help"),
    path("accessibilite/", accessibility, name="accessibility"),
    path("donnees-personnelles/", personal_data, name="personal_data"),
    path("travailler-avec-la-ville/", working_with, name="working_with"),
    path("robots.txt", robots, name="robots"),
]
