"""What published contracts taught, on the pages: candidates to tick, and information that gives no firm a point."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.needs import actions, learned
from sourcier.needs.learning import learn
from sourcier.needs.models import Need
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.matching.decp_rows import row, write_2019
from tests.sourcing.scenes import BAKER, SHOP, draft
from tests.sourcing.stock import HIDDEN, MATHILDE, PERRIER, PLUMBER
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db

PAIN = "Pain frais livré tous les jours avant 7 h pour les crèches"
PLUMBING = Activity(NAF_REV2, PLUMBER.code)
WON = [
    *(row(number, "Fourniture de pain frais", MATHILDE.siret) for number in range(3)),
    *(row(number, "Pain frais des écoles", PLUMBER.siret) for number in range(10, 14)),
    *(row(number, "Pain frais", HIDDEN.siret) for number in range(20, 22)),
    row(30, "Pain frais", PERRIER.siret),
    row(31, "Réfection de toitures", PERRIER.siret),
]


@pytest.fixture
def nothing_learned(bakeries: Path, settings: Settings, tmp_path: Path) -> Path:
    """The small stock, and a folder where nothing was learned."""
    settings.REGISTER, settings.VAR = str(bakeries), tmp_path / "var"
    return tmp_path


@pytest.fixture
def taught(nothing_learned: Path) -> Path:
    """Bread was sold by two bakers, a plumber and somebody who may not be named."""
    learn([write_2019(nothing_learned / "decp.json", WON)], lambda told: None)
    return nothing_learned


def text_of(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " "))


def page_of(city: City, need: Need) -> str:
    return text_of(signed_in(city.requester), reverse("activities", args=[need.pk]))


def test_without_an_index_the_page_says_nothing_of_it(city: City, nothing_learned: Path) -> None:
    page = page_of(city, actions.start(city.requester, PAIN))
    assert "En France, on achète ainsi" not in page and "marchés publiés" not in page


def test_an_index_that_cannot_be_read_never_stops_a_page(city: City, taught: Path) -> None:
    learned.file().write_bytes(b"PK")
    assert "En France" not in page_of(city, actions.start(city.requester, PAIN))


def test_who_wins_such_contracts_is_proposed_below_with_the_count_and_the_words(city: City, taught: Path) -> None:
    page = page_of(city, actions.start(city.requester, PAIN))
    part = page[page.index("En France, on achète ainsi") :]
    assert 'value="NAFRev2:43.22A"' in part and "a obtenu 4 marchés publiés de ce genre" in part
    assert "« Pain »" in part and "données essentielles de la commande publique, fichier lu le" in part
    before = page[: page.index("En France, on achète ainsi")]
    assert 'value="NAFRev2:10.71C"' in before and "6 marchés publiés de ce genre" in before
    assert page.count('value="NAFRev2:10.71C"') == 1


def test_one_or_two_contracts_propose_nobody(city: City, nothing_learned: Path) -> None:
    learn([write_2019(nothing_learned / "decp.json", WON[:5])], lambda told: None)
    assert "En France" not in page_of(city, actions.start(city.requester, PAIN))


def test_what_is_ticked_is_kept_and_journalled_with_its_count_and_the_page_cannot_invent_it(city: City, taught: Path) -> None:
    need = actions.start(city.requester, PAIN)
    posted = {"activity": ["NAFRev2:43.22A", "NAFRev2:10.71C"], "contracts": "999", "tick": "1"}
    assert signed_in(city.requester).post(reverse("activities", args=[need.pk]), posted).status_code == 302
    ticked = {each.code: each for each in need.activities.all()}
    plumber, baker = ticked["43.22A"], ticked["10.71C"]
    assert (plumber.proposed, plumber.contracts, set(plumber.words)) == (False, 4, {"Pain", "frais"})
    assert (baker.proposed, baker.contracts) == (True, 6)
    told = payload_of(Entry.objects.get(verb="need.activities_ticked"))
    assert told
    assert {each["code"]: each["contracts"] for each in told["activities"]} == {"43.22A": 4, "10.71C": 6}
    report = verify(city.organisation.pk)
    assert report.ok, report
    page = page_of(city, need)
    assert page.count('value="NAFRev2:43.22A" checked') == 1


def test_others_of_the_city_and_of_other_cities_see_what_their_right_shows(city: City, other_city: City, taught: Path) -> None:
    need = actions.start(city.requester, PAIN)
    address = reverse("activities", args=[need.pk])
    assert signed_in(other_city.buyer).get(address).status_code == 404
    assert signed_in(city.auditor).post(address, {"activity": "NAFRev2:43.22A"}).status_code in (403, 404, 422)
    assert not need.activities.exists()


def searched(city: City) -> Sourcing:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)
    return sourcing


def lines(page: str) -> dict[str, str]:
    """SIRET → its line on the panel, in the order of the page."""
    found = re.split(r'<li id="e-(\d{14})"', page)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def test_the_panel_says_who_already_won_and_from_which_file(city: City, taught: Path) -> None:
    sourcing = searched(city)
    found = lines(text_of(signed_in(city.buyer), reverse("panel", args=[sourcing.need_id])))
    assert "Elle a déjà obtenu 3 marchés publics de ce genre" in found[MATHILDE.siret]
    assert "données essentielles publiées, fichier lu le" in found[MATHILDE.siret]
    assert "ni avantage ni exclusion" in found[MATHILDE.siret]
    assert "Elle a déjà obtenu 1 marché public de ce genre" in found[PERRIER.siret]
    assert sum("déjà obtenu" in line for line in found.values()) == 2
    assert HIDDEN.siret not in found


@pytest.mark.parametrize("order", ["pertinence", "distance"])
def test_the_order_and_the_points_are_the_same_with_and_without_the_index(city: City, taught: Path, order: str) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    points = re.compile(r"En tout</strong> (\d+) sur 100")

    def seen() -> list[tuple[str, list[str]]]:
        page = text_of(client, reverse("panel", args=[sourcing.need_id]), ordre=order)
        return [(siret, points.findall(line)) for siret, line in lines(page).items()]

    with_index = seen()
    learned.file().unlink()
    assert with_index == seen() and len(with_index) > 3


def test_the_file_learned_from_may_say_anything_without_reaching_the_page(city: City, nothing_learned: Path) -> None:
    script = "<script>alert(1)</script> pain frais"
    file = nothing_learned / "<b>decp.json"
    file.write_text(json.dumps({"marches": [row(n, script, PLUMBER.siret) for n in range(4)] + WON}), encoding="utf-8")
    learn([file], lambda told: None)
    assert "<script>alert" not in page_of(city, actions.start(city.requester, PAIN))
