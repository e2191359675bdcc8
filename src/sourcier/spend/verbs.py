"""Journal verbs of spend. A commitment has none of its own: the entry of the choice vouches for its row."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("families.loaded", "La nomenclature des achats a reçu {count} familles.", personal=("name",)),
    Verb("city_rule.added", "{name} a ajouté une règle de la ville : {sentence}", personal=("name",)),
    Verb("city_rule.ended", "{name} a mis fin à une règle de la ville : {sentence}", personal=("name",)),
)
