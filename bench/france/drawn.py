"""Facts of a unit and of an establishment, drawn by SQL from their number alone: any row can be made again from its seed.

`draw(number, salt)` is 64 bits of DuckDB's hash; each fact takes some of them. A unit has one establishment most often;
`BLOCK` repeats the same crowd of units, so that a number tells its unit by arithmetic.
"""

from datetime import date
from random import Random

from sourcier.project.demo.stock import COMPANIES, SIZES, WAYS

STOCK_DAY = date(2026, 10, 31)

CROWD = ((1, 800), (2, 130), (3, 50), (5, 15), (12, 4), (67, 1))
"""(establishments, units with so many) of a thousand units."""

BLOCK_UNITS = sum(units for _, units in CROWD)
BLOCK = sum(size * units for size, units in CROWD)

ACTIVE_UNITS, ACTIVE_OTHERS, MOVED = 518, 355, 250
"""Of 1 024: units that live, their further establishments that do, units whose second establishment replaced the first."""

UNDISCLOSED_PERSONS, UNDISCLOSED_COMPANIES = 250, 2
SAME_TRADE, SAME_TOWN, SIGN, NO_POINT, OLD_NO_POINT, FOREIGN, WITH_NAF_2025 = 870, 500, 200, 30, 260, 3, 990
FAR = 60_000
"""One establishment in so many has a point that lies nowhere in France."""

FIRST_SIREN = 10_000_000

MACROS = (
    "CREATE MACRO draw(number, salt) AS hash(number * 64 + salt + {seed} * 4398046511104)",
    "CREATE MACRO of_1024(drawn, shift) AS CAST((drawn >> shift) & 1023 AS INTEGER)",
    "CREATE MACRO share(number, salt) AS (CAST(draw(number, salt) >> 12 AS DOUBLE) + 0.5) / 4503599627370496.0",
    "CREATE MACRO twice(one) AS one * 2 - CASE WHEN one > 4 THEN 9 ELSE 0 END",
    # Sum of Luhn of the eight digits of a base, their odd places doubled (0) or their even places (1).
    "CREATE MACRO digit(base, place) AS (base // place) % 10",
    "CREATE MACRO odd(base) AS digit(base, 10000000) + digit(base, 100000) + digit(base, 1000) + digit(base, 10)",
    "CREATE MACRO even(base) AS digit(base, 1000000) + digit(base, 10000) + digit(base, 100) + digit(base, 1)",
    "CREATE MACRO odd2(base) AS twice(digit(base, 10000000)) + twice(digit(base, 100000)) + twice(digit(base, 1000))"
    " + twice(digit(base, 10))",
    "CREATE MACRO even2(base) AS twice(digit(base, 1000000)) + twice(digit(base, 10000)) + twice(digit(base, 100))"
    " + twice(digit(base, 1))",
    "CREATE MACRO key_of(total) AS (10 - total % 10) % 10",
    "CREATE MACRO siren_key(base) AS key_of(odd(base) + even2(base))",
    "CREATE MACRO siret_key(base, rank) AS key_of(odd2(base) + even(base) + twice(siren_key(base))"
    " + digit(rank, 1000) + twice(digit(rank, 100)) + digit(rank, 10) + twice(digit(rank, 1)))",
    "CREATE MACRO days(drawn, mean, most) AS CAST(least(most, 20 - mean * ln(drawn)) AS INTEGER)",
)


def crowd() -> list[tuple[int, int, int, int]]:
    """(place in a block, unit in the block, rank in the unit, establishments of the unit), the units shuffled."""
    sizes = [size for size, units in CROWD for _ in range(units)]
    Random(5).shuffle(sizes)
    places = [(unit, rank, size) for unit, size in enumerate(sizes) for rank in range(size)]
    return [(place, *found) for place, found in enumerate(places)]


def picked(drawn: str, choices: tuple[tuple[str, float], ...]) -> str:
    """SQL: one of the choices by weight, of a number under 1 024."""
    total, seen, parts = sum(weight for _, weight in choices), 0.0, []
    for value, weight in choices[:-1]:
        seen += weight
        given = f"'{value}'" if value else "NULL"
        parts.append(f"WHEN {drawn} < {round(seen / total * 1024)} THEN {given}")
    return f"CASE {' '.join(parts)} ELSE '{choices[-1][0]}' END"


UNIT_FACTS = f"""
    draw(unit, 1) AS a, draw(unit, 2) AS b, DATE '{STOCK_DAY}' AS last_day,
    {FIRST_SIREN} + unit AS base, lpad(CAST(base * 10 + siren_key(base) AS VARCHAR), 9, '0') AS siren,
    CAST(draw(unit, 3) % {{trade_slots}} AS INTEGER) AS unit_trade,
    of_1024(a, 0) < {ACTIVE_UNITS} AS lives, of_1024(a, 10) < {MOVED} AND size > 1 AS moved,
    CASE WHEN lives THEN days(share(unit, 4), 3000, 27000) ELSE 400 + days(share(unit, 4), 6200, 26000) END AS age,
    last_day - age AS unit_created,
    CASE WHEN NOT lives THEN unit_created + CAST(floor(age * share(unit, 5)) AS INTEGER) END AS unit_closed,
    unit_created + CAST(floor(age * share(unit, 6) * 0.8) AS INTEGER) AS moved_on,
    CAST(draw(unit, 7) % {{surnames}} AS INTEGER) AS surname_key
"""
"""What `unit` and `size` (its establishments) tell."""

UNIT_KIND = f"""
    of_1024(a, 20) < persons AS person, NOT person AND of_1024(a, 30) < clubs AS club,
    of_1024(a, 40) < CASE WHEN person THEN {UNDISCLOSED_PERSONS} ELSE {UNDISCLOSED_COMPANIES} END AS hidden,
    CASE WHEN person THEN '1000' WHEN club THEN '9220' WHEN kind = 'property' AND of_1024(b, 0) < 700 THEN '6540'
        ELSE {picked("of_1024(b, 10)", COMPANIES)} END AS form,
    CASE WHEN person AND of_1024(b, 20) < 820 THEN 'NN' ELSE {picked("of_1024(b, 30)", SIZES)} END AS unit_size
"""
"""What its trade adds."""

WAY = picked("of_1024(draw(street_of, 10), 0)", WAYS)
