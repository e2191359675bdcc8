"""Clauses of sustainable purchasing in a request: ticked, copied with their article, told to all, then frozen."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from sourcier.kernel.transitions import Refused
from sourcier.law import clauses as law
from sourcier.mail.models import OutgoingMessage
from sourcier.needs import actions as needs
from sourcier.sourcing import clauses, queries
from sourcier.sourcing.actions import invite, panel
from sourcier.sourcing.actions import request as actions
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import RequestClause, Sourcing
from sourcier.spend.actions.families import load_families
from sourcier.spend.models import Family
from tests.cities import City
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import ready
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("Europe/Paris"))
OBLIGATIONS = {"environment", "egalim"}


@pytest.fixture
def bread(city: City) -> Sourcing:
    """A request for bread, of the family « Pain et viennoiseries » of the city's nomenclature."""
    with time_machine.travel(MORNING, tick=True):
        load_families(city.organisation, city.head_buyer)
        sourcing = ready(city)
        family = Family.objects.get(organisation=city.organisation, code="10.01")
        needs.save(city.buyer, sourcing.need_id, sourcing.need.version, family=family, kind="supplies")
    return Sourcing.objects.get(pk=sourcing.pk)


def tick(city: City, sourcing: Sourcing, *taken: str, **reasons: str) -> Sourcing:
    sourcing.refresh_from_db()
    with time_machine.travel(MORNING, tick=True):
        actions.save_request(city.buyer, sourcing.pk, sourcing.version, clauses={"taken": taken, "reasons": reasons})
    return Sourcing.objects.get(pk=sourcing.pk)


def send(city: City, sourcing: Sourcing, at: datetime = MORNING) -> Sourcing:
    with time_machine.travel(at, tick=True):
        invite.send(city.buyer, sourcing.pk)
    return Sourcing.objects.get(pk=sourcing.pk)


def taken(sourcing: Sourcing) -> dict[str, bool]:
    return dict(sourcing.clauses.values_list("clause", "taken"))


def test_what_is_offered_follows_the_family_the_kind_and_the_day(city: City, bread: Sourcing) -> None:
    today = {each.id for each in clauses.offered(bread, MORNING.date())}
    assert OBLIGATIONS | {"grouped_deliveries"} == today
    assert "egalim" not in {each.id for each in clauses.offered(bread, date(2021, 12, 31))}


def test_nothing_is_ticked_for_the_buyer_and_information_alone_has_no_clause(city: City, bread: Sourcing) -> None:
    assert not bread.clauses.exists()
    tick(city, bread, "egalim")
    panel.change_kind(city.buyer, bread.pk, "rfi")
    asked = Sourcing.objects.get(pk=bread.pk)
    assert not asked.clauses.exists() and clauses.offered(asked, MORNING.date()) == ()


def test_a_ticked_clause_is_copied_with_its_article_and_the_day_in_the_same_entry(city: City, bread: Sourcing) -> None:
    version = bread.version
    saved = tick(city, bread, "egalim")
    row = saved.clauses.get(clause="egalim")
    known = law.clause("egalim")
    assert (row.title, row.text, row.basis, row.taken) == (known.title, known.text, known.basis, True)
    assert row.noted_on == MORNING.date() and saved.version == version + 1
    told = last_payload(saved, "request.saved")["rows"]
    assert {each["clause"] for each in told if each["kind"] == "request_clause"} == OBLIGATIONS


def test_an_obligation_left_aside_keeps_its_reason_and_blocks_nothing(city: City, bread: Sourcing) -> None:
    saved = tick(city, bread, "environment", egalim="Ce pain ne va pas à la cantine.")
    assert taken(saved) == {"environment": True, "egalim": False}
    assert saved.clauses.get(clause="egalim").reason == "Ce pain ne va pas à la cantine."
    assert send(city, saved).state == "open"


def test_what_a_page_invents_is_left_out(city: City, bread: Sourcing) -> None:
    saved = tick(city, bread, "recycled_roads", "nothing", "egalim", nothing="?")
    assert taken(saved) == {"environment": False, "egalim": True}


def test_it_is_unticked_before_the_sending_and_never_after(city: City, bread: Sourcing) -> None:
    tick(city, bread, "egalim", "grouped_deliveries")
    saved = tick(city, bread, "grouped_deliveries")
    assert taken(saved) == {"environment": False, "egalim": False, "grouped_deliveries": True}
    sent = send(city, saved)
    with pytest.raises(Refused):
        tick(city, sent)
    assert taken(sent) == taken(Sourcing.objects.get(pk=sent.pk))


def test_the_day_of_a_clause_stays_as_long_as_it_says_the_same(city: City, bread: Sourcing) -> None:
    tick(city, bread, "egalim")
    bread.refresh_from_db()
    with time_machine.travel(MORNING.replace(day=1, month=12), tick=True):
        taken_again = {"taken": ["egalim", "environment"], "reasons": {}}
        actions.save_request(city.buyer, bread.pk, bread.version, clauses=taken_again)
    days = dict(bread.clauses.values_list("clause", "noted_on"))
    assert days == {"egalim": MORNING.date(), "environment": date(2026, 12, 1)}


def test_an_obligation_nobody_spoke_of_is_noted_when_the_request_leaves(city: City, bread: Sourcing) -> None:
    sent = send(city, bread)
    assert taken(sent) == dict.fromkeys(OBLIGATIONS, False)
    rows = last_payload(sent, "sourcing.sent")["rows"]
    assert {row["clause"] for row in rows if row["kind"] == "request_clause"} == OBLIGATIONS


