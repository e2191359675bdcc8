"""Journal verbs of accounts."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("organisation.created", "La collectivité {name} a ouvert son journal."),
    Verb("user.created", "Un compte a été créé pour {name}.", personal=("name", "email")),
    Verb("role.granted", "{name} a reçu le rôle {role}.", personal=("name",)),
)
