"""Journal verbs of the journal itself."""

from sourcier.journal.key_line import LOST, RENEWED, STOLEN
from sourcier.journal.registry import Verb

ERASED = "payload.erased"
ANCHORED = "anchor.taken"

VERBS = (
    Verb(ERASED, "Le contenu de {count} écriture(s) a été effacé : {reason}."),
    # How many entries the anchor covers stays in the payload: it would count the closed answers.
    Verb(RENEWED, "La clé de la Ville est renouvelée, et signe celle qui la suit : {fingerprint}. {reason}", anchored=True),
    Verb(LOST, "La clé de la Ville est perdue : elle ne signe plus. La nouvelle : {fingerprint}. {reason}", anchored=True),
    Verb(
        STOLEN,
        "La clé de la Ville est volée : ses signatures sont douteuses depuis le {since:moment}. "
        "La nouvelle : {fingerprint}. {reason}",
        anchored=True,
    ),
    Verb(ANCHORED, "L'horodateur {authority} a attesté l'heure du journal : {told_at:moment}."),
)
