"""The read side of quotes. Nothing of an answer leaves it before the opening."""

from sourcier.quotes.queries.work import awaiting

__all__ = ["awaiting"]
