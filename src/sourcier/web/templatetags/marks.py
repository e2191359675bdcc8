"""Filters of the comparison: marks, ranks, refusals in words. Built in like `french`."""

from typing import Any
from uuid import UUID

from django import template

from sourcier.kernel.money import format_cents
from sourcier.quotes.answer_rules import DECLINE_REASONS
from sourcier.quotes.models import Submission
from sourcier.quotes.queries.comparison import Comparison

register = template.Library()


@register.filter
def mark(hundredths: int | None) -> str:
    """« 87,5 » from 8750; a dash while it is unknown."""
    if hundredths is None:
        return "–"
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{f'{rest:02d}'.rstrip('0')}" if rest else str(whole)


@register.filter
def mark_of(marks: dict[UUID, int | None], criterion_id: UUID) -> str:
    return mark(marks.get(criterion_id))


@register.filter
def offer_words(comparison: Comparison, value: Any) -> str:
    """« 18 240 € HT · note 87,5 · rang 1 » of the offer whose id is `value`; empty for another choice."""
    offer = next((offer for offer in comparison.offers if str(offer.submission.pk) == str(value)), None)
    if offer is None:
        return ""
    total = f"{format_cents(offer.total_cents)} HT" if offer.total_cents is not None else "prix incomplet"
    rank = f" · note {mark(offer.total_mark)} · rang {offer.rank}" if offer.rank else ""
    left = f" · ne sert pas : {', '.join(offer.unserved)}" if offer.unserved else ""
    identity = " · identité non vérifiée" if offer.submission.invitation.unverified else ""
    return total + rank + left + identity


@register.filter
def decline_words(submission: Submission) -> str:
    """The reason of a refusal, with its note."""
    label = DECLINE_REASONS.get(submission.decline_reason, submission.decline_reason)
    return f"{label} · {submission.decline_note}" if submission.decline_note else label
