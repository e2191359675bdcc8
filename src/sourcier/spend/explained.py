"""Why purchases are shown together, in plain words: what they share and what it adds up to, never what anybody meant."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sourcier.kernel.french import MONTHS, format_date
from sourcier.kernel.money import format_cents
from sourcier.spend.likeness import signature, thing
from sourcier.spend.purchase import COMMITMENT, NEED, ORDER, Purchase

CLOSE_IN_TIME, JUST_BELOW, OTHER_SUPPLIER, OTHER_FAMILY, REGULAR = SIGNS = (
    "close_in_time", "just_below", "other_supplier", "other_family", "regular",
)  # fmt: skip

JUST_BELOW_PERCENT = 90
ENOUGH = 50  # purchases that are read to name what they share
RECURRING_MONTHS = 4
RECURRING_SPAN = timedelta(days=150)

_COUNTS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze")
_NAMES = {ORDER: "commandes", COMMITMENT: "engagements", NEED: "besoins"}


@dataclass(frozen=True, slots=True)
class Group:
    """Purchases to look at together, by day; `limit_cents` is the limit of the day their sum reached it."""

    purchases: tuple[Purchase, ...]
    total_cents: int
    limit_cents: int
    signs: tuple[str, ...]
    sentences: tuple[str, ...]


def explain(purchases: Sequence[Purchase], limit_cents: int, close: timedelta) -> Group:
    """The group of these purchases, which come by day, with its signs and its sentences."""
    said = {
        CLOSE_IN_TIME: _close_in_time(purchases, limit_cents, close),
        JUST_BELOW: _just_below(purchases, limit_cents),
        OTHER_SUPPLIER: _others({p.supplier for p in purchases}, "{} entreprises en sont chargées."),
        OTHER_FAMILY: _others({p.family for p in purchases}, "Le même besoin est rangé dans {} familles : {}."),
        REGULAR: f"Le besoin revient : {_months(purchases)} mois sur douze." if recurs(purchases) else "",
    }
    total = sum(purchase.amount_cents for purchase in purchases)
    sentences = [
        f"Ces {_count(len(purchases))} {_name(purchases)}, {_span(purchases[0].on, purchases[-1].on)}, "
        f"parlent de la même chose : {_object(purchases)}.",
        f"Ensemble : {format_cents(total)} HT. La limite est de {format_cents(limit_cents)} HT ; "
        "chaque achat, seul, reste dessous.",
        *(sentence for sentence in said.values() if sentence),
    ]
    return Group(tuple(purchases), total, limit_cents, tuple(sign for sign in SIGNS if said[sign]), tuple(sentences))


def recurs(purchases: Sequence[Purchase]) -> bool:
    """In four months at least, over five months at least."""
    return _months(purchases) >= RECURRING_MONTHS and purchases[-1].on - purchases[0].on >= RECURRING_SPAN


def _months(purchases: Sequence[Purchase]) -> int:
    return len({(purchase.on.year, purchase.on.month) for purchase in purchases})


def _close_in_time(purchases: Sequence[Purchase], limit_cents: int, close: timedelta) -> str:
    """Said when a few days are enough to reach the limit."""
    start = total = 0
    for end, purchase in enumerate(purchases):
        total += purchase.amount_cents
        while purchase.on - purchases[start].on > close:
            total -= purchases[start].amount_cents
            start += 1
        if total >= limit_cents:
            days = (purchase.on - purchases[start].on).days
            within = f"en {days + 1} jours" if days else "le même jour"
            return f"Dont {_count(end - start + 1)} {within}, pour {format_cents(total)} HT."
    return ""


def _just_below(purchases: Sequence[Purchase], limit_cents: int) -> str:
    near = [
        p.amount_cents
        for p in purchases
        if p.amount_cents * 100 >= limit_cents * JUST_BELOW_PERCENT and p.amount_cents < limit_cents
    ]
    if not near:
        return ""
    amounts = ", ".join(f"{format_cents(cents)} HT" for cents in near[:3])
    return f"Proche de la limite à lui seul : {amounts}." if len(near) == 1 else f"Proches de la limite, un par un : {amounts}."


def _others(values: set[str], sentence: str) -> str:
    known = sorted(values - {""})
    if len(known) < 2:
        return ""
    return sentence.format(
        _count(len(known)).capitalize() if sentence.startswith("{}") else _count(len(known)), ", ".join(known)
    )


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else str(number)


def _name(purchases: Sequence[Purchase]) -> str:
    sources = {purchase.source for purchase in purchases}
    return _NAMES.get(min(sources), "achats") if len(sources) == 1 else "achats"


def _span(first: date, last: date) -> str:
    """« du 3 au 17 mars 2026 », « du 20 décembre 2025 au 4 janvier 2026 », « le 3 mars 2026 »."""
    if first == last:
        return f"le {format_date(first)}"
    start = "1er" if first.day == 1 else str(first.day)
    if first.year != last.year:
        start = format_date(first)
    elif first.month != last.month:
        start = f"{start} {MONTHS[first.month - 1]}"
    return f"du {start} au {format_date(last)}"


def _object(purchases: Sequence[Purchase]) -> str:
    """The thing, as the label that has most of the words of the others says it."""
    named = [(purchase, signature(purchase.words, purchase.place).heavy) for purchase in purchases[:ENOUGH]]
    counts = Counter(found for _, stems in named for found in stems)
    told, _ = max(named, key=lambda pair: sum(counts[found] - 1 for found in pair[1]))
    return f"« {_quiet(thing(told.words, told.place))} »"


def _quiet(text: str) -> str:
    """A label typed in capitals reads as a sentence does."""
    return text.lower() if text.isupper() else text
