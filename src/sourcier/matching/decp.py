"""Contracts out of the « données essentielles de la commande publique », as they are really published. Pure Python.

The formats of 2019 (`{"marches": [...]}`) and 2022 (`{"marches": {"marche": [...]}}`, concessions beside) and a bare list are
read one contract at a time, by the standard library's decoder over a window: it is as fast as a streaming parser, and it reads
the `NaN`, the signs out of UTF-8 and the marks of order that published files hold, which stricter readers refuse.
Format: arrêtés of 22 March 2019 and of 22 December 2022 (schema 2.0.4).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import blake2b

from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret

CHUNK = 1 << 20
LARGEST = 16 << 20
"""Signs read at once; the longest contract that is waited for: past it, the file is damaged."""

LISTS = "marches"
WINNERS = ("titulaires", "concessionnaires")
ONE_WINNER = ("titulaire", "concessionnaire")

_SPACES = " \t\n\r\ufeff"
_AFTER_NUMBER = frozenset(" \t\n\r,]}")
_BETWEEN = re.compile(r"[\s.\-_/']")


class Damaged(ValueError):
    """The text stops, or stops being JSON; what came before was read."""


class Left(StrEnum):
    """Why a row teaches nothing, in the words of the report."""

    NOT_A_CONTRACT = "ne sont pas des marchés"
    NO_WINNER = "sans titulaire"
    NO_SIRET = "dont aucun titulaire n'a de SIRET (TVA, hors Union, SIREN seul…)"
    BAD_SIRET = "dont aucun SIRET ne compte quatorze chiffres"
    NO_WORDS = "sans code CPV, ni mot qui dise ce qui est acheté"
    TWICE = "déjà lus (republiés, ou modifiés)"
    FALSE_SIRET = "dont aucun SIRET n'est vrai (clé fausse)"
    UNKNOWN_FIRM = "dont aucun titulaire n'est dans le répertoire"
    NO_ACTIVITY = "dont aucun titulaire n'a d'activité connue du répertoire"


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract won. `key`: the same for the same contract published again. `cpv`: eight digits, 0 when not told.

    `sirets`: of its winners, as numbers, each once; nobody has checked them yet.
    """

    key: int
    title: str
    cpv: int
    sirets: tuple[int, ...]
    notified: date | None


class _Window:
    """A text read by pieces, and where one is in it."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read, self._text, self._at, self._ended = read, "", 0, False
        self._decode = json.JSONDecoder().raw_decode

    def _more(self) -> bool:
        if self._ended or len(self._text) - self._at > LARGEST:
            return False
        piece = self._read(CHUNK)
        self._ended = not piece
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)

    def peek(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACES:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Go past the next sign, which is one of `wanted`. Raises `Damaged`."""
        found = self.peek()
        if not found or found not in wanted:
            raise Damaged
        self._at += 1
        return found

    def value(self) -> object:
        """Go past one JSON value. Raises `Damaged`."""
        self.peek()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError):
                if not self._more():
                    raise Damaged from None
                continue
            # A number may go on in the next piece: « 1 », « 1. » and « 1e » begin 1.5 and 1e9.
            whole = self._text[end : end + 1] in _AFTER_NUMBER if isinstance(value, int | float) else True
            if whole or not self._more():
                self._at = end
                return value


def rows(read: Callable[[int], str]) -> Iterator[object]:
    """Each row of the published text in order, whatever it is; `read(n)` gives up to n signs, "" at the end.

    Raises `Damaged` where the text stops being JSON.
    """
    window = _Window(read)
    if window.peek() == "[":
        yield from _items(window)
    else:
        for key in _keys(window):
            if key == LISTS and window.peek() == "{":
                yield from _lists(window)
            elif key == LISTS and window.peek() == "[":
                yield from _items(window)
            else:
                window.value()
    if window.peek():
        raise Damaged


def _lists(window: _Window) -> Iterator[object]:
    """What 2022 puts under « marches »: a list for each kind; a single contract may stand without its list."""
    for _ in _keys(window):
        if window.peek() == "[":
            yield from _items(window)
        else:
            yield window.value()


