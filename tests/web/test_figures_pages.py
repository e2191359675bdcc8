"""« Bilan » : savings, firms asked before and now, first times, small firms, spread; each figure opens its operations."""

import csv
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from sourcier.insights.savings import groups
from sourcier.interop.export import FORMATS
from sourcier.needs.models import Lot
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.models import SavingReference
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import DEADLINE, Purchase, answered_purchase, asked_purchase, finished_purchase
from tests.quotes.requests import BEFORE, answer, make_request, opened
from tests.web.clients import signed_in

CHOSEN = 13_669_54


@pytest.fixture(autouse=True)
def in_2026() -> Any:
    with time_machine.travel(DEADLINE + timedelta(days=10), tick=True):
        yield


def page(client: Client, **query: str) -> str:
    return client.get(reverse("savings"), query).content.decode().replace("\u202f", " ").replace("\xa0", " ")


def rows(client: Client) -> list[dict[str, str]]:
    content = client.get(reverse("savings"), {"export": "csv"}).content.decode("utf-8-sig")
    return [row for row in csv.DictReader(StringIO(content), delimiter=";") if row["Référence"]]


def test_a_saving_is_the_reference_less_what_was_chosen(city: City) -> None:
    purchase = finished_purchase(city)
    ((group,), _) = groups(city.buyer, 2026), None
    (operation,) = group.operations
    assert (operation.amount_cents, operation.reference_cents) == (CHOSEN, 16_000_00)
    assert group.saving_cents == 16_000_00 - CHOSEN
    assert (group.asked, group.first_asked, group.winners, group.first_winners) == (5, 5, 1, 1)
    assert operation.spread_percent == 11  # 1,05 beside 0,95
    text = page(signed_in(city.auditor))
    assert "2 330,46 €" in text
    assert "5 entreprises interrogées, dont 5 pour la première fois." in " ".join(re.sub("<[^>]+>", " ", text).split())
    assert reverse("comparison", args=[purchase.need.pk, purchase.sourcing.pk]) in text


def test_a_loss_is_shown_as_a_loss_and_no_reference_is_not_counted(city: City) -> None:
    lost, uncounted = finished_purchase(city), finished_purchase(city)
    SavingReference.objects.filter(sourcing=lost.sourcing).update(amount_cents=10_000_00)
    SavingReference.objects.filter(sourcing=uncounted.sourcing).update(kind="none", amount_cents=None)
    ((group,), _) = groups(city.buyer, 2026), None
    assert (group.saving_cents, group.reference_cents, group.not_counted) == (10_000_00 - CHOSEN, 10_000_00, 1)
    text = page(signed_in(city.head_buyer))
    assert "-3 669,54 €" in text.replace("−", "-") and "de perte" in text
    assert "Sans référence : non comptée" in text and "1 non comptée" in text


def test_the_second_time_a_firm_is_asked_it_is_no_longer_new(city: City) -> None:
    finished_purchase(city)
    finished_purchase(city)
    # a firm is new in the request that left first
    first, second = sorted(groups(city.buyer, 2026)[0].operations, key=lambda operation: operation.sourcing.sent_at)
    assert len(first.first_asked) == 5
    Sourcing.objects.filter(pk=second.sourcing.pk).update(sent_at=second.sourcing.sent_at + timedelta(days=1))
    again = {o.sourcing.pk: o for o in groups(city.buyer, 2026)[0].operations}[second.sourcing.pk]
    assert (len(again.asked), len(again.first_asked)) == (5, 0)


def test_a_firm_whose_letter_was_not_posted_or_whose_address_fails_was_not_asked(city: City) -> None:
    purchase = asked_purchase(city)
    (group,) = groups(city.buyer, 2026)
    by_letter, by_email = (purchase.sourcing.invitations.filter(channel=channel).first() for channel in ("letter", "email"))
    (by_letter.state, by_email.state) = ("waiting", "failed")
    by_letter.save()
    by_email.save()
    (fewer,) = groups(city.buyer, 2026)
    assert fewer.asked == group.asked - 2


