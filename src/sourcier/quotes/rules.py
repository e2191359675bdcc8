"""Marks, totals and ranks; who may open, evaluate and choose, and when. Pure: the time is an argument."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from sourcier.kernel.money import round_half_up
from sourcier.kernel.transitions import Refusal

SHORTEST_REASON = 20  # characters: « moins cher » tells an auditor nothing
BEST_MARK = 10_000  # marks are hundredths of a point: 100,00


def _proportional(lowest: int, price: int) -> Decimal:
    return Decimal(BEST_MARK * lowest) / price


def _linear(lowest: int, price: int) -> Decimal:
    return max(Decimal(0), Decimal(BEST_MARK * (2 * lowest - price)) / lowest)


@dataclass(frozen=True, slots=True)
class PriceFormula:
    """How a price becomes a mark out of 100; the sentence is announced to the firms."""

    label: str
    sentence: str
    mark: Callable[[int, int], Decimal]


PRICE_FORMULAS: Mapping[str, PriceFormula] = {
    "proportional": PriceFormula(
        "Proportionnelle",
        "Note du prix = 100 × prix le plus bas ÷ prix proposé.",
        _proportional,
    ),
    "linear": PriceFormula(
        "Écart au plus bas",
        "Note du prix = 100 moins le pourcentage d'écart avec le prix le plus bas ; jamais moins de 0.",
        _linear,
    ),
}


def price_marks(formula: str, totals: Mapping[str, int]) -> dict[str, int]:
    """Mark (hundredths of a point, 0 to 10 000) of each total in cents; a free offer leaves 0 to the others."""
    if not totals:
        return {}
    mark = PRICE_FORMULAS[formula].mark
    lowest = min(totals.values())
    if lowest <= 0:
        return {key: BEST_MARK if total == lowest else 0 for key, total in totals.items()}
    return {key: round_half_up(mark(lowest, total)) for key, total in totals.items()}


def judged_mark(values: Sequence[int]) -> int:
    """Mean of the evaluators' marks (0 to 100 each), in hundredths of a point."""
    return round_half_up(Decimal(sum(values) * 100) / len(values))


def weighted_total(weights_and_marks: Sequence[tuple[int, int]]) -> int:
    """Total in hundredths of a point, from `(weight in percent, mark in hundredths)`."""
    return round_half_up(Decimal(sum(weight * mark for weight, mark in weights_and_marks)) / 100)


def ranks(totals: Mapping[str, int]) -> dict[str, int]:
    """Rank of each total, best first; equals share a rank, and the next one is skipped (1, 2, 2, 4)."""
    return {key: 1 + sum(other > total for other in totals.values()) for key, total in totals.items()}


def may_open(state: str, deadline: datetime | None, at: datetime, reference_chosen: bool, priced: bool) -> Refusal | None:
    """Guard of the opening; `priced` is False for an information request, which needs no reference."""
    if state == "open" or (deadline is not None and at <= deadline):
        return Refusal("before_deadline", "Personne ne voit les réponses avant la date limite. Vous non plus.")
    if state != "closed":
        return Refusal("already_opened", "Les réponses sont déjà ouvertes.")
    if priced and not reference_chosen:
        return Refusal(
            "no_reference", "Dites d'abord à quoi le prix sera comparé : dernier prix payé, estimation, ou sans référence."
        )
    return None


def may_evaluate(state: str, round_pending: bool) -> Refusal | None:
    """Guard of marks, clarifications, last prices and the choice."""
    if state == "chosen" or state == "done":
        return Refusal("chosen", "Le choix est fait : il ne change plus.")
    if state != "opened":
        return Refusal("not_opened", "Les réponses ne sont pas encore ouvertes.")
    if round_pending:
        return Refusal("last_price_pending", "Un dernier prix est attendu : ouvrez-le après sa date limite, puis continuez.")
    return None


def mark_problem(
    value: int | None, note: str, reason: str, given: tuple[int, str] | None
) -> tuple[Literal["value", "reason"], Refusal] | None:
    """`(field, refusal)` of a mark typed by an evaluator; `given`: his present mark and note, that this one corrects."""
    if value is None:
        return "value", Refusal("no_value", "Écrivez la note, de 0 à 100.")
    if not 0 <= value <= 100:
        return "value", Refusal("out_of_range", "Une note va de 0 à 100.")
    if given and given != (value, note) and not reason.strip():
        return "reason", Refusal("no_reason", "Vous corrigez une note déjà donnée : dites pourquoi.")
    return None


def may_choose(own_missing: bool, unfinished: Sequence[tuple[str, int]], rationale: str) -> Refusal | None:
    """Guard of the choice, once the answers are open; `unfinished`: the others who have begun, with their marks to give."""
    if own_missing:
        return Refusal("scores_missing", "Donnez d'abord vos notes à chaque réponse comparée, pour chaque critère annoncé.")
    if unfinished:
        who = " et ".join(f"{name} (encore {count} note{'s' if count > 1 else ''})" for name, count in unfinished)
        return Refusal(
            "marks_unfinished", f"Des notes ne sont pas finies : {who}. Attendez-les, ou faites-les retirer avec une raison."
        )
    return too_short(rationale)


def too_short(reason: str) -> Refusal | None:
    """A reason of the choice is a sentence; the refusal says by how much it falls short."""
    missing = SHORTEST_REASON - len(reason.strip())
    if missing == SHORTEST_REASON:
        return Refusal("no_reason", "Dites pourquoi, en une phrase ou deux : le dossier gardera votre raison.")
    if missing > 0:
        return Refusal(
            "no_reason",
            f"Expliquez un peu plus, en une phrase : il manque {missing} caractère{'s' if missing > 1 else ''}. "
            "Le dossier gardera votre raison.",
        )
    return None


def may_bind(unverified: bool, who: str) -> Refusal | None:
    """Guard of the answer chosen and of its stand-in: the city knows who answered."""
    if unverified:
        return Refusal(
            "identity",
            f"{who} : identité non vérifiée. Appelez l'entreprise à un numéro que vous connaissez d'ailleurs, puis notez la "
            "vérification sur la page de sa réponse. Le choix sera possible ensuite.",
        )
    return None
