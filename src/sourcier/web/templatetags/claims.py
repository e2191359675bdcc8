"""What a firm says of a constraint, as a word, a sign and a colour: never a colour alone."""

from django import template

from sourcier.matching.capacities import State
from sourcier.sourcing import constraints

register = template.Library()
SIGNS = {State.MET: ("✓", "ok"), State.NOT_MET: ("✕", "warn"), State.UNKNOWN: ("?", "neutral")}


@register.filter
def state_words(state: str) -> str:
    """« tenue », « non tenue », « inconnue »."""
    return constraints.state_words(state)


@register.filter
def state_sign(state: str) -> str:
    """The sign shown before the word."""
    return SIGNS[State(state)][0]


@register.filter
def state_tag(state: str) -> str:
    """The class of its tag."""
    return SIGNS[State(state)][1]
