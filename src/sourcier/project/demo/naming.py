"""Names of firms and people that nobody bears: surnames made of halves, beasts and adjectives, one set of patterns a trade."""

import re
from importlib.resources import files
from random import Random

from sourcier.kernel.french import fold


def rows(name: str) -> list[dict[str, str]]:
    """A tab-separated file of ours, its first line naming the columns."""
    lines = (files("sourcier.project.demo") / "data" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines[1:]]


def upper(text: str) -> str:
    """As INSEE writes: capitals without accents."""
    return fold(text).upper()


ELISIONS = (
    (re.compile(r"\bDU (?=[AEIOU])"), "DE L'"),
    (re.compile(r"\bAU (?=[AEIOU])"), "A L'"),
    (re.compile(r"\bDE (?=[AEIOU])"), "D'"),
    (re.compile(r"\bLE (?=[AEIOU])"), "L'"),
)
"""French before a vowel; the h of hibou, of héron and of hérisson is aspirated."""


class Naming:
    """Draws names from a seeded generator: same seed, same names."""

    def __init__(self, random: Random) -> None:
        self.random = random
        words = {row["kind"]: [upper(word) for word in row["words"].split()] for row in rows("words")}
        self.starts, self.ends = words["start"], words["end"]
        self.beasts = [tuple(pair.split("/")) for pair in words["beast"]]
        self.adjectives, self.counts = words["adjective"], words["count"]
        self.first = {"F": words["woman"], "M": words["man"]}
        self.streets = [street.replace("_", " ") for street in words["street"]]
        self.patterns = {row["kind"]: row["patterns"].split("|") for row in rows("names")}

    def surname(self) -> str:
        """« TARDICLOCHE »."""
        return self.random.choice(self.starts) + self.random.choice(self.ends)

    def person(self) -> tuple[str, str, str]:
        """Sex as INSEE writes it (F, M), first name, surname."""
        sex = self.random.choice("FM")
        return sex, self.random.choice(self.first[sex]), self.surname()

    def firm(self, kind: str, surname: str = "") -> str:
        """A name for a trade of `names.tsv`, its owner's surname in it when there is one."""
        beast, beasts = self.random.choice(self.beasts)
        name = self.random.choice(self.patterns[kind]).format(
            N=surname or self.surname(), N2=self.surname(), B=beast, BS=beasts,
            A=self.random.choice(self.adjectives), C=self.random.choice(self.counts),
        )  # fmt: skip
        for pattern, elided in ELISIONS:
            name = pattern.sub(elided, name)
        return name
