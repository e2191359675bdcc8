"""Journal verbs of spend. A commitment has none of its own: the entry of the choice vouches for its row."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("families.loaded", "La nomenclature des achats a reçu {count} familles.", personal=("name",)),
    Verb("city_rule.added", "{name} a ajouté une règle de la ville : {sentence}", personal=("name",)),
    Verb("city_rule.ended", "{name} a mis fin à une règle de la ville : {sentence}", personal=("name",)),
    Verb("unit.opened", "{name} a ouvert « {label} » ({nature}) : {reason}", personal=("name",)),
    Verb("orders.handed_over", "{name} a donné un export de commandes à importer.", personal=("name",)),
    Verb("orders.columns_chosen", "{name} a dit ce que tient chaque colonne d'un export de commandes.", personal=("name",)),
    Verb("orders.imported", "{orders} commandes du logiciel financier sont importées."),
    Verb("orders.refused", "Un export de commandes est refusé : rien n'en est compté."),
    Verb("orders.withdrawn", "{name} a annulé un import de {orders} commandes : {reason}", personal=("name",)),
)
