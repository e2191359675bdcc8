"""Journal verbs of insights: what a head buyer decided of purchases that are shown together."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("together.joined", "{name} compte ensemble {count} achats : {unit}", personal=("name",)),
    Verb(
        "together.explained",
        "{name} explique pourquoi {count} achats sont distincts : {reason}",
        personal=("name",),
        overrules=True,
    ),
)
