"""How long each kind of record is kept, from which event, under which article, and what becomes of it then. Pure."""

from dataclasses import dataclass, replace
from datetime import date

from sourcier.law.book import SERVICES, WORKS

PROCEDURE, CONTRACT, CONTACT, ACCOUNT, IDEA = "procedure", "contract", "contact", "account", "idea"
ORDERS, YEAR = "orders", "year"
PROOF = "proof"
DESTROY, KEEP = "Destroy", "Keep"
KINDS = {
    PROCEDURE: "Dossier de la consultation et offres non retenues",
    CONTRACT: "Pièces du contrat",
    CONTACT: "Coordonnées d'une entreprise",
    IDEA: "Idée proposée par une entreprise",
    ACCOUNT: "Compte d'une personne partie",
    ORDERS: "Commandes importées du logiciel financier",
    YEAR: "Dossier de l'année",
}


@dataclass(frozen=True, slots=True)
class Term:
    """`years` counted from `event`, then `fate`; `archives`: the archives service signs before anything is destroyed."""

    kind: str
    years: int
    event: str
    article: str
    archives: bool
    fate: str = DESTROY

    @property
    def code(self) -> str:
        """The duration, as ISO 8601 writes it."""
        return f"P{self.years}Y"


def term(kind: str, nature: str = "") -> Term:
    """The rule for a kind of record. `nature` is that of the purchase; when nobody has said it, the longest term holds."""
    if kind == PROCEDURE:
        return Term(kind, 5, "la notification du contrat", "article R.2184-12 du code de la commande publique", True)
    if kind == CONTRACT:
        years = 10 if nature in ("", WORKS) else 5
        return Term(kind, years, "la fin d'exécution du contrat", "article R.2184-13 du code de la commande publique", True)
    if kind == CONTACT:
        return Term(kind, 3, "le dernier contact", "article 5, 1, e) du RGPD ; durée usuelle selon la CNIL", False)
    if kind == IDEA:
        return Term(kind, 3, "la réponse de la ville", "article 5, 1, e) du RGPD ; durée usuelle selon la CNIL", False)
    if kind == ACCOUNT:
        return Term(kind, 1, "le départ de la personne", "article 5, 1, e) du RGPD ; durée choisie par la ville", False)
    if kind == ORDERS:
        return Term(kind, 10, "la fin de l'exercice", "article 5, 1, e) du RGPD ; durée choisie par la ville", False)
    if kind == YEAR:
        # It copies orders, and goes no later than they do.
        return Term(kind, 10, "la fin de l'exercice", "article 5, 1, e) du RGPD ; durée choisie par la ville", True)
    raise ValueError(f"{kind} is not a kind of record")


def terms() -> tuple[Term, ...]:
    """Every rule, for who reads the whole book; the two terms of a contract are both said."""
    return tuple(term(kind, nature) for kind in KINDS for nature in (("", SERVICES) if kind == CONTRACT else ("",)))


def proof_of(rule: Term) -> Term:
    """What proves a record: entries, signatures, stamps. No erasure takes them: they tell that it was, and when it went."""
    return replace(rule, kind=PROOF, fate=KEEP)


def last_day(start: date, years: int) -> date:
    """The last day of the duty to keep; what was kept may go the day after."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, month=2, day=28)
