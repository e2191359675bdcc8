"""Journal verbs of the journal itself."""

from sourcier.journal.registry import Verb

ERASED = "payload.erased"
ANCHORED = "anchor.taken"

VERBS = (
    Verb(ERASED, "Le contenu de {count} écriture(s) a été effacé : {reason}."),
    # How many entries the anchor covers stays in the payload: it would count the closed answers.
    Verb(ANCHORED, "L'horodateur {authority} a attesté l'heure du journal : {told_at:moment}."),
)
