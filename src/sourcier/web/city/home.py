"""« Ce qui vous attend »: what awaits this person, oldest first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.web.rights import EVERYBODY, city


@city(*EVERYBODY)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "city/home.html")


urlpatterns = [path("", home, name="home")]
