"""Journal verbs of spend. A commitment has none of its own: the entry of the choice vouches for its row."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("families.loaded", "La nomenclature des achats a reçu {count} familles.", personal=("name",)),
    Verb(
        "families.imported",
        "{name} a importé la nomenclature de {year} : {added} familles ajoutées, {retired} retirées, {changed} changées.",
        personal=("name",),
    ),
    Verb("family.added", "{name} a ajouté la famille {code} {label}.", personal=("name",)),
    Verb("family.changed", "{name} a changé la famille {code} : {label}.", personal=("name",)),
    Verb("city_rule.added", "{name} a ajouté une règle de la ville : {sentence}", personal=("name",)),
    Verb("city_rule.ended", "{name} a mis fin à une règle de la ville : {sentence}", personal=("name",)),
    Verb("unit.opened", "{name} a ouvert « {label} » ({nature}) : {reason}", personal=("name",)),
    Verb("orders.handed_over", "{name} a donné un export de commandes à importer.", personal=("name",)),
    Verb("orders.columns_chosen", "{name} a dit ce que tient chaque colonne d'un export de commandes.", personal=("name",)),
    Verb("orders.imported", "{orders} commandes du logiciel financier sont importées."),
    Verb("orders.refused", "Un export de commandes est refusé : rien n'en est compté."),
    Verb("contracts.handed_over", "{name} a donné une liste de marchés en cours.", personal=("name",)),
    Verb(
        "contracts.imported",
        "{name} a importé une liste de marchés en cours : {added} nouveaux, {updated} mis à jour.",
        personal=("name",),
    ),
    Verb("contract.added", "{name} a ajouté le marché en cours « {object} ».", personal=("name",)),
    Verb("contract.changed", "{name} a mis à jour le marché en cours « {object} ».", personal=("name",)),
    Verb("orders.withdrawn", "{name} a annulé un import de {orders} commandes : {reason}", personal=("name",)),
)
