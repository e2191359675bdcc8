"""Journal verbs of mail. Sealed messages (receipts of answers) stay hidden until the opening."""

from sourcier.journal.registry import Verb

_PERSONAL = ("to_address", "to_name", "subject")
_TEXT = ("to_number", "to_name")

VERBS = (
    Verb("message.sent", "Message envoyé à {to_name} ({to_address}) : {subject}", personal=_PERSONAL),
    Verb("message.failed", "Message non remis à {to_name} ({to_address}) : {subject}. {error}", personal=_PERSONAL),
    Verb("message.deferred", "Message pas encore remis à {to_name} ({to_address}) : {subject}. {error}", personal=_PERSONAL),
    Verb(
        "message.deferred.sealed",
        "Message pas encore remis à {to_name} ({to_address}) : {subject}. {error}",
        personal=_PERSONAL,
        sealed=True,
    ),
    Verb("message.sent.sealed", "Message envoyé à {to_name} ({to_address}) : {subject}", personal=_PERSONAL, sealed=True),
    Verb(
        "message.failed.sealed",
        "Message non remis à {to_name} ({to_address}) : {subject}. {error}",
        personal=_PERSONAL,
        sealed=True,
    ),
    Verb("text.sent", "SMS envoyé à {to_name} ({to_number}).", personal=_TEXT),
    Verb("text.sent.sealed", "SMS envoyé à {to_name} ({to_number}).", personal=_TEXT, sealed=True),
    Verb("text.failed", "SMS non remis à {to_name} ({to_number}). {error}", personal=_TEXT),
    Verb("text.failed.sealed", "SMS non remis à {to_name} ({to_number}). {error}", personal=_TEXT, sealed=True),
    Verb("text.deferred", "SMS pas encore remis à {to_name} ({to_number}). {error}", personal=_TEXT),
    Verb("text.deferred.sealed", "SMS pas encore remis à {to_name} ({to_number}). {error}", personal=_TEXT, sealed=True),
    Verb("text.delivered", "SMS remis à {to_name} ({to_number}).", personal=_TEXT),
    Verb("text.delivered.sealed", "SMS remis à {to_name} ({to_number}).", personal=_TEXT, sealed=True),
    Verb("text.lost", "SMS jamais remis à {to_name} ({to_number}).", personal=_TEXT),
    Verb("text.lost.sealed", "SMS jamais remis à {to_name} ({to_number}).", personal=_TEXT, sealed=True),
    Verb("text.received", "Un SMS est arrivé de {firm}.", sealed=True),
    Verb("text.unknown", "Un SMS est arrivé d'un numéro que la ville n'a pas interrogé. Il est gardé fermé."),
    Verb("text.opened", "Le SMS de {firm} du {received_at:moment} est lisible.", personal=("words", "rows")),
    Verb("text.stopped", "Le {number} a répondu STOP : plus aucun SMS n'y part. {firm}", personal=("number", "firm", "rows")),
    Verb("mail.received", "Un courriel est arrivé à l'adresse de {firm}.", sealed=True),
    Verb("mail.unknown", "Un courriel est arrivé sans adresse connue. Il est gardé fermé.", personal=("sender",)),
    # Sealed: it tells which firm wrote about an operation.
    Verb(
        "mail.filed",
        "{name} a classé ici, fermé, le courriel de {sender} arrivé le {received_at:moment}.",
        personal=("name", "sender", "rows"),
        sealed=True,
    ),
    Verb(
        "mail.read_apart",
        "{name} a lu, sans le classer, le courriel de {sender} arrivé le {received_at:moment} : {reason}",
        personal=("name", "sender", "subject", "reason", "rows"),
    ),
    Verb(
        "mail.set_aside",
        "{name} a écarté, pas pour la mairie, le courriel de {sender} arrivé le {received_at:moment}.",
        personal=("name", "sender", "rows"),
    ),
    Verb("mail.opened", "Le courriel de {firm} du {received_at:moment} est lisible.", personal=("sender", "subject", "text")),
    Verb(
        "exchange.filed",
        "Échange versé ({channel}), daté du {occurred_at:moment} : {correspondent}.",
        personal=("correspondent", "summary", "file"),
    ),
)
