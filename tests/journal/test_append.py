from sourcier.journal.models import Entry, Log
from tests.cities import City


def test_a_city_is_born_with_its_journal(city: City) -> None:
    log = Log.objects.get(pk=city.organisation.pk)
    assert log.size == Entry.objects.filter(log=log).count() > 0
