"""The map of a panel: where each firm is, and how sure that is."""

from dataclasses import replace

import lxml.etree
from django.template.loader import render_to_string

from sourcier.kernel.geodesy import format_distance
from sourcier.register.establishment import Establishment
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
    return draw([CENTRE], RADIUS_M, list(enumerate(listed, 1)), others)


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
