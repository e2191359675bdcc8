"""Pages at the foot of every page: help, accessibility, personal data; and the page of all components."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.web.rights import public


@public
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/about/help.html")


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/about/accessibility.html")


@public
def personal_data(request: HttpRequest) -> HttpResponse:
    return render(request, "public/about/personal_data.html")


@public
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


urlpatterns = [
    path("aide/", help_page, name="help"),
    path("accessibilite/", accessibility, name="accessibility"),
    path("donnees-personnelles/", personal_data, name="personal_data"),
    path("robots.txt", robots, name="robots"),
]
