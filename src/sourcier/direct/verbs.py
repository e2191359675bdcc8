"""Journal verbs of direct purchases, in the stream of their operation."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("direct.recorded", "{name} a acheté directement à {firm} : {amount} HT. Raison : {why}.", personal=("name", "note")),
    Verb("direct.cancelled", "{name} a annulé l'achat direct à {firm} : {reason}", personal=("name", "reason")),
)
