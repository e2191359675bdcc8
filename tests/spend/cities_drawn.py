"""Three years of orders of an invented city, drawn by seed: splits, crossings and innocent twins, the truth kept apart.

Nothing here knows how splits are searched: rows are plain dictionaries, limits are written down, labels come from
`needs_of_cities.txt`, worn as labels are (capitals, lost accents, slips, cut words, order numbers, names of sites).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from sourcier.kernel.french import fold

YEARS = (2023, 2024, 2025)
LIMITS = {"supplies": 40_000_00, "services": 40_000_00, "works": 100_000_00}  # of those three years

KINDS_OF_SITE = ("école", "crèche", "gymnase", "salle", "stade", "maison de quartier", "médiathèque", "groupe scolaire")
NAMES = (
    "Jaurès", "Curie", "Ferry", "Pasteur", "Hugo", "Prévert", "Moulin", "Lamartine", "Les Tilleuls", "Zola", "Brassens",
    "Rostand", "Kergomard", "Colette", "Éluard", "Les Acacias", "Langevin", "Mermoz", "Gambetta", "Saint-Exupéry",
)  # fmt: skip
DEPARTMENTS = ("Bâtiments", "Espaces verts", "Scolaire", "Culture", "Sports", "Petite enfance", "Voirie", "Informatique")
BEFORE = ("Achat", "Fourniture de", "Commande", "BC {n}", "Cde n° {n}", "{n} -", "Devis D{n} :", "Solde", "Fourn.", "Besoin :")
AFTER = ("x {q}", "({q})", "- {department}", "{year}", "dev. {n}", "suivant devis {n}", "lot 1", "urgent", "- phase 2")


@dataclass(frozen=True)
class Want:
    """One need, as several people write it."""

    kind: str
    family: str
    other_family: str
    phrasings: tuple[str, ...]

    @property
    def limit(self) -> int:
        return LIMITS[self.kind]


@dataclass
class City:
    """Its orders; the ids of each planted split, by sort; what each family or operation over its limit is."""

    seed: int
    rows: list[dict] = field(default_factory=list)
    splits: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    crossings: set[tuple[str, str, date]] = field(default_factory=set)


@cache
def wants(half: str) -> tuple[Want, ...]:
    found, here = [], ""
    for line in (Path(__file__).parent / "needs_of_cities.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=="):
            here = line.split()[1]
        elif here == half and line:
            kind, family, other, phrasings = line.split(";", 3)
            found.append(Want(kind, family, other, tuple(phrasings.split("|"))))
    return tuple(found)


def draw(seed: int) -> City:
    """The city of this seed; even seeds buy the first half of the needs, odd seeds the second."""
    return _Drawing(seed).city


class _Drawing:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.city = City(seed)
        names = self.random.sample(NAMES, self.random.randint(6, 20))
        self.sites = [f"{self.random.choice(KINDS_OF_SITE)} {name}" for name in names]
        self.firms = [f"{self.random.randint(300_000_000, 949_999_999)}" for _ in range(self.random.randint(60, 300))]
        left = list(wants("second" if seed % 2 else "first"))
        self.random.shuffle(left)
        self.usual = {want: self.random.sample(self.firms, self.random.randint(2, 4)) for want in left}
        self.size = self.random.randint(2, 14)  # orders of one need in one year, at most
        for sort in self._sorts():
            fits = next((want for want in left if (want.kind == "works") == (sort in ("site", "sites"))), None)
            if fits:
                left.remove(fits)
                getattr(self, f"_{sort}")(fits)
        self._one_firm(left)
        for want in left:
            self._plain(want)
        self.city.rows.sort(key=lambda row: row["id"])
        self._add_up()

    def _sorts(self) -> list[str]:
        splits = ["twins", "just_below", "new_firm", "two_families", "across_years", "departments", "planned", "site"]
        innocent = ["contract", "contract", "sites", "two_years", "near_below"]
        return self.random.sample(splits, self.random.randint(3, 8)) + self.random.choices(splits[:4], k=2) + innocent

    # Splits.

    def _twins(self, want: Want) -> None:
        first = self._day(self.random.choice(YEARS), last=330)
        count = self.random.choice((2, 2, 3))
        days = [first + timedelta(days=self.random.randint(5, 20) * step // max(1, count - 1)) for step in range(count)]
        self._split("twins", want, days, self._parts(want, count, 1.05, 1.8))

    def _just_below(self, want: Want) -> None:
        days = self._days(self.random.choice(YEARS), self.random.randint(2, 3))
        self._split("just_below", want, days, [self._share(want, 0.88, 0.999) for _ in days])

    def _new_firm(self, want: Want) -> None:
        days = self._days(self.random.choice(YEARS), self.random.randint(4, 8))
        one, two = self.usual[want][:2]
        half = len(days) // 2
        firms = [one] * half + [two] * (len(days) - half)
        self._split("new_firm", want, days, self._parts(want, len(days), 1.1, 2), firms=firms)

    def _two_families(self, want: Want) -> None:
        days = self._days(self.random.choice(YEARS), self.random.randint(2, 5))
        families = [want.family, want.other_family] * 3
        self._split("two_families", want, days, self._parts(want, len(days), 1.1, 1.8), families=families)

    def _departments(self, want: Want) -> None:
        days = self._days(self.random.choice(YEARS), self.random.randint(3, 5))
        self._split("departments", want, days, self._parts(want, len(days), 1.1, 1.8), departments=list(DEPARTMENTS))

    def _planned(self, want: Want) -> None:
        days = self._days(2025, self.random.randint(2, 4))
        self._split("planned", want, days, self._parts(want, len(days), 1.1, 1.8), needs=1)

    def _across_years(self, want: Want) -> None:
        """Every month from July to June: over the limit in twelve months, under it in each civil year."""
        year = self.random.choice(YEARS[:2])
        days = [date(year + month // 12, month % 12 + 1, self.random.randint(1, 28)) for month in range(6, 18)]
        step = self.random.choice((1, 2))
        self._split("across_years", want, days[::step], [self._share(want, 0.095 * step, 0.12 * step) for _ in days[::step]])

    def _site(self, want: Want) -> None:
        days = self._days(self.random.choice(YEARS), self.random.randint(2, 4))
        self._split("site", want, days, self._parts(want, len(days), 1.1, 1.8), site=self.random.choice(self.sites))

    def _split(self, sort: str, want: Want, days: list[date], amounts: list[int], **more: object) -> None:
        needs = int(str(more.get("needs", 0)))
        ids = []
        for place, (day, amount) in enumerate(zip(sorted(days), amounts, strict=True)):
            ids.append(
                self._order(
                    want, day, amount,
                    firm=_at(more.get("firms"), place), family=_at(more.get("families"), place),
                    department=_at(more.get("departments"), place), site=str(more.get("site", "")),
                    source="need" if place >= len(days) - needs else "order",
                )
            )  # fmt: skip
        self.city.splits.append((sort, frozenset(ids)))

    # Innocent twins.

    def _contract(self, want: Want) -> None:
        """Many orders, far over the limit, of one contract that was put to competition."""
        for year in self.random.sample(YEARS, 2):
            days = self._days(year, self.random.randint(4, 12))
            for day, amount in zip(days, self._parts(want, len(days), 1.5, 3), strict=True):
                self._order(want, day, amount, operation=f"M{self.city.seed}-{year}-{want.family}", firm=self.usual[want][0])

    def _sites(self, want: Want) -> None:
        """The same works on several sites: operations of their own."""
        year = self.random.choice(YEARS)
        for site in self.random.sample(self.sites, min(4, len(self.sites))):
            self._order(want, self._day(year), self._share(want, 0.4, 0.9), site=site)

    def _two_years(self, want: Want) -> None:
        """Bought in autumn and again at the end of the next winter: two years, no rhythm."""
        year = self.random.choice(YEARS[:2])
        self._order(want, date(year, self.random.randint(9, 11), 12), self._share(want, 0.6, 0.95))
        self._order(want, date(year + 1, self.random.randint(2, 4), 3), self._share(want, 0.6, 0.95))

    def _near_below(self, want: Want) -> None:
        """Twins a fortnight apart that stay, together, below the limit."""
        first = self._day(self.random.choice(YEARS), last=330)
        for place, amount in enumerate(self._parts(want, 2, 0.8, 0.97)):
            self._order(want, first + timedelta(days=14 * place), amount)

    def _one_firm(self, left: list[Want]) -> None:
        """Three different things of one firm in a fortnight, each near the limit."""
        year, firm = self.random.choice(YEARS), self.random.choice(self.firms)
        for want in [want for want in left if want.kind != "works"][:3]:
            left.remove(want)
            self._order(want, date(year, 5, self.random.randint(1, 15)), self._share(want, 0.6, 0.95), firm=firm)

    def _plain(self, want: Want) -> None:
        """What a city buys without more: never the limit in any twelve months (on any site, for works)."""
        spent: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)
        part = self.random.choice((0.05, 0.2, 0.4, 0.8))
        for year in YEARS:
            count = self.random.randint(0, self.size)
            for day in self._days(year, count):
                site = self.random.choice(self.sites) if want.kind == "works" else ""
                amount = int(self._share(want, 0.2, 1.5) * part / count)
                around = sum(cents for other, cents in spent[site] if abs((other - day).days) <= 370)
                if around + amount < 0.95 * want.limit:
                    spent[site].append((day, amount))
                    self._order(want, day, amount, site=site)

    # One order.

    def _order(
        self, want: Want, day: date, amount: int, *, firm: str = "", family: str = "", department: str = "",
        site: str = "", source: str = "order", operation: str = "",
    ) -> str:  # fmt: skip
        chance = self.random.random()
        usual = want.other_family if chance < 0.04 else "" if chance < 0.06 else want.family
        department = department or self.random.choice(DEPARTMENTS)
        place = site or (self.random.choice(self.sites) if self.random.random() < 0.4 else "")
        row = {
            "id": f"{self.city.seed}-{len(self.city.rows):05}", "source": source, "on": day, "kind": want.kind,
            "family": family or usual, "supplier": "" if source == "need" else firm or self.random.choice(self.usual[want]),
            "words": self._label(want, day, place, department), "place": place if site or self.random.random() < 0.7 else "",
            "department": department, "amount_cents": amount, "operation": operation,
        }  # fmt: skip
        self.city.rows.append(row)
        return str(row["id"])

    def _label(self, want: Want, day: date, place: str, department: str) -> str:
        random = self.random
        label = random.choice(want.phrasings)
        if random.random() < 0.08:
            label = self._slip(label)
        if random.random() < 0.06:
            label = self._cut(label)
        fill = {"n": random.randint(1, 9999), "q": random.randint(2, 200), "department": department, "year": day.year}
        if random.random() < 0.3:
            label = f"{random.choice(BEFORE).format(**fill)} {label}"
        if place and random.random() < 0.4:
            label = f"{label} {place}"
        if random.random() < 0.3:
            label = f"{label} {random.choice(AFTER).format(**fill)}"
        if random.random() < 0.1:
            label = label[:40].strip()
        case = random.random()
        return fold(label).upper() if case < 0.35 else label[0].upper() + label[1:] if case < 0.8 else fold(label)

    def _slip(self, label: str) -> str:
        """One letter lost, doubled or out of its place, inside a long word."""
        words = label.split()
        at = self.random.choice([place for place, word in enumerate(words) if len(word) == max(map(len, words))])
        word, cut = words[at], self.random.randint(1, len(words[at]) - 2)
        before, here, after = word[:cut], word[cut], word[cut + 1 :]
        words[at] = before + self.random.choice((after, here + here + after, after[0] + here + after[1:]))
        return " ".join(words)

    def _cut(self, label: str) -> str:
        """A long word cut as clerks do: « vérif. », « télésurv »."""
        words = label.split()
        long = [place for place, word in enumerate(words) if len(word) >= 8]
        if long:
            at = self.random.choice(long)
            words[at] = words[at][: self.random.randint(4, 6)] + self.random.choice((".", ""))
        return " ".join(words)

    # Days and amounts.

    def _day(self, year: int, last: int = 363) -> date:
        return date(year, 1, 2) + timedelta(days=self.random.randint(0, last))

    def _days(self, year: int, count: int) -> list[date]:
        return sorted(self._day(year) for _ in range(count))

    def _share(self, want: Want, low: float, high: float) -> int:
        return int(self.random.uniform(low, high) * want.limit)

    def _parts(self, want: Want, count: int, low: float, high: float) -> list[int]:
        """Parts of a sum between these shares of the limit, none reaching it."""
        high = min(high, 0.95 * count)
        while True:
            weights = [self.random.uniform(0.5, 1.5) for _ in range(count)]
            whole = self._share(want, low, high)
            parts = [int(whole * weight / sum(weights)) for weight in weights]
            if max(parts) < want.limit or low >= 1.5:
                return parts

    def _add_up(self) -> None:
        """Families and works operations over their limit, with the day, by plain addition."""
        running: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        done = set()
        for row in sorted(self.city.rows, key=lambda row: (row["on"], row["source"], row["id"])):
            works = row["kind"] == "works"
            code = row["operation"] if works else row["family"]
            if not code:
                continue
            key = ("operation" if works else "family", code, 0 if works else row["on"].year)
            running[key] += row["amount_cents"]
            if running[key] >= LIMITS[row["kind"]] and key not in done:
                done.add(key)
                self.city.crossings.add((key[0], code, row["on"]))


def _at(values: object, place: int) -> str:
    return str(values[place]) if isinstance(values, list) else ""
