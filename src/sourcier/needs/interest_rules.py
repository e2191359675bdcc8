"""Pure decisions about conflicts of interest: before which acts one declares, how, what it must say, who may choose."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refusal

TICK, FORM = "tick", "form"
PANEL, ASKING, CHOICE = "panel", "asking", "choice"
# Before the panel no firm is named yet: what one says then is of a trade, and counts for nothing that follows.
COUNTED: Mapping[str, frozenset[str]] = {
    PANEL: frozenset({PANEL}), ASKING: frozenset({ASKING, CHOICE}), CHOICE: frozenset({CHOICE}),
}  # fmt: skip
FIRMS: Mapping[str, str] = {
    PANEL: "les entreprises qui pourraient répondre",
    ASKING: "les entreprises interrogées",
    CHOICE: "les entreprises interrogées",
}
STATEMENTS: Mapping[str, str] = {
    "shares": "Ni moi ni mes proches n'y avons de parts, d'emploi ou de mandat",
    "past": "Je n'y ai pas travaillé depuis trois ans",
    "gifts": "Je n'en reçois ni cadeau ni avantage",
}
LINKS: Mapping[str, str] = {
    "shares": "Des parts ou du capital", "work": "Un emploi, un mandat", "family": "Un parent, un proche",
    "other": "Un autre lien",
}  # fmt: skip
LENGTHS: Mapping[str, int] = {"firm": 200, "words": 2_000}


@dataclass(frozen=True, slots=True)
class Declared:
    """What a person declares: nothing (by a tick, or statement by statement), or an interest, with the firm and the link."""

    none: bool = False
    statements: tuple[str, ...] = ()
    firm: str = ""
    link: str = ""
    words: str = ""

    @property
    def interest(self) -> bool:
        """Whoever names a firm, a link or a fact declares an interest."""
        return bool(self.firm or self.link or self.words)


NO_INTEREST = Declared(none=True, statements=tuple(STATEMENTS))


def problem(way: str, declared: Declared) -> tuple[str, Refusal] | None:
    """The field at fault, and why this is not a declaration."""
    if declared.interest:
        for name, length in LENGTHS.items():
            if len(getattr(declared, name)) > length:
                return name, Refusal("too_long", f"Écrivez {length} caractères au plus. Rien n'est perdu : raccourcissez.")
        if not declared.firm:
            return "firm", Refusal("firm", "Dites dans quelle entreprise. Rien n'est perdu.")
        if declared.link not in LINKS:
            return "link", Refusal("link", "Dites quel est ce lien. Rien n'est perdu.")
        if declared.none or declared.statements:
            return "firm", Refusal("both", "Ne cochez rien si vous déclarez un intérêt.")
        return None
    if way == TICK and not declared.none:
        return "none", Refusal("undeclared", "Cochez cette phrase, ou déclarez un intérêt. Rien n'est parti, rien n'est perdu.")
    if way == FORM and set(declared.statements) != set(STATEMENTS):
        return "statements", Refusal(
            "undeclared", "Cochez chaque phrase, ou déclarez un intérêt. Rien n'est parti, rien n'est perdu."
        )
    return None


def author_refusal(is_author: bool, cents: int, limit_cents: int, others: Collection[str]) -> Refusal | None:
    """Who described a need does not choose above the city's limit; `others` may."""
    if not is_author or cents <= limit_cents:
        return None
    who = f"Peuvent choisir : {', '.join(others)}." if others else "Faites donner le rôle d'acheteur à une autre personne."
    return Refusal(
        "author_chooses",
        f"Vous avez décrit ce besoin : au-dessus de {format_cents(limit_cents)} HT, une autre personne choisit. {who} "
        "Rien n'est perdu.",
    )
