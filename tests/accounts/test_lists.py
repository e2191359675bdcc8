import pytest

from sourcier.accounts import actions, queries
from sourcier.accounts.models import DeliveryPlace, Department, Organisation
from sourcier.journal.models import Entry
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from tests.cities import City

PLACE = {
    "name": "Crèche du Centre", "address": "2 place Carnot", "postal_code": "93110", "commune": "Rosny-sous-Bois",
    "lat_e6": 48_871_000, "lon_e6": 2_486_000,
}  # fmt: skip


def last_verb(city: City) -> str:
    return Entry.objects.filter(log=city.organisation.pk).latest("index").verb


def test_the_head_of_purchasing_changes_the_colour(city: City) -> None:
    actions.update_organisation(city.head_buyer, colour="#7A1F5C")
    assert Organisation.objects.get(pk=city.organisation.pk).colour == "#7a1f5c"
    assert last_verb(city) == "organisation.updated"


def test_a_colour_too_light_changes_nothing(city: City) -> None:
    before = Entry.objects.count()
    with pytest.raises(Refused):
        actions.update_organisation(city.head_buyer, colour="#ffe680", phone="01 11 11 11 11")
    assert Organisation.objects.get(pk=city.organisation.pk).phone == "01 00 00 00 00"
    assert Entry.objects.count() == before


def test_what_is_not_identity_cannot_be_changed(city: City) -> None:
    with pytest.raises(TypeError):
        actions.update_organisation(city.head_buyer, siret="1")


def test_the_same_values_are_refused_rather_than_journalled(city: City) -> None:
    with pytest.raises(Refused):
        actions.update_organisation(city.head_buyer, phone="01 00 00 00 00")


def test_only_the_head_of_purchasing_governs_the_lists(city: City) -> None:
    for agent in (city.requester, city.buyer, city.auditor, city.admin):
        for attempt in (
            lambda a=agent: actions.add_department(a, "Sports"),
            lambda a=agent: actions.rename_department(a, city.department.pk, "Sports"),
            lambda a=agent: actions.add_place(a, **PLACE),
            lambda a=agent: actions.edit_place(a, city.place.pk, name="X"),
            lambda a=agent: actions.deactivate_place(a, city.place.pk),
            lambda a=agent: actions.update_organisation(a, name="X"),
        ):
            with pytest.raises(Refused) as refused:
                attempt()
            assert refused.value.refusal.code == "not_allowed"


def test_a_department_is_added_and_renamed_under_a_free_name(city: City) -> None:
    sports = actions.add_department(city.head_buyer, "Sports")
    with pytest.raises(Refused) as refused:
        actions.rename_department(city.head_buyer, sports.pk, "petite enfance")
    assert refused.value.field == "name"
    actions.rename_department(city.head_buyer, sports.pk, "Sports et jeunesse")
    assert [d.name for d in queries.departments(city.buyer)] == ["Petite enfance", "Sports et jeunesse"]
    assert last_verb(city) == "department.renamed"


def test_a_place_no_longer_offered_stays_and_comes_back(city: City) -> None:
    place = actions.add_place(city.head_buyer, **PLACE)
    actions.deactivate_place(city.head_buyer, place.pk)
    assert place not in queries.places(city.buyer, active_only=True)
    assert place in queries.places(city.buyer)
    actions.reactivate_place(city.head_buyer, place.pk)
    assert place in queries.places(city.buyer, active_only=True)
    assert last_verb(city) == "place.reactivated"


def test_an_edited_place_says_what_changed(city: City) -> None:
    place = actions.edit_place(city.head_buyer, city.place.pk, hours="7 h à 8 h", address="1 rue Jean-Mermoz")
    assert place.hours == "7 h à 8 h"
    assert last_verb(city) == "place.edited"


def test_the_lists_of_another_city_do_not_exist(city: City, other_city: City) -> None:
    with pytest.raises(Department.DoesNotExist):
        actions.rename_department(city.head_buyer, other_city.department.pk, "X")
    with pytest.raises(DeliveryPlace.DoesNotExist):
        actions.edit_place(city.head_buyer, other_city.place.pk, name="X")
    with pytest.raises(DeliveryPlace.DoesNotExist):
        actions.deactivate_place(city.head_buyer, other_city.place.pk)
    assert other_city.place not in queries.places(city.head_buyer)


def test_a_department_has_its_usual_places(city: City, other_city: City) -> None:
    centre = actions.add_place(city.head_buyer, **PLACE)
    actions.set_usual_places(city.head_buyer, city.department.pk, [city.place.pk, centre.pk])
    assert last_verb(city) == "department.places_set"
    actions.set_usual_places(city.head_buyer, city.department.pk, [centre.pk])
    assert list(queries.usual_places(city.department)) == [centre]
    actions.deactivate_place(city.head_buyer, centre.pk)
    assert list(queries.usual_places(city.department)) == []
    assert verify(city.organisation.pk).problems == ()
    before = Entry.objects.count()
    for agent, places in (
        (city.head_buyer, [centre.pk]),
        (city.head_buyer, [other_city.place.pk]),
        (city.buyer, [city.place.pk]),
        (city.admin, [city.place.pk]),
    ):
        with pytest.raises(Refused):
            actions.set_usual_places(agent, city.department.pk, places)
    with pytest.raises(Department.DoesNotExist):
        actions.set_usual_places(other_city.head_buyer, city.department.pk, [])
    assert Entry.objects.count() == before


def test_whom_to_ask_for_at_a_place_is_vouched_for(city: City) -> None:
    actions.edit_place(city.head_buyer, city.place.pk, contact_name="Mme Keller")
    DeliveryPlace.objects.filter(pk=city.place.pk).update(contact_phone="06 66 66 66 66")
    assert [problem.code for problem in verify(city.organisation.pk).problems] == ["row_changed"]
