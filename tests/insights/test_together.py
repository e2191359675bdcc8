"""Purchases to look at together: found in what is imported and planned, decided once, asked again when they grow."""

import json
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.insights import findings
from sourcier.insights.actions import explain, join
from sourcier.insights.alike import alike
from sourcier.insights.models import Finding
from sourcier.insights.purchases import gather
from sourcier.insights.together import look, look_due
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.spend.actions import load_families, open_unit
from sourcier.spend.actions.orders import withdraw_orders
from sourcier.spend.models import Commitment, Family, OrderBatch, Unit
from sourcier.spend.totals import unit_total
from sourcier.web.awaiting import together
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.spend.test_orders import csv, imported
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year


def order(number: str, day: str, firm: str, words: str, amount: str, family: str = "") -> list[str]:
    return [number, f"{day}/{YEAR}", firm, "", words, amount, family, "Enfance"]


TWINS = [
    order("E1", "03/03", "Atelier Rondin", "12 CHAISES PLIANTES", "34 000"),
    order("E2", "17/03", "Mobilier du Lac", "Achat de chaises pliantes x 80", "38 300"),
]
LATER = order("E3", "20/05", "Atelier Rondin", "Chaises pliantes", "9 000")


def brought(city: City, *lines: list[str]) -> OrderBatch:
    batch = imported(city.buyer, csv(*lines))
    assert look_due(timezone.now())
    return batch


def the_split(city: City) -> Finding:
    return Finding.objects.get(organisation=city.organisation, kind="split")


def test_an_import_is_compared_once_and_again_only_when_something_changes(city: City, other_city: City) -> None:
    brought(city, *TWINS)
    assert look_due(timezone.now()) == 0
    split = the_split(city)
    assert (split.count, split.total_cents, split.year) == (2, 72_300_00, YEAR)
    assert "chaises pliantes" in split.sentences[0] and split.purchases[1]["firm"] == "Mobilier du Lac"
    assert not Finding.objects.filter(organisation=other_city.organisation).exists()
    imported(city.buyer, csv(LATER))
    assert look_due(timezone.now()) == 1
    assert the_split(city).pk == split.pk and the_split(city).count == 3


def test_a_decision_stays_and_is_asked_again_when_the_purchases_grow(city: City) -> None:
    brought(city, *TWINS)
    split, today = the_split(city), timezone.localdate()
    assert [line.sentence for line in together(city.head_buyer)] and not together(city.buyer)
    with writes_nothing(city.organisation.pk):
        for agent, reason, seen, why in (
            (city.buyer, "Deux écoles", None, "not_you"),
            (city.head_buyer, "  ", None, "reason"),
            (city.head_buyer, "Deux écoles", 1, "changed"),
        ):
            with pytest.raises(Refused, match=why):
                explain(agent, split.pk, reason, seen)
    with writes(city.organisation.pk, "together.explained") as written:
        explain(city.head_buyer, split.pk, "Deux écoles, deux usages.", split.total_cents)
    assert json.loads(bytes(written[0].payload.body))["total_cents"] == 72_300_00
    assert not findings.waiting(city.head_buyer, today)
    brought(city, LATER)
    grown = the_split(city)
    assert grown.grew and grown.reason == "Deux écoles, deux usages." and findings.waiting(city.head_buyer, today) == [grown]
    assert verify(city.organisation.pk).problems == ()


def test_what_is_withdrawn_goes_but_what_was_decided_of_it_stays_and_comes_back(city: City) -> None:
    batch = brought(city, *TWINS)
    explain(city.head_buyer, the_split(city).pk, "Deux écoles.")
    withdraw_orders(city.head_buyer, batch.pk, "Mauvais exercice")
    look(city.organisation)
    assert the_split(city).gone_at
    with pytest.raises(Refused, match="gone"):
        explain(city.head_buyer, the_split(city).pk, "Encore")
    brought(city, *TWINS)
    assert the_split(city).gone_at is None and not the_split(city).waits


