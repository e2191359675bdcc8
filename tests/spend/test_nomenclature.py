import csv
from pathlib import Path

from sourcier.law.book import KINDS
from sourcier.matching.labels import labels
from sourcier.spend.nomenclature import lines


def test_the_starting_nomenclature_is_whole_and_each_family_is_named_once() -> None:
    found = lines()
    assert len(found) >= 250
    assert len({line.code for line in found}) == len({line.label for line in found}) == len(found)
    assert [line.code for line in found] == sorted(line.code for line in found)
    assert all(line.kind in KINDS and len(line.cpv) == 8 and line.cpv.isdigit() for line in found)
    assert all(len(line.code) <= 20 and len(line.label) <= 160 for line in found)


def test_each_family_is_proposed_by_official_activities() -> None:
    assert all(line.activities and set(line.activities) <= set(labels()) for line in lines())


def test_the_cpv_codes_exist(shared_data: Path) -> None:
    with (shared_data / "cpv-fr" / "cpv_fr.csv").open(encoding="utf-8") as rows:
        official = {row["code"] for row in csv.DictReader(rows)}
    assert {line.cpv for line in lines()} <= official
