"""The addresses of the site."""

from django.urls import include, path

urlpatterns = [
    path("compte/", include("allauth.urls")),
    path("", include("sourcier.web.urls")),
]
