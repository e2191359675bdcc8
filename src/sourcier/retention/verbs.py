"""Journal verbs of retention. Those of an operation stay after its erasure: they are the trace of what was decided."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("retention.end_noted", "{name} a noté la fin d'exécution du contrat : {on:date}.", personal=("name",)),
    Verb("retention.held", "{name} a mis le dossier en attente, contentieux : {reason}", personal=("name", "reason")),
    Verb("retention.released", "{name} a levé l'attente : {reason}", personal=("name", "reason")),
    Verb(
        "archives.signed",
        "{name} a versé le visa du service d'archives : {reference}, du {signed_on:date}.",
        personal=("name",),
    ),
    Verb(
        "person.searched",
        "{name} a cherché les données d'une personne, à sa demande : {count} ligne(s).",
        personal=("name", "text"),
    ),
    Verb("retention.renewed", "Coordonnées d'une entreprise : un contact plus récent repousse leur fin au {ends_on:date}."),
)
# What an erasure leaves of an operation, besides its own entries.
KEPT = ("retention.end_noted", "retention.held", "retention.released", "archives.signed")
