"""Journal verbs of quotes. Those of an answer are sealed: hidden from the city until the opening."""

from sourcier.journal.registry import Verb

ANSWER_VERBS = (
    Verb("answer.document_joined", "{firm} a joint un document, avant d'envoyer sa réponse.", ("name",), sealed=True),
    Verb("answer.document_removed", "{firm} a retiré un document de son brouillon.", ("name",), sealed=True),
    Verb("answer.received", "{firm} a répondu : récépissé {receipt}.", ("signer", "email"), sealed=True),
    Verb("answer.late", "{firm} a répondu après la date limite : {receipt}, gardée fermée.", ("signer", "email"), sealed=True),
    Verb("answer.declined", "{firm} ne répondra pas : {reason}. Récépissé {receipt}.", ("signer",), sealed=True),
    Verb("answer.withdrawn", "{firm} a retiré sa réponse {receipt}.", sealed=True),
)

VERBS = ANSWER_VERBS
