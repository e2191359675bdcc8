"""Pure decisions about a direct purchase: is it small enough, is one firm alone allowed, who cancels it."""

from collections.abc import Collection, Mapping
from typing import Any

from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refusal
from sourcier.law.advice import EXEMPT, UNKNOWN
from sourcier.law.reasons import reason, reasons_refusal

BUYS = frozenset({"requester", "buyer", "head_buyer"})
PURCHASING = frozenset({"buyer", "head_buyer"})
OTHERS = 3
RADII_M = (5_000, 20_000, 50_000)
MAX_FILES = 10
LENGTHS = {"note": 1_000, "cancel_reason": 500}


def amount_refusal(cents: int | None, below_cents: int) -> Refusal | None:
    """An amount that this page does not take, and what to do instead."""
    if below_cents <= 0:
        return Refusal("closed_way", "La ville n'a pas ouvert l'achat direct : décrivez un besoin.")
    if cents is None or cents <= 0:
        return Refusal("amount", "Écrivez un montant plus grand que zéro, par exemple 240.")
    if cents >= below_cents:
        return Refusal(
            "too_much",
            f"À partir de {format_cents(below_cents)} HT, la ville demande un besoin, lu par un acheteur. Rien n'est perdu : "
            "« Demander aussi un devis à 3 autres » garde tout ce que vous avez écrit.",
        )
    return None


def limit_refusal(rule: Mapping[str, Any]) -> Refusal | None:
    """The family reaches the law's limit with it: nobody decides so alone, on one screen."""
    if rule["procedure"] == EXEMPT:
        return None
    if rule["procedure"] == UNKNOWN:
        return Refusal("unknown_day", "Règle inconnue ce jour-là : un acheteur doit la dire. Faites-en un besoin.")
    named = f"la famille {rule['family_label']}" if "family_label" in rule else "cet achat"
    return Refusal(
        "limit",
        f"Avec cet achat, {named} atteint {format_cents(rule['total_cents'])} HT dans l'année. La limite de la loi est de "
        f"{format_cents(rule['limit_cents'])} HT : un acheteur doit en décider. Faites-en un besoin : tout est gardé.",
    )


def why_refusal(ticked: Collection[str], note: str) -> tuple[str, Refusal] | None:
    """`(field, refusal)` of the reasons: one at least, and in words what a special case of the law must show."""
    if refusal := reasons_refusal(ticked):
        return "reasons", refusal
    special = next((found for each in ticked if not (found := reason(each)).small), None)
    if special and not note.strip():
        return "note", Refusal("no_note", f"« {special.label} » : {special.shows[:1].lower()}{special.shows[1:]}")
    return None


def may_cancel(roles: Collection[str], cancelled: bool) -> Refusal | None:
    """Who buys for the department may say that a purchase was not made, or was wrongly recorded; once."""
    if BUYS.isdisjoint(roles):
        return Refusal("wrong_role", "Votre rôle ne permet pas d'annuler cet achat.")
    return Refusal("cancelled", "Cet achat est déjà annulé.") if cancelled else None