def test_the_year_before_is_counted_beside(city: City) -> None:
    old = finished_purchase(city)
    before = old.sourcing_now().sent_at - timedelta(days=365)
    Sourcing.objects.filter(pk=old.sourcing.pk).update(sent_at=before)
    finished_purchase(city)
    (group,) = groups(city.buyer, 2026)
    assert (group.asked_before, group.asked, group.first_asked) == (5, 5, 0)
    text = page(signed_in(city.auditor), year="2025")
    assert "Bilan 2025" in text and old.need.reference in text
    assert "Bilan 2026" in page(signed_in(city.auditor), year="1999")
    assert "Bilan 2026" in page(signed_in(city.auditor), year="x")


def test_prices_of_answers_not_opened_are_in_no_figure(city: City) -> None:
    answered_purchase(city)
    (group,) = groups(city.buyer, 2026)
    assert group.spread_percent is None and group.winners == 0 and group.saving_cents == 0
    assert (group.reference_cents, group.not_counted) == (0, 0)


@pytest.mark.parametrize("form", FORMATS)
def test_the_figures_leave_in_four_formats(city: City, form: str) -> None:
    finished_purchase(city)
    response = signed_in(city.auditor).get(reverse("savings"), {"export": form})
    assert (response.status_code, response["Content-Type"]) == (200, FORMATS[form][1])


def test_the_export_has_one_row_an_operation(city: City) -> None:
    purchase = finished_purchase(city)
    (row,) = rows(signed_in(city.buyer))
    assert row["Référence"] == purchase.need.reference
    assert (row["Entreprises interrogées"], row["Choisi HT"], row["Économie HT"]) == ("5", "13669,54", "2330,46")


@pytest.mark.parametrize(
    ("size_class", "category", "micro", "sme", "unsized"),
    [
        ("01", "PME", 5, 5, 0), ("01", "", 5, 5, 0), ("12", "PME", 0, 5, 0), ("12", "", 0, 5, 0), ("32", "", 0, 0, 0),
        ("", "", 0, 0, 5), ("NN", "", 0, 0, 5), ("NN", "PME", 0, 5, 5), ("01", "GE", 0, 0, 0), ("", "ETI", 0, 0, 0),
    ],
)  # fmt: skip
def test_a_size_that_nobody_knows_is_not_small_and_a_branch_of_a_large_firm_neither(
    city: City, size_class: str, category: str, micro: int, sme: int, unsized: int
) -> None:
    asked_purchase(city)
    Firm.objects.update(size_class=size_class, category=category)
    (group,) = groups(city.buyer, 2026)
    assert (group.micro_asked, group.sme_asked, group.unsized_asked) == (micro, sme, unsized)


def test_small_winners_are_counted_in_tiles_table_and_export(city: City) -> None:
    finished_purchase(city)
    Firm.objects.update(size_class="", category="PME")
    (group,) = groups(city.buyer, 2026)
    assert (group.sme_winners, group.micro_winners, group.unsized_winners) == (1, 0, 1)
    client = signed_in(city.buyer)
    (row,) = rows(client)
    assert [row[name] for name in ("PME interrogées", "Entreprises choisies", "PME choisies", "Choisies sans effectif connu",
        "Choisies pour la première fois", "Choisies de moins de 10 salariés")] == ["5", "1", "1", "1", "1", "0"]  # fmt: skip
    text = " ".join(re.sub("<[^>]+>", " ", page(client)).split())
    assert "1 PME, 0 de moins de 10 salariés, 1 sans effectif connu" in text.replace(" ,", ",")


