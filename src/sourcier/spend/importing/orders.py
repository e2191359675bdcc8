"""A whole export judged: what is an order, what was there already, what is left out and why, what looks wrong."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from itertools import islice

from sourcier.kernel.french import fold
from sourcier.kernel.money import format_cents
from sourcier.spend.importing.lines import Column, Lines, OrderLine, Unread, says_vat
from sourcier.spend.importing.sheets import Row, Sheet
from sourcier.spend.importing.whole import check_whole, filled_down, with_vat

STEP = 500  # few enough that a step is forgotten before the next: Python then looks for dead rows far less often
TOLD = 10_000


folded = lru_cache(maxsize=100_000)(fold)  # the same suppliers and objects come back all the year


@dataclass(slots=True)
class Export:
    """What an export says once read; `orders` by fingerprint, in the order of the file."""

    orders: dict[str, OrderLine] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    known: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def total_cents(self) -> int:
        return sum(order.amount_cents for order in self.orders.values())


def read_export(
    sheet: Sheet,
    columns: Mapping[Column, int],
    before: Iterable[tuple[str, str, int]],
    tell: Callable[[int], None] = lambda lines: None,
) -> Export:
    """Judge every line. `before`: fingerprint, number and cents of each order of the city, to recognise and to compare.

    `tell` hears how many lines were read. Raises `Refused` when the file is cut or more lines fail than are read: nothing of it
    should then be kept.
    """
    export, lines, last = Export(), [], []  # type: tuple[Export, list[OrderLine], Row]
    reading, own = Lines(columns), (Column.AMOUNT, Column.NUMBER)
    rows = filled_down(sheet, [place for column, place in columns.items() if column not in own])
    while some := list(islice(rows, STEP)):
        read, unread = reading.read(some)
        lines += read
        export.unread += unread
        last = some[-1][1]
        if not (count := len(lines) + len(export.unread)) % TOLD:
            tell(count)
    check_whole(sheet, last, export.unread, len(lines))
    known: set[str] = set()
    amounts: dict[str, int] = {}
    for fingerprint_, number, cents in before:
        known.add(fingerprint_)
        amounts[number] = cents
    _keep_new(export, _without_loose_credits(lines, export.unread), known)
    export.warnings += _vat_warnings(sheet.headings, columns, lines, amounts)
    export.unread.sort(key=lambda line: line.line)
    return export


def _without_loose_credits(lines: Sequence[OrderLine], unread: list[Unread]) -> Iterator[OrderLine]:
    """A credit takes back what the same file orders from the same firm; more than that would lower a total for nothing."""
    if all(line.amount_cents >= 0 for line in lines):
        yield from lines
        return
    ordered: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for line in lines:
        ordered[_account(line)] += max(line.amount_cents, 0)
    for line in lines:
        if line.amount_cents < 0:
            ordered[_account(line)] += line.amount_cents
            if ordered[_account(line)] < 0:
                ordered[_account(line)] -= line.amount_cents
                why = "Cet avoir dépasse ce qui est commandé à cette entreprise dans cette famille cette année : à vérifier."
                unread.append(Unread(line.line, f"{line.supplier} ; {format_cents(line.amount_cents)}", why))
                continue
        yield line


def _account(line: OrderLine) -> tuple[str, str, int]:
    return line.siret[:9] or folded(line.supplier), line.family, line.on.year


def _keep_new(export: Export, lines: Iterable[OrderLine], known: Collection[str]) -> None:
    alike: Counter[str] = Counter()
    for line in lines:
        print_ = fingerprint(line)
        if not line.number:  # two orders without number may be alike to the letter: the second of a file is the second one
            alike[print_] += 1
            print_ = fingerprint(line, alike[print_]) if alike[print_] > 1 else print_
        if print_ in known or print_ in export.orders:
            export.known += 1
        else:
            export.orders[print_] = line


def fingerprint(line: OrderLine, nth: int = 1) -> str:
    """The same for the same order, from whatever export: 32 hexadecimal digits."""
    who = line.siret[:9] or folded(line.supplier)
    said = (line.number, line.on.isoformat(), who, folded(line.label), str(line.amount_cents), str(nth))
    return sha256("\x1f".join(said).encode()).hexdigest()[:32]


def _vat_warnings(
    headings: Row, columns: Mapping[Column, int], lines: Iterable[OrderLine], amounts: Mapping[str, int]
) -> Iterator[str]:
    place = columns[Column.AMOUNT]
    if place < len(headings) and says_vat(headings[place]):
        yield "La colonne des montants porte « TTC » dans son titre : les seuils se comptent hors taxes. Choisissez l'autre."
    compared = [(line.amount_cents, amounts[line.number]) for line in lines if line.number and line.number in amounts]
    for alike, rate in with_vat(compared):
        yield (
            f"{alike} commandes déjà connues valent ici exactement {rate} de plus : ces montants comprennent sans doute la "
            "TVA. Annulez cet import et choisissez la colonne hors taxes."
        )
