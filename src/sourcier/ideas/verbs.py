"""Journal verbs of ideas, in the stream of the city: an idea belongs to no operation."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb(
        "idea.received",
        "Une idée est reçue de {firm} (récépissé {number}), à répondre avant le {answer_by} : {department}.",
        personal=("firm", "email", "words", "trade"),
    ),
    Verb("idea.routed", "{name} a orienté l'idée {number} vers {department}.", personal=("name",)),
    Verb("idea.checked", "{name} a vérifié qui propose l'idée {number} : {how}", personal=("name", "how")),
    Verb("idea.answered", "{name} a répondu à l'idée {number}.", personal=("name", "answer")),
    Verb("idea.untold", "La réponse à l'idée {number} n'a pas atteint son adresse."),
    Verb("idea.told", "La réponse à l'idée {number} est transmise : {how}", personal=("how",)),
)
