"""The verbs of insights."""

from sourcier.insights.actions.together import ask_to_look, explain, join

__all__ = ["ask_to_look", "explain", "join"]
