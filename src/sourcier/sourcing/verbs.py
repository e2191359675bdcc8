"""Journal verbs of sourcing, all in the stream of the operation. The sealed ones say who, which the city may not know yet."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("sourcing.started", "{name} a commencé une consultation : {kind_words}, « {title} ».", personal=("name",)),
    Verb(
        "sourcing.asked_again",
        "{name} a relancé plus largement « {title} », avec la demande et les entreprises gardées ({count}) de la précédente.",
        personal=("name", "rows"),
    ),
    Verb("sourcing.kind_changed", "{name} a changé la consultation : {kind_words}.", personal=("name",)),
    Verb(
        "panel.searched",
        "{name} a cherché les entreprises : {total} à moins de {radius_words}, dont {undisclosed} non diffusibles.",
        personal=("name",),
    ),
    Verb(
        "panel.searched_around",
        "{name} a cherché les entreprises autour de {around} : {total} à moins de {radius_words}, dont {undisclosed} non "
        "diffusibles.",
        personal=("name",),
    ),
    Verb("panel.kept", "{name} a gardé des entreprises ({count}).", personal=("name", "firms", "rows")),
    Verb("panel.dropped", "{name} a écarté {firm} : {reason}", personal=("name", "firm", "rows")),
    Verb("panel.added", "{name} a ajouté {firm}.", personal=("name", "firm", "firms", "rows")),
    Verb(
        "panel.closed_since",
        "D'après le nouveau répertoire, {count} entreprise(s) gardée(s) ont fermé depuis : {names}.",
        personal=("firms", "names", "rows"),
    ),
    Verb(
        "panel.open_again",
        "D'après le nouveau répertoire, {count} entreprise(s) gardée(s) sont de nouveau ouvertes : {names}.",
        personal=("firms", "names", "rows"),
    ),
    Verb("panel.again", "{name} propose {firm} de nouveau : {reason}", personal=("name", "firm", "rows"), overrules=True),
    Verb(
        "panel.listed",
        "{name} a demandé de proposer {count} entreprises par tirage n° {number} : la liste de {among} est figée.",
        personal=("name", "firms", "left_out", "reason"),
        anchored=True,
    ),
    Verb(
        "panel.drawn",
        "Le tirage n° {number} a proposé {drawn} entreprises parmi {among} : {chance}.",
        personal=("proposed", "rows"),
    ),
    Verb("request.saved", "{name} a préparé la demande.", personal=("name",)),
    Verb("request.document_joined", "{name} a joint « {file} » à la demande.", personal=("name",)),
    Verb("request.document_removed", "{name} a retiré « {file} » de la demande.", personal=("name",)),
    Verb("glance.asked", "{name} a demandé le regard d'un acheteur sur « {title} ».", personal=("name",)),
    Verb("glance.good", "{name} a regardé la demande : elle peut partir.", personal=("name",)),
    Verb("glance.again", "{name} a regardé la demande, à reprendre : {reason}", personal=("name",)),
    Verb("glance.taken_back", "{name} a repris la demande pour la changer.", personal=("name",)),
    Verb(
        "sourcing.sent",
        "{name} a envoyé la demande à {count} entreprises : {channels}. Date limite : {deadline_words}.",
        personal=("name", "firms", "excluded", "rotation", "rows"),
    ),
    Verb(
        "sourcing.widened",
        "{name} a interrogé {count} entreprises de plus, avec la même demande : {channels}.",
        personal=("name", "firms", "excluded", "rotation", "rows"),
    ),
    Verb("sourcing.extended", "{name} a reporté la date limite au {deadline_words}, pour tous : {reason}", personal=("name",)),
    Verb("request.corrected", "{name} a corrigé la demande, pour tous : {text}", personal=("name",)),
    Verb("sourcing.closed", "La date limite est passée : {deadline_words}.", anchored=True),
    Verb("sourcing.ended", "{name} a arrêté la consultation avant l'ouverture : {reason}", personal=("name",)),
    Verb(
        "invitation.readdressed",
        "{name} a corrigé l'adresse de {firm} ; l'ancien lien est mort.",
        personal=("name", "firm", "address", "rows"),
    ),
    Verb("invitation.by_letter", "{name} joindra {firm} autrement que par courriel.", personal=("name", "firm", "rows")),
    Verb("letter.printed", "{name} a imprimé les courriers ({count}).", personal=("name", "firms")),
    Verb("letter.posted", "{name} a remis le courrier de {firm} : {how}.", personal=("name", "firm", "rows")),
    Verb("letters.posted", "{name} a remis les courriers ({count}) : {how}.", personal=("name", "firms", "rows")),
    Verb("letter.returned", "{name} a noté le retour du courrier de {firm} : {why}.", personal=("name", "firm", "why", "rows")),
    Verb("relay.needed", "{firm} est à prévenir autrement : {subject}.", personal=("firm", "rows")),
    Verb("relay.told", "{name} a prévenu {firm} autrement : {how}.", personal=("name", "firm", "rows")),
    Verb("invitation.again", "Une entreprise a redemandé le lien de sa demande.", personal=("firm", "siret"), sealed=True),
    Verb("question.asked", "Une entreprise a posé une question.", personal=("firm", "text", "rows"), sealed=True),
    Verb("question.answered", "{name} a répondu à une question, pour tous : {answer}", personal=("name", "question")),
    Verb("notice.come", "Une entreprise est venue par l'avis public.", personal=("siret", "firm", "email"), sealed=True),
    Verb(
        "notice.confirmed",
        "Une entreprise venue par l'avis public a confirmé son adresse.",
        personal=("siret", "firm", "email", "rows"),
        sealed=True,
    ),
    Verb(
        "notice.stopped",
        "{firm} ne veut plus de nouvelles de cette demande.",
        personal=("siret", "firm", "address", "rows"),
        sealed=True,
    ),
    Verb(
        "notice.identity_checked",
        "{name} a vérifié l'identité de {firm}, venue par l'avis public avec l'adresse {address} : {how}",
        personal=("name", "siret", "firm", "address", "how", "rows"),
    ),
)