def test_each_figure_opens_the_operations_it_counts(city: City) -> None:
    chosen, waiting = finished_purchase(city), asked_purchase(city)
    client = signed_in(city.auditor)
    links = set(re.findall(r"\?year=2026&amp;figure=([a-z_]+)", page(client)))
    assert {
        "asked",
        "first_asked",
        "sme_asked",
        "winners",
        "first_winners",
        "sme_winners",
        "saving_cents",
        "spread_percent",
    } <= links
    both, one = {chosen.need.reference, waiting.need.reference}, {chosen.need.reference}
    for figure, shown in (("asked", both), ("winners", one), ("saving_cents", one), ("not_counted", set())):
        text = page(client, year="2026", figure=figure)
        found = {each.need.reference for each in (chosen, waiting) if each.need.reference in text}
        assert found == shown, figure
        content = client.get(reverse("savings"), {"figure": figure, "export": "csv"}).content.decode()
        assert {each.need.reference for each in (chosen, waiting) if each.need.reference in content} == found
    assert "Bilan 2026" in page(client, figure="x", department="x", family="x")


def test_the_firms_of_the_year_before_open_its_operations_of_the_same_kinds(city: City) -> None:
    old, information = finished_purchase(city), asked_purchase(city)
    before = old.sourcing_now().sent_at - timedelta(days=365)
    Sourcing.objects.update(sent_at=before)
    Sourcing.objects.filter(pk=information.sourcing.pk).update(kind="rfi")
    finished_purchase(city)
    (group,) = groups(city.buyer, 2026)
    assert group.asked_before == 5
    Sourcing.objects.filter(pk=old.sourcing.pk).update(kind="rfi")
    assert groups(city.buyer, 2026)[0].asked_before == 0
    Sourcing.objects.filter(pk=old.sourcing.pk).update(kind="rfq")
    client = signed_in(city.auditor)
    (link,) = re.findall(r'href="(\?[^"]*year=2025[^"]*department[^"]*)"', page(client))
    text = client.get(reverse("savings") + unescape(link)).content.decode()
    assert old.need.reference in text and information.need.reference not in text


def test_the_spread_compares_whole_offers_lot_by_lot(city: City) -> None:
    request = make_request(city, lines=2, places=2)
    lots = [Lot.objects.create(need=request.sourcing.need, number=n, title=f"Lot {n}") for n in (1, 2)]
    for line, lot in zip(request.lines, lots, strict=True):
        line.lot = lot
        line.save()
    one, two = (line.pk for line in request.lines)
    with time_machine.travel(BEFORE, tick=True):
        for number, (lines, price, places) in enumerate([
            ({one, two}, "1.00", ()), ({one}, "1.20", ()), ({two}, "1.40", ()), ({one}, "0.10", request.places[:1])
        ]):  # fmt: skip
            sent = answer(request, price, places=frozenset(place.pk for place in places))
            sent = replace(sent, prices=tuple(each for each in sent.prices if each.line_id in lines))
            submit(request.invite(f"Boulangerie {number}", f"b{number}@pain.example"), sent)
    opened(request)
    (group,) = groups(city.buyer, 2026)
    assert group.operations[0].spread_percent == 30  # 20 % for one lot, 40 % for the other


def test_who_may_and_which_city(city: City, other_city: City) -> None:
    purchase = finished_purchase(city)
    for agent in (city.requester, city.admin):
        assert signed_in(agent).get(reverse("savings")).status_code == 403
    assert groups(other_city.buyer, 2026) == []
    text = page(signed_in(other_city.head_buyer))
    assert purchase.need.reference not in text and "Aucune demande de prix cette année." in text


def test_figures_cost_the_same_with_one_operation_and_with_three(city: City, django_assert_max_num_queries: Any) -> None:
    counts = []
    made: list[Purchase] = []
    for number in (1, 2):
        made += [finished_purchase(city) for _ in range(number)]
        client = signed_in(city.auditor)
        client.get(reverse("savings"))
        with django_assert_max_num_queries(40) as queries:
            client.get(reverse("savings"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_information_request_is_no_purchase(city: City) -> None:
    purchase = asked_purchase(city)
    Sourcing.objects.filter(pk=purchase.sourcing.pk).update(kind="rfi")
    assert groups(city.buyer, 2026) == []