def test_the_firms_read_the_text_and_its_article_in_the_message_and_on_every_page(city: City, bread: Sourcing) -> None:
    sent = send(city, tick(city, bread, "egalim"))
    known = law.clause("egalim")
    assert brief(sent).clauses == ((known.title, known.text, known.basis),)
    body = OutgoingMessage.objects.filter(kind="invitation").first().body
    assert known.text in body and known.basis in body and law.clause("environment").text not in body
    notice = signed_in(city.buyer).get(reverse("notice", args=[sent.notice_slug])).content.decode()
    assert known.basis.replace("'", "&#x27;") in notice


def test_a_clause_that_the_law_has_no_more_keeps_the_request_until_it_is_taken_out(city: City, bread: Sourcing) -> None:
    saved = tick(city, bread, "egalim")
    RequestClause.objects.filter(sourcing=saved, clause="egalim").update(text="Autrefois.")
    with time_machine.travel(MORNING, tick=True), pytest.raises(Refused) as refused:
        invite.send(city.buyer, saved.pk)
    assert "n'est plus celle du jour" in refused.value.sentence
    again = tick(city, saved, "egalim")
    assert again.clauses.get(clause="egalim").text == law.clause("egalim").text
    assert send(city, again).state == "open"


def test_what_was_sent_stays_as_told_whatever_the_law_becomes(city: City, bread: Sourcing) -> None:
    sent = send(city, tick(city, bread, "egalim"))
    RequestClause.objects.filter(sourcing=sent, clause="egalim").update(text="Comme on l'a dit alors.")
    assert queries.facts(sent).outdated_clauses == ()
    assert brief(sent).clauses[0][1] == "Comme on l'a dit alors."


def test_a_clause_of_a_family_left_since_is_shown_until_it_is_unticked(city: City, bread: Sourcing) -> None:
    tick(city, bread, "egalim")
    paint = Family.objects.get(organisation=city.organisation, code="30.16")
    needs.save(city.buyer, bread.need_id, bread.need.version, family=paint, kind="works")
    page = signed_in(city.buyer).get(reverse("request", args=[bread.need_id])).content.decode()
    assert "plus proposée pour cet achat" in page and "Déchets du chantier" in page
    assert taken(tick(city, bread, "egalim"))["egalim"]
    assert "egalim" not in taken(tick(city, bread, "waste_in_quote"))


@pytest.mark.parametrize(
    ("code", "cpv", "activities", "expected"),
    [
        ("A12", "15811000", [], {"egalim"}),
        ("A12", "", [["NAFRev2", "10.71C"]], {"egalim"}),
        ("10.01", "", [], set()),
        ("10.01", "45233000", [["NAFRev2", "10.71C"]], set()),
    ],
)
def test_a_family_of_the_city_is_known_by_its_cpv_then_by_its_activities_never_by_a_code_alone(
    city: City, bread: Sourcing, code: str, cpv: str, activities: list[list[str]], expected: set[str]
) -> None:
    Family.objects.filter(pk=bread.need.family_id).update(code=f"x{code}", label="Divers")
    Family.objects.filter(organisation=city.organisation, code=code).update(code="old")
    Family.objects.filter(pk=bread.need.family_id).update(code=code, cpv=cpv, activities=activities)
    sourcing = Sourcing.objects.get(pk=bread.pk)
    assert {each.id for each in clauses.offered(sourcing, MORNING.date())} & {"egalim", "recycled_roads"} == expected


def test_the_page_offers_each_with_why_and_article_and_saves_what_is_ticked(city: City, bread: Sourcing) -> None:
    client = signed_in(city.buyer)
    page = client.get(reverse("request", args=[bread.need_id])).content.decode()
    for id in OBLIGATIONS:
        assert f'id="clause-{id}"' in page
    assert "Article L.230-5-1 du code rural" in page and "Vaut si ces produits entrent" in page
    assert 'name="clauses" value="egalim"' in page and "(à vérifier)" in page
    response = client.post(
        reverse("request", args=[bread.need_id]),
        {"version": bread.version, "title": bread.title, "description": "Du pain", "lignes-rows": "0", "criteres-rows": "0",
         "questions-rows": "0", "clauses": ["egalim"], "clause_reason-environment": "  Petit achat. "},
    )  # fmt: skip
    assert response.status_code == 302
    assert taken(Sourcing.objects.get(pk=bread.pk)) == {"environment": False, "egalim": True}
    assert bread.clauses.get(clause="environment").reason == "Petit achat."
    told = client.get(reverse("request_send", args=[bread.need_id])).content.decode()
    assert "Clauses obligatoires non retenues" in told and "Petit achat." in told


def test_two_at_once_see_both_lists_of_clauses(city: City, bread: Sourcing) -> None:
    stale = bread.version
    tick(city, bread, "egalim")
    response = signed_in(city.buyer).post(
        reverse("request", args=[bread.need_id]),
        {"version": stale, "title": bread.title, "lignes-rows": "0", "criteres-rows": "0", "questions-rows": "0",
         "clauses": ["environment"]},
    )  # fmt: skip
    page = response.content.decode()
    assert response.status_code == 409 and "Clauses d&#x27;achat durable" in page
    assert taken(Sourcing.objects.get(pk=bread.pk))["egalim"]


def test_neither_an_auditor_nor_another_city_ticks(city: City, other_city: City, bread: Sourcing) -> None:
    ticked = {"taken": ["egalim"], "reasons": {}}
    with pytest.raises((Refused, PermissionDenied)):
        actions.save_request(city.auditor, bread.pk, bread.version, clauses=ticked)
    with pytest.raises(Sourcing.DoesNotExist):
        actions.save_request(other_city.buyer, bread.pk, bread.version, clauses=ticked)
    assert signed_in(other_city.buyer).get(reverse("request", args=[bread.need_id])).status_code == 404
    assert not bread.clauses.exists()
