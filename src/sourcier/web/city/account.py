"""« Mon compte »: who I am here, and with which rights."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.web.rights import EVERYBODY, city


@city(*EVERYBODY)
def my_account(request: HttpRequest) -> HttpResponse:
    return render(request, "city/account/my_account.html")


urlpatterns = [path("mon-compte/", my_account, name="my_account")]
