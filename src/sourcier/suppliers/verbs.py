"""Journal verbs of suppliers, in the stream of the city: a firm belongs to no operation."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("contact.added", "{name} a noté un contact de {firm} : {value} ({source}).", personal=("name", "value", "person")),
    Verb("contact.removed", "{name} a retiré un contact de {firm} : {value}.", personal=("name", "value")),
    Verb("contact.failing", "L'adresse {value} de {firm} est en échec : {why}", personal=("value",)),
    Verb(
        "contacts.imported", "{name} a importé {read} contacts depuis {source} ; {unread} lignes non lues.", personal=("name",)
    ),
    Verb("firm.unsubscribed", "{firm} a demandé à ne plus recevoir de courrier."),
    Verb("firm.trade_left", "{firm} a dit que ce n'est plus son métier."),
    Verb("firm.closed", "{firm} a dit avoir fermé ou vendu."),
)
