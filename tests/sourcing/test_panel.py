"""The panel: found around the places of delivery, kept or dropped with every reason."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import PANEL
from sourcier.needs.models import Need
from sourcier.register.establishment import Filters
from sourcier.sourcing import finding, known_firms, queries
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Candidate, Search, Sourcing
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.interests import declare_all
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import BAKER, SHOP, accepted_need, draft, second_place, sent
from tests.sourcing.stock import CLOSED, COOP, DEPOT, FAR, HIDDEN, LEFORT, MATHILDE, PERRIER, PLUMBER

pytestmark = pytest.mark.django_db


def test_a_consultation_starts_with_lines_criteria_and_a_deadline_proposed_from_the_need(city: City) -> None:
    sourcing = panel.start(city.buyer, accepted_need(city).pk, "rfq")

    [line] = sourcing.price_lines.all()
    assert (line.unit, line.quantity_milli) == ("baguette", 60 * 254 * 1000)
    assert sum(sourcing.criteria.values_list("weight", flat=True)) == 100
    assert sourcing.criteria.filter(kind="price").count() == 1
    assert sourcing.deadline and sourcing.deadline > sourcing.created_at
    assert last_payload(sourcing)["title"] == sourcing.title


def test_a_need_not_accepted_cannot_be_asked(city: City) -> None:
    need = needs.start(city.requester, "Du pain")
    with pytest.raises(Refused) as refused:
        panel.start(city.buyer, need.pk, "rfq")
    assert refused.value.refusal.code == "need_not_accepted"
    assert not Sourcing.objects.exists()


def test_one_consultation_at_a_time_for_a_need(city: City) -> None:
    sourcing = draft(city)
    with pytest.raises(Refused) as refused:
        panel.start(city.second_buyer, sourcing.need_id, "rfi")
    assert refused.value.refusal.code == "already_started"


def test_the_search_is_kept_with_its_total_those_not_to_be_named_and_the_register(city: City) -> None:
    sourcing = draft(city)
    found = panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)

    assert (found.total, found.undisclosed) == (7, 1)
    assert found.centres == [[city.place.lat_e6, city.place.lon_e6]]
    payload = last_payload(sourcing)
    assert (payload["total"], payload["undisclosed"], payload["build"]) == (7, 1, found.register_build)
    assert payload["activities"] == [["NAFRev2", "10.71C"], ["NAFRev2", "47.24Z"]]


def test_the_search_is_around_the_nearest_of_all_places_and_only_over_what_was_ticked(city: City) -> None:
    need = accepted_need(city)
    needs.set_places(city.buyer, need.pk, {city.place.pk: "", second_place(city).pk: ""})
    declare_all(city, need.pk, PANEL)
    sourcing = panel.start(city.buyer, need.pk, "rfq")

    found = panel.search(city.buyer, sourcing.pk, [SHOP, Activity(NAF_REV2, "43.22A")], 1_100)

    assert found.activities == [["NAFRev2", "47.24Z"]]
    assert len(found.centres) == 2
    assert [row.siret for row in finding.rows(found, limit=10)] == [DEPOT.siret]


def test_filters_narrow_the_search_and_are_kept(city: City) -> None:
    sourcing = draft(city)
    found = panel.search(city.buyer, sourcing.pk, [BAKER], 5_000, Filters(social_economy=True))
    assert [row.siret for row in finding.rows(found, limit=10)] == [COOP.siret]
    assert found.filters == {"social_economy": True}


def test_a_search_without_activity_or_with_a_strange_radius_is_refused_and_writes_nothing(city: City) -> None:
    sourcing = draft(city)
    for activities, radius in (([], 5_000), ([BAKER], 0), ([BAKER], 10_000_000)):
        with pytest.raises(Refused):
            panel.search(city.buyer, sourcing.pk, activities, radius)
    assert not Search.objects.exists()


def test_a_firm_kept_says_how_far_it_is_and_why_it_is_proposed(city: City) -> None:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER], 5_000)
    [candidate] = panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])

    assert candidate.distance_m and 100 < candidate.distance_m < 200
    assert [why["name"] for why in candidate.why] == ["Activité", "Distance", "Fraîcheur", "Ses mots"]
    assert candidate.firm.address
    [told] = last_payload(sourcing)["firms"]
    assert told["siret"] == MATHILDE.siret and told["why"] == candidate.why


def test_all_firms_are_kept_at_once_but_those_dropped_and_those_who_do_not_want_to_be_written_to(city: City) -> None:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)
    panel.drop(city.buyer, sourcing.pk, LEFORT.siret, "Fermée en août.")
    [coop] = suppliers.meet_many(city.organisation, [finding.by_siret(COOP.siret)], "register")
    suppliers.unsubscribe(coop)

    kept = panel.keep_all(city.buyer, sourcing.pk)

    names = {candidate.firm.siret for candidate in kept}
    assert {MATHILDE.siret, PERRIER.siret, DEPOT.siret} < names
    assert names.isdisjoint({LEFORT.siret, COOP.siret, HIDDEN.siret, CLOSED.siret, PLUMBER.siret})
    payload = last_payload(sourcing)
    assert {firm["siret"] for firm in payload["firms"]} == names
    assert all(firm["why"] for firm in payload["firms"])


def test_keeping_all_twice_changes_nothing_the_second_time(city: City) -> None:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER], 5_000)
    panel.keep_all(city.buyer, sourcing.pk)
    before = Entry.objects.count()
    panel.keep_all(city.buyer, sourcing.pk)
    assert Entry.objects.count() == before


def test_a_firm_is_dropped_with_a_reason_and_may_come_back(city: City) -> None:
    sourcing = draft(city)
    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])
    with pytest.raises(Refused) as refused:
        panel.drop(city.buyer, sourcing.pk, MATHILDE.siret, "  ")
    assert refused.value.field == "reason"

    dropped = panel.drop(city.buyer, sourcing.pk, MATHILDE.siret, "Ne livre pas avant 8 h.")
    assert (dropped.state, dropped.reason) == (Candidate.State.DROPPED, "Ne livre pas avant 8 h.")
    assert last_payload(sourcing)["reason"] == "Ne livre pas avant 8 h."

    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])
    assert sourcing.candidates.get().state == Candidate.State.KEPT


def test_a_firm_is_added_by_its_siret_from_anywhere(city: City) -> None:
    sourcing = draft(city)
    candidate = panel.add_firm(city.buyer, sourcing.pk, " ".join([FAR.siret[:9], FAR.siret[9:]]))
    assert candidate.origin == "added"
    assert candidate.distance_m and candidate.distance_m > 380_000


@pytest.mark.parametrize(
    ("typed", "code"),
    [("123", "siret"), (CLOSED.siret, "closed"), (HIDDEN.siret, "undisclosed"), ("73282932000074", "unknown_siret")],
)
def test_a_bad_closed_hidden_or_unknown_siret_is_refused_beside_its_field(city: City, typed: str, code: str) -> None:
    sourcing = draft(city)
    with pytest.raises(Refused) as refused:
        panel.add_firm(city.buyer, sourcing.pk, typed)
    assert (refused.value.refusal.code, refused.value.field) == (code, "siret")
    assert not Candidate.objects.exists()


def test_a_firm_that_left_the_trade_is_not_kept_and_the_page_says_why(city: City) -> None:
    sourcing = draft(city)
    [firm] = suppliers.meet_many(city.organisation, [finding.by_siret(MATHILDE.siret)], "register")
    suppliers.leave_trade(firm)
    with pytest.raises(Refused) as refused:
        panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])
    assert "n'est plus son métier" in refused.value.sentence


def test_who_is_not_a_buyer_changes_nothing(city: City) -> None:
    sourcing = draft(city)
    for agent in (city.auditor, city.requester):
        with pytest.raises(PermissionDenied):
            panel.search(agent, sourcing.pk, [BAKER], 5_000)
        with pytest.raises(PermissionDenied):
            panel.keep(agent, sourcing.pk, [MATHILDE.siret])
    with pytest.raises(Sourcing.DoesNotExist):
        panel.keep(city.admin, sourcing.pk, [MATHILDE.siret])
    assert not Candidate.objects.exists()


def test_another_city_sees_nothing(city: City, other_city: City) -> None:
    sourcing = draft(city)
    with pytest.raises(Sourcing.DoesNotExist):
        panel.search(other_city.buyer, sourcing.pk, [BAKER], 5_000)
    with pytest.raises(Need.DoesNotExist):
        panel.start(other_city.buyer, sourcing.need_id, "rfq")
    assert not queries.visible(other_city.buyer).exists()


def test_changing_the_kind_takes_away_what_it_has_no_use_for(city: City) -> None:
    sourcing = draft(city)
    panel.change_kind(city.buyer, sourcing.pk, "rfi")
    assert not sourcing.price_lines.exists() and not sourcing.criteria.exists()
    gone = [row for row in last_payload(sourcing)["rows"] if row.get("gone")]
    assert len(gone) == 4

    changed = panel.change_kind(city.buyer, sourcing.pk, "direct")
    assert sourcing.price_lines.exists() and not changed.public_notice


def test_a_firm_already_asked_cannot_be_dropped(city: City) -> None:
    sourcing = sent(city)
    with pytest.raises(Refused) as refused:
        panel.drop(city.buyer, sourcing.pk, MATHILDE.siret, "Finalement non.")
    assert refused.value.refusal.code == "already_asked"


@pytest.mark.parametrize("count", [1, 3])
def test_the_panel_is_read_with_the_same_queries_whatever_its_size(
    city: City, count: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    sourcing = draft(city)
    panel.keep(city.buyer, sourcing.pk, [shop.siret for shop in (MATHILDE, PERRIER, LEFORT)[:count]])
    with django_assert_num_queries(2):  # type: ignore[operator]
        found = list(queries.candidates(sourcing))
        assert [candidate.firm.name for candidate in found]
        assert len(queries.to_invite(sourcing)) == count
    assert Firm.objects.count() == count


def test_a_firm_asked_as_often_as_the_city_wishes_is_kept_by_a_person_alone(city: City) -> None:
    sent(city)  # Mathilde and Perrier by e-mail; Lefort's letter has not left
    city.organisation.asks_a_year = 1
    city.organisation.save()
    again = draft(city)
    panel.search(city.buyer, again.pk, [BAKER], 5_000)
    kept = {candidate.firm.siret for candidate in panel.keep_all(city.buyer, again.pk)}
    assert MATHILDE.siret not in kept and LEFORT.siret in kept
    panel.keep(city.buyer, again.pk, [MATHILDE.siret])
    assert again.candidates.filter(firm__siret=MATHILDE.siret, state="kept").exists()
    a_year_later = timezone.now() + timedelta(days=366)
    assert known_firms.often_asked(city.organisation, [MATHILDE.siret], a_year_later) == {}