def _keys(window: _Window) -> Iterator[object]:
    """The keys of an object; whoever asks for the next has gone past the value."""
    window.take("{")
    if window.peek() == "}":
        window.take("}")
        return
    while True:
        key = window.value()
        window.take(":")
        yield key
        if window.take(",}") == "}":
            return


def _items(window: _Window) -> Iterator[object]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    while True:
        yield window.value()
        if window.take(",]") == "]":
            return


def contract(row: object) -> Contract | Left:
    """A row as published, or why it is of no use."""
    if not isinstance(row, dict) or not ({"objet", "codeCPV", *WINNERS} & set(row)):
        return Left.NOT_A_CONTRACT
    winners = [winner for field in WINNERS for winner in _winners(row.get(field))]
    if not winners:
        return Left.NO_WINNER
    numbers = [_text(winner["id"]) for winner in winners if _is_siret(winner)]
    if not numbers:
        return Left.NO_SIRET
    sirets = tuple(dict.fromkeys(siret for number in numbers if (siret := siret_of(number))))
    if not sirets:
        return Left.BAD_SIRET
    title = " ".join(_text(row.get("objet")).split())
    return Contract(_key(row, title, sirets), title, cpv_of(row.get("codeCPV")), sirets, _day(row.get("dateNotification")))


def _winners(value: object) -> Iterator[Mapping[str, object]]:
    """The winners, however deep they are wrapped: `[{…}]`, `[{"titulaire": {…}}]`, `{…}`, `[[{…}]]`."""
    if isinstance(value, list):
        for each in value:
            yield from _winners(each)
    elif isinstance(value, dict):
        wrapped = [value[name] for name in ONE_WINNER if name in value]
        if wrapped:
            yield from _winners(wrapped)
        elif value.get("id") not in (None, ""):
            yield value


def _is_siret(winner: Mapping[str, object]) -> bool:
    """Told to be one; when nobody says what it is, one that looks like it."""
    kind = _text(winner.get("typeIdentifiant")).strip().upper()
    return kind == "SIRET" or (not kind and siret_of(_text(winner["id"])) > 0)


def siret_of(text: str) -> int:
    """The fourteen digits as a number, 0 when they are not there. A spreadsheet takes the first 0 away: the key tells."""
    digits = _BETWEEN.sub("", text)
    if not digits.isascii() or not digits.isdigit():
        return 0
    if len(digits) == 14:
        return int(digits)
    try:
        return int(parse_siret(f"0{digits}")) if len(digits) == 13 else 0
    except InvalidIdentifier:
        return 0


def cpv_of(value: object) -> int:
    """« 45316110-9 », « 45 31 61 10 », « 4531 », 3311000: eight digits as a number, zeros for those not told; 0 for none."""
    digits = _BETWEEN.sub("", _text(value))
    if not digits.isascii() or not digits.isdigit():
        return 0
    if isinstance(value, int | float) and len(digits) == 7:
        digits = f"0{digits}"
    return int(digits[:8].ljust(8, "0")) if 2 <= len(digits) <= 9 and "03" <= digits[:2] <= "98" else 0


def _text(value: object) -> str:
    """What a field holds, as text; lists and objects say nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _day(value: object) -> date | None:
    """The day, whatever follows it; None for what is no day of the calendar."""
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _key(row: Mapping[str, object], title: str, sirets: tuple[int, ...]) -> int:
    """The same for a contract published twice: buyer, number and title, since lots may share a number.

    Without a number, the day and the winners stand for it. Who buys is not kept: only this number is.
    """
    buyer = row.get("acheteur") or row.get("autoriteConcedante")
    who = _text(buyer.get("id")) if isinstance(buyer, dict) else _text(row.get("acheteur.id"))
    number = _text(row.get("id"))
    if not (who and number):
        number = _text(row.get("uid")) or number or f"{_text(row.get('dateNotification'))} {sorted(sirets)}"
    said = "\n".join((who, number, title.casefold()))
    return int.from_bytes(blake2b(said.encode("utf-8", "replace"), digest_size=8).digest())
