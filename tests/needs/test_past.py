"""Needs of the past alike to a sentence just typed: of the same city, as far as one reads, and why."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from sourcier.accounts.actions import add_department, grant, set_usual_places
from sourcier.accounts.agents import agent_for
from sourcier.accounts.models import Role
from sourcier.journal.models import Entry, Payload
from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict
from sourcier.spend.actions.families import load_families
from sourcier.spend.models import Commitment, Family
from sourcier.vocabulary.actions import add
from tests.cities import City
from tests.correspondences import insee_table
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
PAIN = "Pain frais livré tous les jours avant 7 h pour les crèches"
TYPED = "Du pain pour les nouvelles crèches"
BAKERY = Activity("NAFRev2", "10.71C")
HTMX = {"HTTP_HX_REQUEST": "true"}


def past(city: City, sentence: str = PAIN, state: str = "awarded", **fields: Any) -> Need:
    """A need that went as far as this state, with two lots and an activity."""
    with time_machine.travel(datetime(2025, 6, 10, 9, tzinfo=UTC), tick=True):
        need = actions.start(city.requester, sentence)
        actions.save(city.requester, need.pk, 1, what="Baguettes fraîches", how_much="60 par jour", estimate_cents=1_800_000,
                     starts_on=date(2025, 9, 1), ends_on=date(2026, 7, 4), unknown=["where"])  # fmt: skip
        actions.set_lots(city.requester, need.pk, ["Crèches", "École"])
        actions.tick_activities(city.requester, need.pk, [BAKERY])
    Need.objects.filter(pk=need.pk).update(state=state, **fields)
    return Need.objects.get(pk=need.pk)


def typed(city: City, sentence: str = TYPED) -> Need:
    return actions.start(city.requester, sentence)


def found(city: City, need: Need, agent: Any = None) -> list[Need]:
    return [each.need for each in queries.alike_before(agent or city.requester, need)]


def test_a_past_need_with_the_same_words_is_proposed_with_the_words(city: City) -> None:
    old = past(city)
    (each,) = queries.alike_before(city.requester, typed(city))
    assert each.need == old and set(each.words) == {"pain", "crèches"} and "pain" in each.why
    assert "10.71C" not in each.why and each.activity


def test_an_unlike_need_and_the_draft_itself_are_not(city: City) -> None:
    past(city, "Réparer la toiture du gymnase", what="Tuiles")
    need = typed(city, "Un spectacle de magie pour les anciens")
    assert found(city, need) == []


@pytest.mark.parametrize("state", ["draft", "returned", "submitted", "accepted", "closed"])
def test_what_was_withdrawn_or_never_reached_the_firms_is_no_example(city: City, state: str) -> None:
    past(city, state=state)
    assert found(city, typed(city)) == []


def test_another_city_is_never_an_example(city: City, other_city: City) -> None:
    theirs = past(other_city)
    need = typed(city)
    for agent in (city.requester, city.buyer, city.head_buyer, city.auditor):
        assert found(city, need, agent) == []
    with pytest.raises(Need.DoesNotExist):
        actions.begin_from(city.requester, need.pk, need.version, theirs.pk)


def test_a_department_sees_its_own_past_alone_and_a_buyer_all(city: City) -> None:
    old = past(city)
    sports = add_department(city.head_buyer, "Sports")
    grant(city.organisation, city.second_buyer.user, Role.REQUESTER, sports)
    Need.objects.filter(pk=old.pk).update(department=sports)
    need = typed(city)
    assert found(city, need) == [] and found(city, need, city.buyer) == [Need.objects.get(pk=old.pk)]
    with pytest.raises(Need.DoesNotExist):
        actions.begin_from(city.requester, need.pk, need.version, old.pk)


def test_the_family_makes_alike_what_is_said_otherwise(city: City) -> None:
    load_families(city.organisation, city.head_buyer)
    bread = Family.objects.get(organisation=city.organisation, code="10.01")
    old = past(city, "Baguettes et croissants du matin", family=bread)
    (each,) = queries.alike_before(city.requester, typed(city))
    assert each.need == old and each.family == bread and "la famille 10.01" in each.why


@pytest.mark.parametrize("ticked", [BAKERY, Activity("NAF2025", "10.71H")])
def test_of_one_family_an_activity_told_in_either_nomenclature_makes_alike(city: City, settings: Any, ticked: Activity) -> None:
    load_families(city.organisation, city.head_buyer)
    bread = Family.objects.get(organisation=city.organisation, code="10.01")
    old = past(city, "Comme chaque matin", family=bread)
    old.activities.update(nomenclature=ticked.nomenclature, code=ticked.code)
    need = typed(city)
    with insee_table(settings, ("10.71C", "10.71H")):
        (each,) = queries.alike_before(city.requester, need)
        assert each.need == old and each.activity
    assert found(city, need) == ([old] if ticked == BAKERY else []), "without a table, nothing says that they meet"


def test_the_city_s_words_give_the_family_that_no_other_word_gives(city: City) -> None:
    load_families(city.organisation, city.head_buyer)
    need = typed(city, "Des trompettes")
    before = queries.proposed_family(need)
    add(city.head_buyer, "trompettes", BAKERY)
    family = queries.proposed_family(need)
    assert family and family != before and ["NAFRev2", "10.71C"] in family.activities


def test_at_most_three_and_the_latest_of_those_that_say_the_same(city: City) -> None:
    first = past(city)
    last = past(city, created_at=first.created_at + timedelta(days=1))
    for place in ("écoles", "centres de loisirs", "foyers", "clubs"):
        past(city, f"Pain livré aux {place}")
    proposed = found(city, typed(city, PAIN))
    assert len(proposed) == 3 and proposed[0] == last and first not in proposed


def test_what_it_cost_is_told_to_buyers_and_auditors_only(city: City) -> None:
    old = past(city)
    for cents in (1_000_000, 500_000):
        Commitment.objects.create(
            organisation=city.organisation, operation_id=old.pk, department=city.department, supplier="Mathilde", label="Pain",
            amount_cents=cents, engaged_on=date(2025, 9, 1),
        )  # fmt: skip
    need = typed(city)
    seen = {agent: queries.alike_before(agent, need)[0].cost_cents for agent in (city.requester, city.buyer, city.auditor)}
    assert seen == {city.requester: None, city.buyer: 1_500_000, city.auditor: 1_500_000}
    Need.objects.filter(pk=old.pk).update(lane="alone", buyer=city.requester.user)
    assert queries.alike_before(city.requester, need)[0].cost_cents == 1_500_000


@time_machine.travel(datetime(2026, 11, 28, 9, tzinfo=UTC), tick=True)
def test_starting_from_it_takes_its_answers_and_keeps_the_sentence_just_typed(city: City) -> None:
    old, need = past(city), typed(city)
    begun = actions.begin_from(city.requester, need.pk, need.version, old.pk)
    assert begun.sentence == TYPED and begun.taken_over_from == old and begun.state == "draft" and begun.version == 2
    assert (begun.what, begun.how_much, begun.estimate_cents) == ("Baguettes fraîches", "60 par jour", 1_800_000)
    assert (begun.starts_on, begun.ends_on) == (date(2027, 9, 1), date(2028, 7, 4)) and begun.unknown == ["where"]
    assert [lot.title for lot in begun.lots.all()] == ["Crèches", "École"] and begun.activities.get().code == "10.71C"
    assert old.lots.count() == 2 and Entry.objects.filter(verb="need.begun_from").count() == 1


def test_the_usual_places_ticked_by_the_tool_give_way_to_those_of_the_past_and_a_persons_do_not(city: City) -> None:
    set_usual_places(city.head_buyer, city.department.pk, [city.place.pk])
    old = past(city)
    with time_machine.travel(datetime(2025, 6, 11, tzinfo=UTC)):
        Need.objects.filter(pk=old.pk).update(state="draft")
        actions.set_places(city.requester, old.pk, {city.place.pk: "60 baguettes"})
        Need.objects.filter(pk=old.pk).update(state="awarded")
    begun = actions.begin_from(city.requester, typed(city).pk, 1, old.pk)
    assert begun.places.get().note == "60 baguettes"
    said = json.loads(bytes(Payload.objects.get(entry__verb="need.begun_from").body))
    assert [place["note"] for place in said["places"]] == ["60 baguettes"]
    need = actions.set_places(city.requester, typed(city).pk, {})
    assert not actions.begin_from(city.requester, need.pk, need.version, old.pk).places.exists()


def test_what_was_typed_before_the_click_stays(city: City) -> None:
    old, need = past(city), typed(city)
    need = actions.save(city.requester, need.pk, 1, what="Du pain de campagne", estimate_cents=900_000)
    need = actions.set_lots(city.requester, need.pk, ["Un seul"])
    begun = actions.begin_from(city.requester, need.pk, need.version, old.pk)
    assert (begun.what, begun.estimate_cents, begun.how_much) == ("Du pain de campagne", 900_000, "60 par jour")
    assert [lot.title for lot in begun.lots.all()] == ["Un seul"]


def test_it_is_refused_once_sent_from_a_stale_page_and_to_who_does_not_describe(city: City) -> None:
    old, need = past(city), typed(city)
    with pytest.raises(Conflict):
        actions.begin_from(city.requester, need.pk, need.version + 1, old.pk)
    for agent in (city.buyer, city.auditor, city.head_buyer):
        with pytest.raises(Refused):
            actions.begin_from(agent, need.pk, need.version, old.pk)
    Need.objects.filter(pk=need.pk).update(state="returned")
    with pytest.raises(Refused):
        actions.begin_from(city.requester, need.pk, need.version, old.pk)
    assert not Entry.objects.filter(verb="need.begun_from").exists()


def test_the_first_page_proposes_as_soon_as_the_sentence_is_typed_and_one_click_starts(city: City) -> None:
    old, client = past(city), signed_in(city.requester)
    page = client.post(reverse("need_new"), {"sentence": TYPED, "draft": "", "version": ""}, **HTMX).content.decode()
    need = Need.objects.get(sentence=TYPED)
    where = reverse("need_begin_from", args=[need.pk, old.pk])
    assert where in page and "Semblable par les mots" in page and old.reference in page
    assert where in client.get(reverse("need_edit", args=[need.pk])).content.decode()
    response = client.post(where, {"version": need.version})
    assert response.url == reverse("need_edit", args=[need.pk])  # type: ignore[attr-defined]
    page = client.get(response.url).content.decode()  # type: ignore[attr-defined]
    assert "60 par jour" in page and TYPED in page and "need_begin_from" not in page and where not in page


def test_once_something_is_answered_the_page_proposes_no_more(city: City) -> None:
    past(city)
    need = typed(city)
    actions.save(city.requester, need.pk, 1, what="Du pain de campagne")
    page = signed_in(city.requester).get(reverse("need_edit", args=[need.pk])).content.decode()
    assert "Des achats semblables" not in page


def test_the_address_refuses_reading_a_wrong_role_and_another_city(city: City, other_city: City) -> None:
    old, need = past(city), typed(city)
    where = reverse("need_begin_from", args=[need.pk, old.pk])
    assert signed_in(city.requester).get(where).status_code == 405
    assert signed_in(city.buyer).post(where, {"version": 1}).status_code == 403
    assert signed_in(other_city.requester).post(where, {"version": 1}).status_code == 404
    assert not Need.objects.get(pk=need.pk).taken_over_from_id


@pytest.mark.parametrize(
    "sentence", ["a", "é" * 500, "12345 678", "<script>alert(1)</script>", "(((", "pain" * 100, "des de la"]
)
def test_whatever_is_typed_there_is_an_answer(city: City, sentence: str) -> None:
    past(city)
    assert isinstance(queries.alike_before(city.requester, typed(city, sentence)), list)


@pytest.mark.parametrize("number", [3, 6])
def test_as_many_queries_for_three_as_for_six(city: City, number: int, django_assert_num_queries: Any) -> None:
    for place in range(number):
        past(city, f"Pain livré au foyer {'abcdef'[place]}")
    need = queries.get(city.requester, typed(city).pk)
    agent = agent_for(city.requester.user)
    assert agent
    with django_assert_num_queries(7):
        assert len(queries.alike_before(agent, need)) <= 3
