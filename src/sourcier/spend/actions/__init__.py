"""The verbs of spend."""

from sourcier.spend.actions.city_rules import add_rule, end_rule
from sourcier.spend.actions.commitments import commit
from sourcier.spend.actions.families import load_families

__all__ = ["add_rule", "commit", "end_rule", "load_families"]
