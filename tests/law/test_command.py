"""`sourcier law`: what a program and a person read of a day."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def run(*words: str) -> str:
    out = StringIO()
    call_command("law", *words, stdout=out)
    return out.getvalue()


def test_every_threshold_of_a_day_comes_with_its_rule() -> None:
    said = json.loads(run("threshold", "--kind", "supplies", "--on", "2026-05-01", "--json"))
    found = {row["series"]: row for row in said["thresholds"]}
    assert (said["kind"], said["on"]) == ("supplies", "2026-05-01")
    assert (found["exemption"]["rule"], found["exemption"]["amount_cents"]) == ("D13", 6_000_000)
    assert (found["formal"]["rule"], found["formal"]["amount_cents"]) == ("F06", 21_600_000)
    assert {"buyer_profile", "written_contract", "vigilance", "books"} <= found.keys() and "social" not in found
    assert all(row["article"] and row["confidence"] for row in said["thresholds"] if "rule" in row)
    assert found["environment"]["sentence"] == "Règle inconnue ce jour-là." and "amount_cents" not in found["environment"]


def test_a_day_outside_the_book_is_said_and_what_is_announced_is_marked() -> None:
    assert "Règle inconnue ce jour-là." in run("threshold", "--kind", "works", "--on", "2040-01-01")
    assert "annoncé, pas en vigueur" in run("threshold", "--kind", "works", "--on", "2026-05-01")
    assert "(à vérifier)" in run("threshold", "--kind", "works", "--on", "2020-08-01")


def test_the_advice_counts_what_the_family_already_has() -> None:
    asked = ("advise", "--kind", "services", "--amount", "20 000,50", "--on", "2026-09-01", "--json")
    alone, added = json.loads(run(*asked)), json.loads(run(*asked, "--family-used", "40000"))
    assert (alone["procedure"], added["procedure"], added["total_cents"]) == ("exempt", "adapted", 6_000_050)
    assert {duty["id"] for duty in alone["duties"]} < {duty["id"] for duty in added["duties"]}


@pytest.mark.parametrize(
    ("kind", "amount", "case", "procedure"),
    [
        ("supplies", "89999", "books", "exempt"),
        ("supplies", "89999", "", "adapted"),
        ("services", "99999", "innovation", "exempt"),
        ("services", "749999", "social", "adapted"),
        ("services", "750000", "social", "formal"),
    ],
)
def test_a_special_case_has_a_threshold_of_its_own(kind: str, amount: str, case: str, procedure: str) -> None:
    words = ["advise", "--kind", kind, "--amount", amount, "--on", "2026-09-01", "--json", *(["--case", case] if case else [])]
    assert json.loads(run(*words))["procedure"] == procedure


@pytest.mark.parametrize("words", [("--on", "hier"), ("--amount", "beaucoup"), ("--family-used", "-1"), ("--kind", "bread")])
def test_what_cannot_be_read_is_said(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        run("advise", "--kind", "supplies", *words)
