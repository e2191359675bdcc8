"""The addresses of the site."""

from django.urls import include, path

handler400 = "sourcier.web.errors.bad_request"
handler500 = "sourcier.web.errors.server_error"

urlpatterns = [
    path("compte/", include("sourcier.web.sign_in_urls")),
    path("", include("sourcier.web.urls")),
]