def test_a_planned_need_counts_with_the_orders_and_is_found_by_its_page(city: City) -> None:
    brought(city, TWINS[0])
    assert not Finding.objects.filter(kind="split").exists()
    need = needs.start(city.requester, "Chaises pliantes pour la fête", department=city.department)
    Need.objects.filter(pk=need.pk).update(state="submitted", estimate_cents=30_000_00, starts_on=date(YEAR, 4, 1))
    look_due(timezone.now())
    assert the_split(city).total_cents == 64_000_00
    assert findings.about_need(city.organisation, need.pk) == the_split(city)
    assert {one.purchase.source for one in gather(city.organisation)} == {"order", "need"}


def test_a_need_being_described_is_told_what_it_makes_with_the_others(city: City) -> None:
    brought(city, *TWINS[:1])
    need = needs.start(city.requester, "80 chaises pliantes pour la fête", department=city.department)
    assert alike(need) is None
    need = needs.save(city.requester, need.pk, need.version, estimate_cents=35_000_00)
    found = alike(need)
    assert found and (found.count, found.total_cents, found.finding_id) == (2, 69_000_00, None)
    own = reverse("need", args=[need.pk])
    requester = signed_in(city.requester).get(own).content.decode()
    assert "se comptent ensemble" in requester and reverse("together") not in requester
    Need.objects.filter(pk=need.pk).update(state="accepted", buyer=city.buyer.user)
    look_due(timezone.now())
    buyer, rule = signed_in(city.buyer), reverse("rule", args=[need.pk])
    for page in (buyer.get(own), buyer.get(rule)):
        assert "2 achats semblables" in page.content.decode() and f"#{the_split(city).pk}" in page.content.decode()
    need = needs.start(city.requester, "Une table de ping-pong", department=city.department)
    assert alike(need) is None


def test_a_need_without_an_estimate_is_told_what_the_others_make(city: City) -> None:
    brought(city, *TWINS)
    need = needs.start(city.requester, "Des chaises pliantes", department=city.department)
    found = alike(need)
    assert found and (found.count, found.total_cents, found.estimated) == (2, 72_300_00, False)


def test_a_family_at_its_limit_and_a_firm_that_has_most_of_it_are_shown(city: City) -> None:
    load_families(city.organisation)
    family = Family.objects.filter(organisation=city.organisation, kind="supplies").order_by("code")[0]
    words = ("Casiers", "Toners", "Pelles", "Savon")
    brought(
        city,
        *(order(f"E{n}", f"1{n}/02", "Fournil SARL", word, "17 000", family.code) for n, word in enumerate(words)),
    )
    crossing, firm = Finding.objects.get(kind="crossing"), Finding.objects.get(kind="dominant")
    assert crossing.total_cents == 68_000_00 and f"La famille {family.code}" in crossing.sentences[0]
    assert "Rien n'en est mis en concurrence ici." in crossing.sentences[1]
    assert firm.sentences[0].startswith("Fournil SARL a 100\u00a0%") and not firm.waits
    assert [row.pk for row in findings.of(city.organisation, YEAR, family)] == [crossing.pk, firm.pk]
    assert verify(city.organisation.pk).problems == ()


def test_a_family_at_its_limit_and_the_group_of_the_same_purchases_are_one_line_for_the_head_buyer(city: City) -> None:
    load_families(city.organisation)
    chairs = [[*line[:6], "14.02", line[7]] for line in TWINS]
    brought(city, *chairs)
    assert set(Finding.objects.values_list("kind", flat=True)) >= {"crossing", "split"}
    [line] = together(city.head_buyer)
    assert "a atteint sa limite" in line.sentence
    brought(city, order("E9", "02/06", "Ébéniste du Lac", "Un bureau d'angle", "9 000", "14.02"))
    assert len(together(city.head_buyer)) == 2, "the group is no longer the whole of the family"


def said(client: Client, **query: object) -> str:
    page = client.get(reverse("together"), query).content.decode()
    return page.replace("\u202f", " ").replace("\xa0", " ")


