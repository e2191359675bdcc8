"""Journal verbs of needs, in the stream of the operation; those of the lanes, which the city sets, in the city's own."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("need.started", "{name} a décrit le besoin {reference} : « {sentence} ».", personal=("name",)),
    Verb("need.taken_over", "{name} a repris l'achat {source} sous la référence {reference}.", personal=("name",)),
    Verb("need.begun_from", "{name} est parti de l'achat {source} pour décrire {reference}.", personal=("name",)),
    Verb(
        "need.split",
        "{name} a fait deux besoins de cette phrase : « {sentence} » devient {reference}.",
        personal=("name",),
    ),
    Verb("need.department_changed", "{name} décrit le besoin pour la direction {department}.", personal=("name",)),
    Verb("need.saved", "{name} a précisé le besoin.", personal=("name",)),
    Verb("need.places_set", "{name} a indiqué les lieux de livraison.", personal=("name",)),
    Verb("need.lots_set", "{name} a indiqué les lots.", personal=("name",)),
    Verb("need.activities_ticked", "{name} a retenu les activités {codes}.", personal=("name",)),
    Verb("need.submitted", "{name} a envoyé le besoin à l'acheteur.", personal=("name",)),
    Verb("need.accepted", "{name} a accepté le besoin.", personal=("name",)),
    Verb("need.led_by_author", "{name} conduit cet achat. {sentence}", personal=("name",)),
    Verb("need.lane_raised", "Cet achat change de voie. {sentence}"),
    Verb("need.handed_over", "Cet achat passe à un acheteur. {sentence}", personal=("by", "reason")),
    Verb("need.sent_back", "{name} a renvoyé le besoin : {reason}", personal=("name",)),
    Verb("need.joined", "{name} compte cet achat avec d'autres : {label}.", personal=("name",)),
    Verb("need.rule_kept", "{name} a retenu la règle du jour.", personal=("name",)),
    Verb(
        "need.crossing_allowed",
        "{name} a décidé de continuer au-delà de la limite : {reason}",
        personal=("name",),
        overrules=True,
    ),
    Verb(
        "need.ordered_on_contract",
        "{name} a commandé sur un marché en cours, « {object} », pour ce besoin : il est clos.",
        personal=("name",),
    ),
    Verb("need.not_this_contract", "{name} a dit que le marché « {object} » n'est pas ce besoin.", personal=("name",)),
    Verb(
        "need.beside_contract",
        "{name} a décidé d'aller ailleurs que sur le marché « {object} » : {reason}",
        personal=("name",),
        overrules=True,
    ),
    Verb(
        "need.renews_contract",
        "{name} a préparé le besoin {reference} pour remplacer le marché « {object} », qui finit.",
        personal=("name",),
    ),
    Verb(
        "interest.declared",
        "{name} a déclaré {what} dans les entreprises de cet achat.",
        personal=("name", "firm", "link", "words"),
    ),
    Verb(
        "interest.stand_in",
        "{name} a désigné {stand_in} à la place de {absent} pour cet achat.",
        personal=("name", "absent", "stand_in"),
    ),
    Verb("need.closed", "{name} a clos le besoin : {reason}", personal=("name",)),
    Verb("need.said", "{name} a écrit un message.", personal=("name", "text")),
    Verb("need.message_settled", "{name} a lu le dernier message : il n'appelle pas de réponse.", personal=("name",)),
    Verb("lane_rule.added", "{name} a réglé une voie : {words}", personal=("name",)),
    Verb("lane_rule.ended", "{name} a mis fin à une voie : {words}", personal=("name",)),
)
