"""How full a family, a unit or an operation is, with one need: in a gauge and a sentence, from the first estimate on."""

from typing import Any

from django.utils import timezone

from sourcier.kernel.money import format_cents
from sourcier.law.book import WORKS
from sourcier.needs import queries
from sourcier.needs.models import Need
from sourcier.spend.rules import Use

OVER = (Need.State.AWARDED, Need.State.CLOSED)


def fullness(need: Need) -> dict[str, Any]:
    """The gauge of its family, known or proposed, as soon as an amount is; nothing once it is chosen or closed."""
    if need.estimate_cents is None or need.state in OVER:
        return {}
    family = need.family or queries.proposed_family(need)
    if family is None:
        return {}
    rule = queries.rule_of_day(need, family, need.kind or family.kind, timezone.localdate())
    said = {"counted": need.length.words(need.estimate_cents), "fullness_family": None if need.family else family}
    return said | {"fullness": gauge(rule)}


def gauge(rule: dict[str, Any]) -> dict[str, Any] | None:
    """The gauge of an advice and its sentence (WORDS 42); None when the day has no limit or the need no amount."""
    if "limit_cents" not in rule or "amount_cents" not in rule:
        return None
    use = Use(rule["used_cents"], rule["amount_cents"], rule["limit_cents"])
    what, year = _added_up(rule)
    return {
        "use": use,
        "sentence": f"Avec cet achat, {what} atteint {use.percent}\u00a0% de la limite de "
        f"{format_cents(use.limit_cents)}\u00a0HT{year}.",
    }


def _added_up(rule: dict[str, Any]) -> tuple[str, str]:
    """What reached the limit, and for which year."""
    if rule.get("sum_of") == "unit":
        nature = "l'opération" if rule["unit_nature"] == "works" else "l'unité"
        return f"{nature} «\u00a0{rule['unit_label']}\u00a0»", ""
    if rule["kind"] == WORKS:
        return "l'opération", ""
    return f"la famille {rule.get('family_label', 'sans nom')}", f" pour {rule['on'][:4]}"
