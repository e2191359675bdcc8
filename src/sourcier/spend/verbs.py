"""Journal verbs of spend. A commitment has none of its own: the entry of the choice vouches for its row."""

from sourcier.journal.registry import Verb

VERBS = (Verb("families.loaded", "La nomenclature des achats a reçu {count} familles.", personal=("name",)),)
