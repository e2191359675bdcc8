"""From 2027 on, a firm that opens bears NAF 2025 alone: the panel of a need in NAF rév. 2 finds it, and says by what."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from sourcier.kernel.activities import NAF_2025, Activity
from sourcier.kernel.correspondence import Official, corresponding
from sourcier.register import correspondence
from sourcier.sourcing import finding
from sourcier.sourcing.actions import panel
from sourcier.sourcing.open_needs import notices_of, open_to
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import BAKER, draft, sent
from tests.sourcing.stock import PLUMBER, SHOPS, Shop, build

pytestmark = pytest.mark.django_db

NEW = Shop(520, "PAINS DE DEMAIN", code="10.71H", nomenclature="NAF2025", created="2027-02-01")
OTHER = Shop(521, "CODE D'AVANT SOUS LE NOM D'APRES", code="10.71C", nomenclature="NAF2025")


@pytest.fixture
def table(settings: Any, tmp_path: Path) -> Iterator[None]:
    """The ten firms and these two; INSEE's table says that 10.71C became 10.71H."""
    settings.REGISTER = str(build(tmp_path, (*SHOPS, NEW, OTHER)))
    correspondence.file().parent.mkdir(parents=True, exist_ok=True)
    official = Official("table.xlsx", "ab" * 32, date(2026, 9, 1))
    told = corresponding([(BAKER, Activity(NAF_2025, "10.71H"), None)], official)
    correspondence.file().write_text(correspondence.to_text(told, official))
    yield
    correspondence.file().unlink()


def test_a_new_bakery_is_found_kept_and_its_line_says_by_which_code(city: City, table: None) -> None:
    sourcing = draft(city)
    before = {row.siret for row in finding.rows(panel.search(city.buyer, sourcing.pk, [BAKER], 5_000), limit=100)}
    assert NEW.siret in before
    assert OTHER.siret not in before
    [candidate] = panel.keep(city.buyer, sourcing.pk, [NEW.siret])
    said = (
        "Son activité déclarée est 10.71H en NAF 2025, qui correspond à 10.71C ; table de l'INSEE. "
        "C'est la première des activités cherchées."
    )
    assert candidate.why[0]["sentence"] == said
    [told] = last_payload(sourcing)["firms"]
    assert told["why"][0]["sentence"] == said
    assert (candidate.firm.nomenclature, candidate.firm.activity) == ("NAF2025", "10.71H")


def test_without_a_table_nor_a_firm_that_bears_both_codes_nothing_is_guessed(city: City, table: None) -> None:
    correspondence.file().rename(kept := correspondence.file().with_name("aside"))
    found = finding.rows(panel.search(city.buyer, draft(city).pk, [BAKER], 5_000), limit=100)
    kept.rename(correspondence.file())
    assert NEW.siret not in {row.siret for row in found}


def test_a_need_open_to_all_is_of_the_trade_of_a_firm_that_bears_naf_2025_alone(city: City, table: None) -> None:
    sourcing = sent(city)
    firms = [Firm(nomenclature=shop.nomenclature, activity=shop.code) for shop in (NEW, OTHER, PLUMBER)]
    notices = notices_of(city.organisation.pk, timezone.now())
    found = [[each.sourcing for each in open_to(firm, notices, trade_only=True, within_km=None)] for firm in firms]
    assert found == [[sourcing], [], []]
