import re
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.models import Entry
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Need
from sourcier.sourcing.actions import invite, panel
from sourcier.sourcing.models import Sourcing
from sourcier.spend.actions import add_rule, commit, load_families
from sourcier.spend.models import Family
from tests.cities import City
from tests.journal.entries import writes, writes_nothing

YEAR = timezone.localdate().year


def as_(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def family(city: City, code: str = "10.01") -> Family:
    return Family.objects.get(organisation=city.organisation, code=code)


def engage(city: City, euros: int, code: str = "10.01", on: date | None = None) -> None:
    commit(
        city.buyer, award_id=uuid4(), operation_id=uuid4(), family=family(city, code), department=city.department, siret="",
        supplier="Fournil", label="Pain des crèches", amount_cents=euros * 100, engaged_on=on or timezone.localdate(),
    )  # fmt: skip


def words(response: object) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'").replace("&nbsp;", " "))


@pytest.fixture
def need(city: City) -> Need:
    """A submitted need of bread, its activity ticked, estimated at 18 240 €."""
    load_families(city.organisation)
    need = actions.start(city.requester, "Pain frais pour les crèches")
    need = actions.save(
        city.requester, need.pk, need.version, what="Pain", how_much="60 par jour", estimate_cents=18_240_00,
        unknown=["where", "when"],
    )  # fmt: skip
    actions.tick_activities(city.requester, need.pk, [Activity(NAF_REV2, "10.71C")])
    return actions.submit(city.requester, need.pk)


def url(need: Need) -> str:
    return reverse("rule", args=[need.pk])


def verify(city: City, need: Need, code: str = "10.01", kind: str = "supplies") -> Client:
    client = as_(city.buyer)
    assert client.post(url(need), {"family": family(city, code).pk, "kind": kind}).status_code == 302
    return client


def test_the_family_is_proposed_and_the_gauge_says_how_full_it_is(city: City, need: Need) -> None:
    engage(city, 30_960)
    text = words(as_(city.buyer).get(url(need)))
    assert "nous proposons Pain et viennoiseries" in text
    assert f"Avec cet achat, la famille Pain et viennoiseries atteint 82 % de la limite de 60 000 € HT pour {YEAR}." in text
    assert "pas encore gardée" in text
    assert "bientôt la limite" in text
    assert "à vérifier" in text


def test_seeing_the_rule_writes_nothing(city: City, need: Need) -> None:
    before = Entry.objects.count()
    as_(city.buyer).get(url(need))
    need.refresh_from_db()
    assert need.rule is None
    assert Entry.objects.count() == before


def test_the_rule_of_the_day_is_kept_with_the_need_and_in_the_journal(city: City, need: Need) -> None:
    client = verify(city, need)
    need.refresh_from_db()
    assert need.rule is not None
    assert (need.family, need.kind) == (family(city), "supplies")
    assert (need.rule["procedure"], need.rule["on"]) == ("exempt", timezone.localdate().isoformat())
    entry = Entry.objects.filter(log=city.organisation.pk, stream=need.pk.hex).latest("seq")
    assert (entry.verb, entry.actor) == ("need.rule_kept", city.buyer.id.hex)
    assert "Règle vérifiée le" in words(client.get(url(need)))


def test_the_rule_kept_stays_as_it_was_and_the_page_says_that_things_changed(city: City, need: Need) -> None:
    client = verify(city, need)
    engage(city, 50_000)
    text = words(client.get(url(need)))
    assert "ont changé depuis" in text
    assert "atteint 30 % de la limite" in text
    verify(city, need)
    need.refresh_from_db()
    assert need.rule["procedure"] == "adapted"
    assert "limite atteinte" in words(client.get(url(need)))


def test_a_need_without_an_amount_is_asked_for_one(city: City, need: Need) -> None:
    Need.objects.filter(pk=need.pk).update(estimate_cents=None)
    client = verify(city, need)
    text = words(client.get(url(need)))
    assert "Sans montant estimé" in text
    assert "Estimer le montant" in text


def test_works_add_up_by_operation_and_not_by_family(city: City, need: Need) -> None:
    engage(city, 95_000, code="30.16")
    text = words(verify(city, need, code="30.16", kind="works").get(url(need)))
    assert "l'opération atteint 18 % de la limite de 100 000 € HT." in text
    assert "annoncé, non appliqué" in text


@pytest.mark.parametrize("posted", [{}, {"family": "x", "kind": "supplies"}, {"family": "", "kind": "chairs"}])
def test_what_is_missing_is_said_beside_the_field_and_nothing_is_kept(city: City, need: Need, posted: dict[str, str]) -> None:
    response = as_(city.buyer).post(url(need), posted)
    assert response.status_code == 422
    assert 'class="errorlist"' in response.content.decode()
    need.refresh_from_db()
    assert need.rule is None


def test_the_family_of_another_city_is_refused(city: City, other_city: City, need: Need) -> None:
    load_families(other_city.organisation)
    response = as_(city.buyer).post(url(need), {"family": family(other_city).pk, "kind": "supplies"})
    assert response.status_code == 422
    assert "pas dans votre nomenclature" in words(response)


def test_a_draft_has_no_rule_to_keep_and_says_so(city: City, need: Need) -> None:
    Need.objects.filter(pk=need.pk).update(state=Need.State.DRAFT)
    client = as_(city.buyer)
    assert "Vérifier la règle du jour" not in words(client.get(url(need)))
    response = client.post(url(need), {"family": family(city).pk, "kind": "supplies"})
    assert response.status_code == 422
    assert Need.objects.get(pk=need.pk).rule is None


def test_a_city_without_families_is_sent_to_its_nomenclature(city: City, need: Need) -> None:
    Family.objects.all().delete()
    text = words(as_(city.buyer).get(url(need)))
    assert "Votre nomenclature est vide" in text


def test_only_those_who_buy_or_inspect_see_the_rule_and_the_auditor_changes_nothing(
    city: City, other_city: City, need: Need
) -> None:
    posted = {"family": family(city).pk, "kind": "supplies"}
    assert as_(city.auditor).get(url(need)).status_code == 200
    assert as_(city.auditor).post(url(need), posted).status_code == 403
    assert as_(city.requester).get(url(need)).status_code == 403
    assert as_(city.admin).get(url(need)).status_code == 403
    assert as_(other_city.buyer).get(url(need)).status_code == 404
    assert as_(other_city.buyer).post(url(need), posted).status_code == 404
    assert Client().get(url(need)).status_code == 302
    assert Need.objects.get(pk=need.pk).rule is None


def test_the_families_show_their_year_and_their_level(city: City) -> None:
    load_families(city.organisation)
    for euros, code in ((60_000, "10.01"), (50_000, "10.02"), (31_000, "10.03"), (1_000, "10.04"), (300_000, "30.01")):
        engage(city, euros, code)
    engage(city, 7_777, on=date(YEAR - 1, 5, 1))
    client = as_(city.auditor)
    text = words(client.get(reverse("families")))
    assert text.count("limite atteinte") == text.count("bientôt la limite") == text.count("plus de la moitié") == 1
    assert "442 000 €" in text
    assert "par opération" in text
    assert "7 777" not in text
    assert "7 777" in words(client.get(reverse("families"), {"annee": YEAR - 1}))


@pytest.mark.parametrize("year", ["", "abc", "1789", "99999", "²026", "-1"])
def test_a_year_that_is_not_one_shows_this_one(city: City, year: str) -> None:
    assert f"Familles et seuils {YEAR}" in words(as_(city.buyer).get(reverse("families"), {"annee": year}))


def test_the_families_leave_for_a_spreadsheet(city: City) -> None:
    load_families(city.organisation)
    engage(city, 1_000)
    response = as_(city.buyer).get(reverse("families"), {"export": "csv"})
    assert response["Content-Disposition"].startswith("attachment")
    assert "Pain et viennoiseries" in response.content.decode("utf-8-sig")


def test_the_head_buyer_loads_the_first_nomenclature_and_nobody_else(city: City, other_city: City) -> None:
    assert "Charger la nomenclature" in words(as_(city.head_buyer).get(reverse("families")))
    assert "Charger la nomenclature" not in words(as_(city.buyer).get(reverse("families")))
    for agent in (city.buyer, city.auditor, city.requester, city.admin):
        assert as_(agent).post(reverse("families_load")).status_code == 403
    assert as_(city.head_buyer).get(reverse("families_load")).status_code == 405
    assert as_(city.head_buyer).post(reverse("families_load")).status_code == 302
    assert Family.objects.filter(organisation=city.organisation).exists()
    assert not Family.objects.filter(organisation=other_city.organisation).exists()


def test_the_page_of_families_shows_only_its_own_city(city: City, other_city: City) -> None:
    load_families(city.organisation)
    load_families(other_city.organisation)
    engage(other_city, 12_345)
    assert "12 345" not in words(as_(city.buyer).get(reverse("families")))


def test_both_pages_cost_the_same_for_one_and_three_purchases(city: City, need: Need) -> None:
    client = as_(city.buyer)
    for address in (reverse("families"), url(need)):
        counts = []
        for purchases in (1, 2):
            for _ in range(purchases):
                engage(city, 100)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
        assert counts[0] == counts[1]


def test_the_book_shows_each_rule_with_its_history_and_those_of_the_city(city: City, other_city: City) -> None:
    head = as_(city.head_buyer)
    given = {"sentence": "Trois devis.", "from_cents": "5 000", "kinds": ["supplies"], "first": "2026-01-01", "basis": "Guide"}
    assert head.post(reverse("rule_add"), given).status_code == 302
    assert "Arrêter" in words(head.get(reverse("rule_book"))), "its author may end it, on the very page"
    read = words(as_(city.requester).get(reverse("rule_book")))
    for said in ("15 000", "60 000", "annoncé, non appliqué", "à vérifier", "CCP art. R.2122-8", "Trois devis.", "Guide"):
        assert said in read.replace("\u202f", " ").replace("\xa0", " "), said
    assert "Trois devis." not in words(as_(other_city.head_buyer).get(reverse("rule_book")))
    assert "Trois devis." in as_(city.auditor).get(reverse("rule_book"), {"export": "csv"}).content.decode()


def test_a_rule_without_source_is_refused_beside_its_field_and_what_was_typed_stays(city: City, other_city: City) -> None:
    head = as_(city.head_buyer)
    refused = head.post(reverse("rule_add"), {"sentence": "Trois devis.", "from_cents": "beaucoup", "kinds": ["supplies"]})
    assert refused.status_code == 422 and "Trois devis." in refused.content.decode()
    assert as_(city.buyer).post(reverse("rule_add"), {}).status_code == 403
    rule = add_rule(
        city.head_buyer, kinds=["works"], from_cents=0, first=date(2026, 1, 1), sentence="Visite du lieu.", basis="Guide"
    )
    assert as_(other_city.head_buyer).post(reverse("rule_end", args=[rule.pk]), {"last": "2026-02-01"}).status_code == 404
    assert head.post(reverse("rule_end", args=[rule.pk]), {"last": "2026-02-01"}).status_code == 302
    rule.refresh_from_db()
    assert rule.last == date(2026, 2, 1)


def test_needs_planned_in_the_family_count_before_anything_is_asked(city: City, need: Need) -> None:
    other = actions.start(city.requester, "Du pain pour les écoles")
    other = actions.save(
        city.requester,
        other.pk,
        other.version,
        what="Pain",
        how_much="100",
        estimate_cents=30_000_00,
        unknown=["where", "when"],
    )
    actions.submit(city.requester, other.pk)
    verify(city, other)
    advice = queries.rule_of_day(need, family(city), "supplies", timezone.localdate())
    assert (advice["planned_cents"], advice["used_cents"], advice["total_cents"]) == (30_000_00, 30_000_00, 48_240_00)
    actions.close(city.head_buyer, other.pk, "Abandonné")
    assert queries.rule_of_day(need, family(city), "supplies", timezone.localdate())["used_cents"] == 0


def test_at_the_limit_no_price_is_asked_without_the_reasons_of_the_head_of_purchasing(city: City, need: Need) -> None:
    engage(city, 45_000)
    actions.accept(city.buyer, need.pk)
    verify(city, need)
    begin = words(as_(city.buyer).get(reverse("panel", args=[need.pk])))
    assert "Se renseigner reste permis" in begin and "profil d'acheteur" in begin
    sourcing = panel.start(city.buyer, need.pk, Sourcing.Kind.RFQ)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="over_limit"):
        invite.check_limit(sourcing)
    sourcing.kind = Sourcing.Kind.RFI  # asking for information is free
    invite.check_limit(sourcing)
    assert "La limite est atteinte" in words(as_(city.buyer).get(url(need)))
    cross = reverse("rule_cross", args=[need.pk])
    assert as_(city.buyer).post(cross, {"reason": "Je veux"}).status_code == 403
    head = as_(city.head_buyer)
    assert head.post(cross, {"reason": " "}).status_code == 422
    with writes(city.organisation.pk, "need.crossing_allowed"):
        assert head.post(cross, {"reason": "Avis publié au BOAMP."}).status_code == 302
    sourcing = Sourcing.objects.get()
    invite.check_limit(sourcing)
    assert "Avis publié au BOAMP." in words(as_(city.auditor).get(url(need)))
    engage(city, 1)  # beyond what was decided
    with pytest.raises(Refused, match="over_limit"):
        invite.check_limit(sourcing)


def test_there_is_nothing_to_decide_below_the_limit(city: City, need: Need, other_city: City) -> None:
    verify(city, need)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="no_crossing"):
        actions.allow_crossing(city.head_buyer, need.pk, "Par précaution")
    assert as_(other_city.head_buyer).post(reverse("rule_cross", args=[need.pk]), {"reason": "x"}).status_code == 404
