"""How many planted splits and crossings of drawn cities are found, and how much of what is shown was planted.

Some cities were read while the search was tuned; the two hundred others never were.

    python bench/splitting.py [tuned|unseen] [-v]
"""

import sys
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sourcier.law.book import UnknownRule, rule
from sourcier.spend.splitting import Purchase, crossings, find
from tests.spend.cities_drawn import City, draw

SAME = 0.5
SEEDS = {"tuned": range(300), "unseen": range(500, 700)}


def limit(kind: str, on: date) -> int | None:
    try:
        return rule("exemption", kind, on).amount_cents
    except UnknownRule:
        return None


def jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two)


def compare(city: City, tally: Counter[str], sorts: dict[str, Counter[str]], tell: bool = False) -> None:
    """Adds what one city planted, what is shown, and what meets (half of the purchases of both in common)."""
    purchases = [Purchase(**row) for row in city.rows]
    label = {row["id"]: " | ".join(str(value) for value in list(row.values())[2:]) for row in city.rows}
    shown = [frozenset(p.id for p in group.purchases) for group in find(purchases, limit)]
    for sort, planted in city.splits:
        found = any(jaccard(planted, group) >= SAME for group in shown)
        sorts[sort].update(planted=1, found=found)
        tally.update(planted=1, found=found)
        if tell and not found:
            print(city.seed, "MISSED", sort, *("\n    " + label[i] for i in sorted(planted)))
    for group in shown:
        right = any(jaccard(planted, group) >= SAME for _, planted in city.splits)
        tally.update(shown=1, right=right)
        if tell and not right:
            print(city.seed, "WRONG", *("\n    " + label[i] for i in sorted(group)))
    crossed = {(c.scope, c.code, c.day) for c in crossings(purchases, limit)}
    tally.update(orders=len(purchases), crossed=len(city.crossings))
    tally.update(crossings_shown=len(crossed), crossings_right=len(crossed & city.crossings))


def many(count: int) -> list[Purchase]:
    """A year of a very large city: many drawn ones, moved into one year."""
    random, rows, seed = Random(5), [], 0
    while len(rows) < count:
        seed += 1
        for row in draw(seed).rows:
            day = date(2025, 1, 1) + timedelta(days=random.randrange(365))
            rows.append({**row, "on": day, "amount_cents": row["amount_cents"] // 9})
    return [Purchase(**row) for row in rows[:count]]


def main() -> None:
    asked = [half for half in SEEDS if half in sys.argv]
    halves = asked or list(SEEDS)
    for half in halves:
        tally: Counter[str] = Counter()
        sorts: dict[str, Counter[str]] = defaultdict(Counter)
        drawn = [draw(seed) for seed in SEEDS[half]]
        started = time.perf_counter()
        for city in drawn:
            compare(city, tally, sorts, tell="-v" in sys.argv)
        spent = time.perf_counter() - started
        sizes = sorted(len(city.rows) for city in drawn)
        print(f"{half} seeds {drawn[0].seed} to {drawn[-1].seed}, {len(drawn)} cities, ", end="")
        print(f"{sizes[0]} to {sizes[-1]} orders, {tally['orders']} in all, {spent:.1f} s")
        print(f"  splits     recall {tally['found'] / tally['planted']:.3f} of {tally['planted']}, ", end="")
        print(f"precision {tally['right'] / tally['shown']:.3f} of {tally['shown']}")
        print(f"  crossings  recall {tally['crossings_right'] / tally['crossed']:.3f} of {tally['crossed']}, ", end="")
        print(f"precision {tally['crossings_right'] / tally['crossings_shown']:.3f} of {tally['crossings_shown']}")
        found, planted = tally["found"] + tally["crossings_right"], tally["planted"] + tally["crossed"]
        right, shown = tally["right"] + tally["crossings_right"], tally["shown"] + tally["crossings_shown"]
        print(f"  together   recall {found / planted:.3f} of {planted}, precision {right / shown:.3f} of {shown}")
        print("  " + ", ".join(f"{sort} {seen['found']}/{seen['planted']}" for sort, seen in sorted(sorts.items())))
    if not asked:
        purchases = many(200_000)
        started, spent = time.perf_counter(), time.process_time()
        groups = find(purchases, limit)
        seconds = f"{time.perf_counter() - started:.1f} s, {time.process_time() - spent:.1f} s of one core"
        print(f"{len(purchases)} purchases of one year: {len(groups)} groups in {seconds}")


if __name__ == "__main__":
    main()
