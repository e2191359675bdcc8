"""All addresses: each module of pages lists its own."""

from sourcier.web.city import account, home
from sourcier.web.public import about, city_look

urlpatterns = [
    *home.urlpatterns,
    *account.urlpatterns,
    *about.urlpatterns,
    *city_look.urlpatterns,
]
