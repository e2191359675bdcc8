"""What every imported table is judged by as a whole: cut in half, mostly unread, merged cells, amounts that include VAT."""

from collections.abc import Collection, Iterator, Sequence

from sourcier.kernel.transitions import refuse
from sourcier.spend.importing.lines import Unread
from sourcier.spend.importing.sheets import Row, Sheet

VAT_RATIOS = {1.2: "20 %", 1.1: "10 %", 1.055: "5,5 %", 1.021: "2,1 %"}
ENOUGH = 3  # amounts that all differ by the same rate


def filled_down(sheet: Sheet, places: Collection[int]) -> Iterator[tuple[int, Row]]:
    """The lines, the words of a merged cell of these columns holding for each of its lines; an amount is that of the first."""
    if not sheet.merged:
        yield from sheet.rows()
        return
    above: Row = []
    for number, row in sheet.rows():
        for place in places:
            if (number, place) in sheet.merged and place < min(len(row), len(above)) and row[place] in (None, ""):
                row[place] = above[place]
        above = row
        yield number, row


def check_whole(sheet: Sheet, last: Row, unread: Sequence[Unread], read: int) -> None:
    """Raise `Refused` when the file is cut, holds headings alone, or has more lines that fail than lines that are read."""
    if not sheet.whole and len(last) < len(sheet.headings):
        raise refuse(
            "cut",
            f"Ce fichier est coupé : sa dernière ligne a {len(last)} colonnes au lieu de {len(sheet.headings)}. "
            "Exportez-le de nouveau. Rien n'est importé.",
            "file",
        )
    if not read and not unread:
        raise refuse("empty", "Ce fichier n'a que des titres. Exportez-le de nouveau. Rien n'est importé.", "file")
    if len(unread) > read:
        example = unread[0]
        raise refuse(
            "columns",
            f"{len(unread)} lignes sur {len(unread) + read} ne se lisent pas (ligne {example.line} : {example.why}) "
            "Vérifiez les colonnes. Rien n'est importé.",
            "file",
        )


def with_vat(compared: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """`(how many, rate)` when the amounts of pairs `(now, before)` differ by a rate of VAT, to the cent."""
    for ratio, rate in VAT_RATIOS.items():
        # Large enough that no other rate gives the same.
        alike = sum(abs(now - before * ratio) <= 1 for now, before in compared if abs(before) >= 1_000 and now != before)
        if alike >= ENOUGH and alike * 2 > len(compared):
            yield alike, rate
