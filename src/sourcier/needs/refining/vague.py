"""Vague wording in a text, with its place: « quelques », « rapidement », « etc. », and what to write instead."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sourcier.needs.refining.patterns import pattern, placed

MOST = 50
AROUND = 40

_NUMBER = pattern("{number}")
_NO_QUANTITY = pattern("{hour}; {date}; {year}")
_DATE = pattern("{date}; {frequency}; vacances; rentree; toussaint; noel; cet ete; cet hiver; printemps; automne")


@dataclass(frozen=True, slots=True)
class Vague:
    """A vague word: `text[start:end]` is it as it was typed; `why` says what to write instead."""

    text: str
    start: int
    end: int
    why: str

    @property
    def word(self) -> str:
        return self.text[self.start : self.end]

    @property
    def before(self) -> str:
        """The few words before it, on its line."""
        line = self.text[: self.start].rpartition("\n")[2]
        return line if len(line) <= AROUND else "… " + line[-AROUND:].partition(" ")[2]

    @property
    def after(self) -> str:
        """The few words after it, on its line."""
        line = self.text[self.end :].partition("\n")[0]
        return line if len(line) <= AROUND else line[:AROUND].rpartition(" ")[0] + " …"


def vague_words(text: str) -> tuple[Vague, ...]:
    """The vague words of a text in their order, 50 at most."""
    letters, places = placed(text)
    found: list[Vague] = []
    book, whys = _book()
    for match in book.finditer(letters):
        found.append(Vague(text, places[match.start()], places[match.end() - 1] + 1, whys[match.lastgroup or ""]))
        if len(found) == MOST:
            break
    return tuple(found)


def has_number(text: str) -> bool:
    """Some quantity is said, in digits or in letters; an hour, a date or a year is none."""
    return bool(_NUMBER.search(_NO_QUANTITY.sub(" ; ", placed(text)[0])))


def has_date(text: str) -> bool:
    """A date, a month, a season or a rhythm is said."""
    return bool(_DATE.search(placed(text)[0]))


@cache
def _book() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern with a group for each row of the file, and what each row says."""
    text = (files("sourcier.needs") / "data" / "vague_words.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    groups = "|".join(f"(?P<row{at}>{pattern(words).pattern})" for at, (words, _) in enumerate(rows))
    return re.compile(groups), {f"row{at}": why for at, (_, why) in enumerate(rows)}
