"""The map of a panel: where each firm is, and how sure that is."""

from dataclasses import replace
from itertools import pairwise

import lxml.etree
import pytest
from django.template.loader import render_to_string

from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.mercator import position
from sourcier.register.establishment import Establishment
from sourcier.sourcing.around import Around
from sourcier.web.city.panel_map import Map, draw

CENTRE = (48_871_000, 2_486_000)
RADIUS_M = 5_000
FIRM = Establishment(
    siret="12345678900019", name="Fournil du Centre", legal_name="", nomenclature="NAFRev2", activity="10.71C",
    activity_2025="", address="", postal_code="93110", commune="Rosny-sous-Bois", commune_code="93064",
    lat_e6=48_880_000, lon_e6=2_486_000, approximate=False, uncertainty_m=0, size_class="01", category="PME",
    legal_form="5499", created_on=None, updated_on=None, social_economy=False, employer=True, disclosed=True, active=True,
    distance_m=1_001,
)  # fmt: skip
SOMEWHERE = replace(FIRM, siret="98765432100017", name="Pain d'ici", approximate=True, uncertainty_m=900)


def drawn(*listed: Establishment, others: tuple[Establishment, ...] = ()) -> Map:
    return draw(Around((CENTRE,), (0,)), RADIUS_M, list(enumerate(listed, 1)), others)


def test_a_firm_known_by_its_commune_is_a_zone_as_wide_as_the_doubt() -> None:
    found = drawn(FIRM, SOMEWHERE)
    [zone] = found.zones
    outer = next(ring for ring in found.rings if ring.outer)
    assert round(float(zone.zone) / float(outer.r), 2) == round(SOMEWHERE.uncertainty_m / RADIUS_M, 2)
    assert (zone.x, zone.y) == (found.listed[1].x, found.listed[1].y)


def test_a_commune_is_one_zone_however_many_firms_it_has() -> None:
    others = tuple(replace(SOMEWHERE, siret=f"{number:014d}") for number in range(30))
    assert len(drawn(SOMEWHERE, others=others).zones) == 1


def test_a_dot_says_its_distance_or_between_which_ones_it_is() -> None:
    found = drawn(FIRM, SOMEWHERE)
    assert found.listed[0].label == f"1. Fournil du Centre, {format_distance(1_001)}"
    assert found.listed[1].label == (
        f"2. Pain d'ici, entre {format_distance(101)} et {format_distance(1_901)}, à la commune près"
    )


def test_the_drawing_is_one_image_whose_links_are_named_and_lead_to_the_list() -> None:
    svg = lxml.etree.fromstring(render_to_string("city/sourcing/_map.html", {"map": drawn(FIRM, SOMEWHERE)}))
    links = [each for each in svg.iter() if each.tag.endswith("a")]
    assert [each.get("href") for each in links] == [f"#e-{FIRM.siret}", f"#e-{SOMEWHERE.siret}"]
    assert all(each.get("aria-label") for each in links)
    assert len([each for each in svg.iter() if each.get("class") == "zone"]) == 1


PATTERN = "https://tuiles.example/{z}/{x}/{y}.png"


def test_without_an_address_the_map_asks_nothing_of_anyone() -> None:
    said = render_to_string("city/sourcing/_map.html", {"map": drawn(FIRM)})
    assert "<image" not in said and "http" not in said


@pytest.mark.parametrize("radius", [500, 5_000, 50_000, 200_000])
@pytest.mark.parametrize("centre", [CENTRE, (-20_882_000, 55_450_000), (43_000_000, -1_000_000)])
def test_each_dot_is_where_its_own_tile_shows_it(radius: int, centre: tuple[int, int]) -> None:
    lat, lon = centre[0] + 3_000, centre[1] - 2_000
    firm = replace(FIRM, lat_e6=lat, lon_e6=lon)
    found = draw(Around((centre,), (0,)), radius, [(1, firm)], (), PATTERN)
    zoom = int(found.tiles[0].href.split("/")[3])
    x, y = (each * 2**zoom for each in position(lat / 1e6, lon / 1e6))
    href = f"https://tuiles.example/{zoom}/{int(x)}/{int(y)}.png"
    [tile] = [each for each in found.tiles if each.href == href]
    side = float(tile.side) - 0.2
    assert float(found.listed[0].x) == pytest.approx(float(tile.x) + (x % 1) * side, abs=0.1)
    assert float(found.listed[0].y) == pytest.approx(float(tile.y) + (y % 1) * side, abs=0.1)


@pytest.mark.parametrize("radius", [500, 2_000, 30_000, 200_000])
def test_the_tiles_cover_the_whole_square_once(radius: int) -> None:
    found = draw(Around((CENTRE,), (0,)), radius, [], (), PATTERN)
    side = float(found.tiles[0].side) - 0.2
    assert len({tile.href for tile in found.tiles}) == len(found.tiles) <= 25
    for axis in ("x", "y"):
        starts = sorted({float(getattr(tile, axis)) for tile in found.tiles})
        assert starts[0] <= 0 and starts[-1] + side >= found.size
        assert all(after - before == pytest.approx(side, abs=0.01) for before, after in pairwise(starts))


def test_a_ring_passes_where_a_firm_of_that_distance_is() -> None:
    north = replace(FIRM, lat_e6=CENTRE[0] + round(200_000 / 0.111_194_927), lon_e6=CENTRE[1])
    found = draw(Around((CENTRE,), (0,)), 200_000, [(1, north)], ())
    outer = next(ring for ring in found.rings if ring.outer)
    assert float(found.listed[0].y) == pytest.approx(float(outer.y) - float(outer.r), abs=0.2)


def test_a_place_that_is_not_known_better_is_a_zone_too() -> None:
    found = draw(Around((CENTRE, (48_900_000, 2_500_000)), (1_200, 50)), RADIUS_M, [(1, replace(FIRM, place_doubt_m=900))], ())
    ((x, y, r),) = found.doubts
    assert (x, y) == found.places[0]
    outer = next(ring for ring in found.rings if ring.outer)
    assert round(float(r) / float(outer.r), 2) == round(1_200 / RADIUS_M, 2)
    assert f"entre {format_distance(101)} et {format_distance(1_901)}, le lieu n'est connu" in found.listed[0].label
