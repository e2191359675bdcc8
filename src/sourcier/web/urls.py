"""All addresses: each module of pages lists its own."""

from sourcier.web.city import account, activities, firms, firms_import, home, need_page, needs, settings_city, settings_people
from sourcier.web.firm import first, mine, no, price, talk
from sourcier.web.public import about, city_look, components

urlpatterns = [
    *home.urlpatterns,
    *account.urlpatterns,
    *settings_city.urlpatterns,
    *settings_people.urlpatterns,
    *needs.urlpatterns,
    *need_page.urlpatterns,
    *activities.urlpatterns,
    *firms_import.urlpatterns,
    *firms.urlpatterns,
    *about.urlpatterns,
    *city_look.urlpatterns,
    *components.urlpatterns,
    *first.urlpatterns,
    *price.urlpatterns,
    *mine.urlpatterns,
    *no.urlpatterns,
    *talk.urlpatterns,
    *first.late_urlpatterns,
]
