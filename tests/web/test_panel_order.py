"""The list of firms: its order, its filters, and the way out of an empty one, without JavaScript."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.needs.models import Need
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Search, Sourcing
from sourcier.spend.actions import load_families
from sourcier.spend.models import Commitment, Family
from sourcier.web.city import panel_rows
from sourcier.web.city.panel_forms import chosen_in, in_use
from tests.cities import City
from tests.sourcing.scenes import BAKER, SHOP, draft, sent
from tests.sourcing.stock import COOP, DEPOT, LEFORT, MATHILDE, PERRIER
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def searched(city: City, radius: int = 5_000) -> Sourcing:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], radius)
    return sourcing


def page_of(client: Client, sourcing: Sourcing, **query: str) -> str:
    return client.get(reverse("panel", args=[sourcing.need_id]), query).content.decode()


def listed(page: str) -> list[str]:
    return re.findall(r'<li id="e-(\d{14})"', page)


def test_the_buyer_chooses_the_order_by_a_link_and_reads_it_in_words(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    usual, near = page_of(client, sourcing), page_of(client, sourcing, ordre="distance")
    assert "Rangées par pertinence, puis par distance" in usual and "Rangées par distance" in near
    assert 'href="?ordre=distance"' in usual
    # The shop next door has the second activity ticked: nearer than Perrier, less of a baker.
    assert listed(near).index(DEPOT.siret) < listed(near).index(PERRIER.siret)
    assert sorted(listed(usual)) == sorted(listed(near)) and listed(usual) != listed(near)
    assert listed(page_of(client, sourcing, ordre="' OR 1=1")) == listed(usual)


@pytest.mark.parametrize("order", ["pertinence", "distance"])
def test_the_next_pages_keep_the_order_and_show_each_firm_once(city: City, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    whole = listed(page_of(client, sourcing, ordre=order))
    monkeypatch.setattr(panel_rows, "PER_PAGE", 2)
    first = page_of(client, sourcing, ordre=order)
    assert re.search(rf'href="\?[^"]*ordre={order}[^"]*page=2|href="\?[^"]*page=2[^"]*ordre={order}', first)
    pages = [listed(page_of(client, sourcing, ordre=order, page=str(number))) for number in range(1, len(whole) // 2 + 2)]
    assert [siret for page in pages for siret in page][: len(whole)] == whole


def test_what_is_kept_tells_in_which_order_the_list_was_read(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    client.post(reverse("panel_choose", args=[sourcing.need_id]), {"keep": MATHILDE.siret, "back": "ordre=distance"})
    client.post(reverse("panel_choose", args=[sourcing.need_id]), {"keep": LEFORT.siret, "back": ""})
    kept = Entry.objects.filter(verb="panel.kept").select_related("payload").order_by("index")
    assert [(payload_of(entry) or {})["order"] for entry in kept] == ["par distance", "par pertinence, puis par distance"]


FILTERED = {
    "sizes": ["micro"], "categories": ["PME"], "legal": ["company"], "departments": ["93"], "age": "5", "employer": "yes",
    "sole": "no", "known": "no", "social": "on",
}  # fmt: skip


def test_every_filter_is_on_the_page_with_its_count_and_goes_by_one_click(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    page = page_of(client, sourcing)
    for said in ("1 à 9 salariés (7)", "société (SARL, SAS, SA, coopérative…) (7)", "93 (7)", "employeurs (7)"):
        assert said in page
    address = reverse("panel_search", args=[sourcing.need_id])
    data = {"radius": "5000", "activities": ["NAFRev2/10.71C"], **FILTERED}
    page = client.post(address, data, follow=True).content.decode()
    assert listed(page) == [COOP.siret]
    keys = re.findall(r'name="without" value="([^"]*)"', page)
    assert len(keys) == len(FILTERED)

    for left in range(len(keys), 0, -1):
        last = Search.objects.order_by("pk").last()
        assert last and len(in_use(last.filters)) == left
        client.post(address, {"without": keys[left - 1]})

    last = Search.objects.order_by("pk").last()
    assert last and last.filters == {} and (last.radius_m, last.activities) == (5_000, [["NAFRev2", "10.71C"]])


@pytest.mark.parametrize("name", list(FILTERED))
def test_each_filter_comes_back_to_the_form_as_it_was_sent(city: City, name: str) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    data = {"radius": "5000", "activities": ["NAFRev2/10.71C"], name: FILTERED[name]}
    client.post(reverse("panel_search", args=[sourcing.need_id]), data)
    last = Search.objects.order_by("pk").last()
    wanted = True if name == "social" else FILTERED[name]
    assert last and chosen_in(last.filters)[name] == wanted and len(in_use(last.filters)) == 1


def test_a_filter_in_use_is_not_counted_against_its_own_other_values(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    data = {"radius": "5000", "activities": ["NAFRev2/10.71C", "NAFRev2/47.24Z"], "sizes": ["large"]}
    page = client.post(reverse("panel_search", args=[sourcing.need_id]), data, follow=True).content.decode()
    assert "1 à 9 salariés (7)" in page


def test_firms_that_the_city_knows_can_be_searched_alone_or_left_out(city: City) -> None:
    sent(city)
    sourcing, client = searched(city), signed_in(city.buyer)
    address, data = reverse("panel_search", args=[sourcing.need_id]), {"radius": "5000", "activities": ["NAFRev2/10.71C"]}
    found: Callable[[str], set[str]] = lambda known: set(  # noqa: E731
        listed(client.post(address, {**data, "known": known}, follow=True).content.decode())
    )
    assert found("yes") == {MATHILDE.siret, PERRIER.siret, LEFORT.siret}
    assert COOP.siret in found("no") and not found("no") & {MATHILDE.siret, PERRIER.siret, LEFORT.siret}


def test_filters_and_order_hold_over_the_pages(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    data = {"radius": "5000", "activities": ["NAFRev2/10.71C"], "sizes": ["micro"]}
    client.post(reverse("panel_search", args=[sourcing.need_id]), data)
    monkeypatch.setattr(panel_rows, "PER_PAGE", 1)
    for number in ("1", "2"):
        page = page_of(client, sourcing, ordre="distance", page=number)
        assert 'value="sizes:micro"' in page and "Rangées par distance" in page


def test_an_empty_search_says_which_filter_to_loosen_and_one_click_does(city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    address = reverse("panel_search", args=[sourcing.need_id])
    data = {"radius": "5000", "activities": ["NAFRev2/10.71C"], "categories": ["GE"], "social": "on"}
    client.post(address, {**data, "social": ""})
    page = page_of(client, sourcing)
    assert "Sans « grande entreprise »" in page and "Ceci suffirait" in page
    assert listed(client.post(address, {"without": "categories:GE"}, follow=True).content.decode())


def test_when_no_single_change_is_enough_one_click_takes_every_filter_away(city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    address = reverse("panel_search", args=[sourcing.need_id])
    data = {"radius": "500", "activities": ["NAFRev2/10.71C"], "categories": ["GE"], "sizes": ["large"], "sole": "yes"}
    page = client.post(address, data, follow=True).content.decode()
    [key] = re.findall(r'name="without" value="(all:\d+)"', page)
    assert listed(client.post(address, {"without": key}, follow=True).content.decode())
    last = Search.objects.order_by("pk").last()
    assert last and last.filters == {}


def test_the_share_of_a_firm_in_the_family_is_told_in_its_line_and_in_why_it_is_there(city: City) -> None:
    sourcing = searched(city)
    load_families(city.organisation)
    family = Family.objects.get(organisation=city.organisation, code="10.01")
    Need.objects.filter(pk=sourcing.need_id).update(family=family)
    for siret in (MATHILDE.siret, PERRIER.siret[:9] + "00099"):
        Commitment.objects.create(
            organisation=city.organisation, family=family, siret=siret, supplier="X", label="Pain", amount_cents=1_000_00,
            engaged_on=timezone.localdate(),
        )  # fmt: skip
    page = page_of(signed_in(city.buyer), sourcing)
    for shop, said in ((MATHILDE, "Titulaire actuel"), (PERRIER, "Déjà achetée")):
        line = page.partition(f'id="e-{shop.siret}"')[2].partition('id="e-')[0]
        assert line.count("50\u00a0% de la famille") == 2 and said in line
    assert page.count("50\u00a0% de la famille") == 4


def test_an_empty_search_says_how_far_somebody_is(city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    address = reverse("panel_search", args=[sourcing.need_id])
    client.post(address, {"radius": "500", "activities": ["NAFRev2/10.71C"], "age": "3"})
    page = page_of(client, sourcing)
    wider = re.findall(r'name="wider" value="(\d+)"', page)
    assert wider and listed(client.post(address, {"wider": wider[0]}, follow=True).content.decode())


@pytest.mark.parametrize(
    "post", [{"without": "nothing:at all"}, {"without": ""}, {"without": "all"}, {"wider": "9" * 30}, {"wider": "-1"}]
)
def test_a_button_forged_changes_no_filter(city: City, post: dict[str, str]) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    address = reverse("panel_search", args=[sourcing.need_id])
    client.post(address, {"radius": "5000", "activities": ["NAFRev2/10.71C"], "sizes": ["micro"]})
    assert client.post(address, post).status_code == 302
    last = Search.objects.order_by("pk").last()
    assert last and (last.radius_m, chosen_in(last.filters)["sizes"]) == (5_000, ["micro"])
