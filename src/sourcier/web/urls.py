"""All addresses: each module of pages lists its own."""

from sourcier.web.city import home

urlpatterns = [*home.urlpatterns]
