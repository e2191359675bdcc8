"""Journal verbs of the journal itself."""

from sourcier.journal.registry import Verb

ERASED = "payload.erased"

VERBS = (Verb(ERASED, "Le contenu de {count} écriture(s) a été effacé : {reason}."),)
