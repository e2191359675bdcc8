"""What the finance software of the demonstration city ordered in 2024, 2025 and 2026: invented firms, an export drawn by seed.

Six things stand in it that a chamber of accounts would see; `PLANTED` says which. Nothing here knows how they are searched.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from itertools import cycle
from random import Random

from stdnum import luhn

from sourcier.project.demo.naming import Naming, rows

YEARS = (2024, 2025, 2026)
LAST_DAY = date(2026, 10, 30)
HEADINGS = ("N° engagement", "Date", "Tiers", "SIRET", "Libellé", "Montant HT", "Famille", "Service", "Lieu")
# Beyond those of the register of the demonstration.
FIRST_SIREN = 14_900_000
# The trade of the firms of each group of families.
TRADES = {
    "10": "food", "11": "garden", "12": "laundry", "13": "chemistry", "14": "book", "15": "it", "16": "chemistry",
    "17": "garage", "18": "energy", "19": "build", "20": "image", "21": "fun", "22": "courier", "23": "clean",
    "24": "advice", "25": "architect", "26": "care", "27": "elec", "30": "build", "31": "build",
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """The six, by what an export says of them: numbers of orders, `(family, year)`, `(family, firm)`."""

    splits: tuple[frozenset[str], ...]
    crossings: frozenset[tuple[str, int]]
    dominant: frozenset[tuple[str, str]]


@dataclass
class Export:
    """The file as the finance software would give it, and the truth beside it."""

    data: bytes
    planted: Planted


def export() -> Export:
    """Always the same."""
    return _Drawing().export()


class _Drawing:
    def __init__(self) -> None:
        self.random = Random(2121)  # noqa: S311 - drawn, not secret
        self.naming = Naming(self.random)
        self.lines: list[tuple[date, dict[str, str]]] = []
        self.firms: dict[str, str] = {}
        self.splits: list[frozenset[str]] = []
        self.number = 0

    def export(self) -> Export:
        for row in rows("past_orders"):
            self._ordinary(row["family"], row["service"], row["objects"].split("|"))
        crossed = [self._crossed(row) for row in rows("past_crossings")]
        for split in SPLITS:
            self._split(*split)
        dominant = self._dominant()
        out = StringIO()
        writer = csv.DictWriter(out, HEADINGS, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(line for _, line in sorted(self.lines, key=lambda pair: (pair[0], pair[1]["N° engagement"])))
        planted = Planted(tuple(self.splits), frozenset(crossed), frozenset({dominant}))
        return Export(out.getvalue().encode("cp1252"), planted)

    def _firm(self, family: str) -> str:
        """A new firm of the trade, with its invented SIRET."""
        name = self.naming.firm(TRADES[family[:2]])
        while name in self.firms:
            name = self.naming.firm(TRADES[family[:2]])
        base = f"{FIRST_SIREN + len(self.firms):08d}"
        siren = base + luhn.calc_check_digit(base)
        self.firms[name] = siren + "0001" + luhn.calc_check_digit(siren + "0001")
        return name

    def _order(self, on: date, firm: str, label: str, cents: int, family: str, service: str, place: str = "") -> str:
        self.number += 1
        number = f"E{on:%y}-{self.number:05d}"
        self.lines.append((on, {
            "N° engagement": number, "Date": f"{on:%d/%m/%Y}", "Tiers": firm, "SIRET": self.firms[firm], "Libellé": label,
            "Montant HT": f"{cents // 100},{cents % 100:02d}", "Famille": family, "Service": service, "Lieu": place,
        }))  # fmt: skip
        return number

    def _day(self, year: int) -> date:
        """A day of work of the year."""
        first, last = date(year, 1, 4), min(date(year, 12, 18), LAST_DAY)
        day = first + timedelta(days=self.random.randrange((last - first).days))
        return day - timedelta(days=max(0, day.weekday() - 4))

    def _ordinary(self, family: str, service: str, objects: list[str]) -> None:
        """Small orders of many things, from several firms in turn."""
        firms = cycle([self._firm(family) for _ in range(4)])
        for year in YEARS:
            for thing in objects:
                for _ in range(2):
                    self._order(self._day(year), next(firms), thing, self.random.randrange(60_00, 620_00), family, service)

    def _crossed(self, row: dict[str, str]) -> tuple[str, int]:
        """Many different things of one family, none large, that add up beyond the limit of the year."""
        firms, year = cycle([self._firm(row["family"]) for _ in range(5)]), int(row["year"])
        for thing in row["objects"].split("|"):
            cents = self.random.randrange(int(row["from"]) * 100, int(row["to"]) * 100)
            self._order(self._day(year), next(firms), thing, cents, row["family"], row["service"])
        return row["family"], year

    def _split(self, family: str, service: str, bought: tuple[tuple[date, int, int, str], ...]) -> None:
        """One need in several orders, each below the limit: `(day, which firm, euros, label)`."""
        firms = [self._firm(family) for _ in range(1 + max(which for _, which, _, _ in bought))]
        made = [self._order(on, firms[which], label, euros * 100, family, service) for on, which, euros, label in bought]
        self.splits.append(frozenset(made))

    def _dominant(self) -> tuple[str, str]:
        """One firm that has almost all of a family, in small orders, year after year."""
        family = "12.05"
        usual, other = self._firm(family), self._firm(family)
        for year in YEARS:
            for turn, thing in enumerate(("Location de linge plat", "Nettoyage des tenues", "Draps des dortoirs", "Nappes")):
                firm = other if turn == 3 else usual
                self._order(self._day(year), firm, thing, self.random.randrange(1_900_00, 2_400_00), family, "Petite enfance")
        return family, usual


SPLITS = (
    ("14.02", "Sports", (
        (date(2024, 3, 11), 0, 21_800, "Chaises pliantes pour la salle des fêtes"),
        (date(2024, 3, 25), 1, 23_400, "Achat de chaises pliantes et chariots"),
    )),
    ("20.05", "Communication", (
        (date(2025, 2, 4), 0, 39_400, "Conception graphique du magazine municipal"),
        (date(2025, 9, 16), 0, 38_700, "Magazine municipal : conception graphique"),
    )),
    ("27.08", "Services techniques", (
        (date(2025, 1, 21), 0, 7_900, "Entretien des chaudières à gaz"),
        (date(2025, 3, 18), 0, 8_400, "Entretien chaudières à gaz, deuxième visite"),
        (date(2025, 5, 20), 0, 7_600, "Chaudières à gaz : entretien"),
        (date(2025, 7, 8), 1, 8_200, "Entretien des chaudières à gaz"),
        (date(2025, 9, 23), 1, 7_900, "Entretien chaudières gaz"),
        (date(2025, 11, 18), 1, 8_300, "Entretien des chaudières à gaz avant l'hiver"),
    )),
)  # fmt: skip
