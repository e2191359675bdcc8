"""All addresses: each module of pages lists its own."""

from sourcier.web.city import account, home, settings_city, settings_people
from sourcier.web.firm import first, mine, no, price, talk
from sourcier.web.public import about, city_look

urlpatterns = [
    *home.urlpatterns,
    *account.urlpatterns,
    *settings_city.urlpatterns,
    *settings_people.urlpatterns,
    *about.urlpatterns,
    *city_look.urlpatterns,
    *first.urlpatterns,
    *price.urlpatterns,
    *mine.urlpatterns,
    *no.urlpatterns,
    *talk.urlpatterns,
    *first.late_urlpatterns,
]
