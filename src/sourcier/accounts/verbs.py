"""Journal verbs of accounts."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("organisation.created", "La collectivité {name} a ouvert son journal."),
    Verb("organisation.updated", "L'identité de la collectivité a été modifiée : {changed}."),
    Verb("user.created", "Un compte a été créé pour {name}.", personal=("name", "email")),
    Verb("user.updated", "Les coordonnées de {name} ont été modifiées.", personal=("name",)),
    Verb("user.deactivated", "Le compte de {name} a été désactivé.", personal=("name",)),
    Verb("user.reactivated", "Le compte de {name} a été réactivé.", personal=("name",)),
    Verb("role.granted", "{name} a reçu le rôle {role}.", personal=("name",)),
    Verb("role.revoked", "{name} n'a plus le rôle {role}.", personal=("name",)),
    Verb("openers.named", "{name} a nommé qui ouvre les plis scellés : {openers}.", personal=("name", "openers", "rows")),
    Verb("department.added", "La direction {name} a été ajoutée."),
    Verb("department.renamed", "La direction {before} s'appelle maintenant {name}."),
    Verb("department.places_set", "Les lieux habituels de la direction {department} : {places}."),
    Verb("place.added", "Le lieu de livraison {name} a été ajouté.", personal=("rows",)),
    Verb("place.edited", "Le lieu de livraison {name} a été modifié : {changed}.", personal=("rows",)),
    Verb("place.deactivated", "Le lieu de livraison {name} n'est plus proposé.", personal=("rows",)),
    Verb("place.reactivated", "Le lieu de livraison {name} est proposé de nouveau.", personal=("rows",)),
)
