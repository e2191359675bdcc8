"""Journal verbs of suppliers, in the stream of the city: a firm belongs to no operation."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("contact.added", "{name} a noté un contact de {firm} : {value} ({source}).", personal=("name", "value", "person")),
    Verb("contact.removed", "{name} a retiré un contact de {firm} : {value}.", personal=("name", "value")),
    Verb("contact.failing", "L'adresse {value} de {firm} est en échec : {why}", personal=("value",)),
    Verb(
        "contacts.imported", "{name} a importé {read} contacts depuis {source} ; {unread} lignes non lues.", personal=("name",)
    ),
    Verb("firm.key_given", "{name} a vérifié qui vient pour {firm} et a remis un code : {how}", personal=("name", "how")),
    Verb("firm.link_sent", "Un lien vers sa place est parti à une adresse connue de {firm}."),
    Verb("firm.claimed", "{firm} a ouvert sa place ({channel})."),
    Verb("firm.described", "{firm} a écrit dans sa place : {changed}.", personal=("values",)),
    Verb("firm.alerts_set", "{firm} a demandé à être prévenue : {wish}."),
    Verb("firm.alerts_stopped", "{firm} ne veut plus être prévenue des demandes ouvertes."),
    Verb("firm.alerted", "{firm} est prévenue de {count} demande(s) ouverte(s), comme elle l'a demandé."),
    Verb(
        "campaign.made",
        "{name} a préparé {letters} lettres pour se faire connaître : {label}, à {radius_m} m.",
        personal=("name",),
    ),
    Verb("campaign.printed", "{name} a imprimé {letters} lettres : {label}.", personal=("name",)),
    Verb(
        "campaign.posted", "{name} a noté {letters} lettres parties le {posted_on} ({label}) : {how}", personal=("name", "how")
    ),
    Verb("campaign.returned", "La lettre à {firm} est revenue : {why}", personal=("name", "why")),
    Verb(
        "firm.mail_reaches",
        "{name} : un courrier peut de nouveau atteindre {firm} : {how}",
        personal=("name", "how", "address"),
    ),
    Verb("firm.unsubscribed", "{firm} a demandé à ne plus recevoir de courrier."),
    Verb("firm.trade_left", "{firm} a dit que ce n'est plus son métier."),
    Verb("firm.closed", "{firm} a dit avoir fermé ou vendu."),
)