def test_the_page_lists_filters_exports_and_takes_the_decision(city: City, other_city: City) -> None:
    head = signed_in(city.head_buyer)
    assert "pas encore été comparés" in said(head) and "Rien à regarder" in said(head)
    imported(city.buyer, csv(*TWINS))
    assert signed_in(city.buyer).post(reverse("together_look")).status_code == 302
    split, page = the_split(city), said(head)
    assert "2 achats, ensemble" in page and "72 300" in page and "Mobilier du Lac" in page and "Garder cette raison" in page
    assert "Rien à regarder" in said(head, annee=YEAR, famille="") or "à regarder" in page
    table = head.get(reverse("together"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "12 CHAISES PLIANTES" in table and "Achat de chaises" in table
    own = reverse("together_explain", args=[split.pk])
    wrong = head.post(own, {"reason": "", "seen": split.total_cents})
    assert wrong.status_code == 422 and "Rien n&#x27;est décidé" in wrong.content.decode()
    stale = head.post(own, {"reason": "Deux écoles", "seen": 1})
    assert stale.status_code == 422 and "Deux écoles" in stale.content.decode() and "ont changé" in stale.content.decode()
    for agent, status in ((city.buyer, 403), (city.requester, 403), (city.auditor, 403), (other_city.head_buyer, 404)):
        assert signed_in(agent).post(own, {"reason": "Non", "seen": split.total_cents}).status_code == status
    assert signed_in(city.requester).get(reverse("together")).status_code == 403
    together_now = reverse("together_join", args=[split.pk])
    for agent, status in ((city.buyer, 403), (city.auditor, 403), (other_city.head_buyer, 404)):
        assert signed_in(agent).post(together_now, {"label": "Fête", "reason": "Une fête"}).status_code == status
    unnamed = head.post(together_now, {"label": "", "reason": "Une fête", "seen": split.total_cents})
    assert unnamed.status_code == 422 and "Une fête" in unnamed.content.decode()
    assert head.post(together_now, {"label": "Fête", "reason": "Une fête", "seen": split.total_cents}).status_code == 302
    assert "dans « Fête »" in said(head)
    assert head.post(own, {"reason": "Deux écoles", "seen": split.total_cents}).status_code == 302
    assert "Deux écoles" in said(signed_in(city.auditor)) and "Garder cette raison" not in said(signed_in(city.auditor))
    assert "chaises" not in said(signed_in(other_city.head_buyer)).lower()


def test_counted_together_they_add_up_in_a_unit_and_each_operation_tells_it(city: City, other_city: City) -> None:
    need = needs.start(city.requester, "Chaises pliantes pour la fête", department=city.department)
    Need.objects.filter(pk=need.pk).update(state="submitted", estimate_cents=3_000_00, starts_on=date(YEAR, 4, 1))
    Commitment.objects.create(
        organisation=city.organisation, operation_id=need.pk, supplier="Atelier", label="Chaises pliantes",
        amount_cents=2_000_00, engaged_on=date(YEAR, 5, 2),
    )  # fmt: skip
    brought(city, *TWINS)
    split = the_split(city)
    assert split.count == 4
    foreign = open_unit(other_city.buyer, nature="functional", label="Fête", reason="Une fête")
    with writes_nothing(city.organisation.pk):
        with pytest.raises(Unit.DoesNotExist):
            join(city.head_buyer, split.pk, foreign.pk)
        with pytest.raises(Refused, match="label"):
            join(city.head_buyer, split.pk, None, label=" ", reason="Une fête")
    with writes(city.organisation.pk, "unit.opened", "need.joined", "together.joined"):
        join(city.head_buyer, split.pk, None, label="Chaises 2026", reason="Un seul besoin", seen_cents=split.total_cents)
    unit = Unit.objects.get(organisation=city.organisation)
    assert unit_total(unit) == 72_300_00 + 2_000_00 and Need.objects.get(pk=need.pk).unit == unit
    assert not findings.waiting(city.head_buyer, timezone.localdate())
    look(city.organisation)
    assert (the_split(city).decision, the_split(city).grew) == ("joined", False)
    brought(city, LATER)
    assert findings.waiting(city.head_buyer, timezone.localdate()) == [the_split(city)]
    other = open_unit(city.buyer, nature="functional", label="Autre", reason="Autre besoin")
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="elsewhere"):
        join(city.head_buyer, split.pk, other.pk)
    join(city.head_buyer, split.pk, unit.pk)
    assert unit_total(unit) == 72_300_00 + 2_000_00 + 9_000_00
