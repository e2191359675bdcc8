"""Journal verbs of quotes. Those of an answer are sealed: hidden from the city until the opening."""

from sourcier.journal.registry import Verb

ANSWER_VERBS = (
    Verb("answer.document_joined", "{firm} a joint un document, avant d'envoyer sa réponse.", ("name",), sealed=True),
    Verb("answer.document_removed", "{firm} a retiré un document de son brouillon.", ("name",), sealed=True),
    Verb("answer.received", "{firm} a répondu : récépissé {receipt}.", ("signer", "email"), sealed=True),
    Verb("answer.late", "{firm} a répondu après la date limite : {receipt}, gardée fermée.", ("signer", "email"), sealed=True),
    Verb("answer.declined", "{firm} ne répondra pas : {reason}. Récépissé {receipt}.", ("signer",), sealed=True),
    Verb("answer.withdrawn", "{firm} a retiré sa réponse {receipt}.", sealed=True),
    Verb("firm.wants_news", "{firm} veut être prévenue la prochaine fois.", ("email",)),
)

CHOICE_VERBS = (
    Verb("reference.chosen", "Le prix sera comparé à : {reference}."),
    Verb("answers.opened", "Les réponses ont été ouvertes : {count} à temps, {late} trop tard."),
    Verb("score.given", "{evaluator} a noté {firm}, « {criterion} » : {value} sur 100.", ("evaluator",)),
    Verb("score.corrected", "{evaluator} a corrigé sa note de {firm}, « {criterion} » : {value} sur 100.", ("evaluator",)),
    Verb("clarification.asked", "Une précision a été demandée à {firm}."),
    Verb("clarification.answered", "{firm} a donné une précision."),
    Verb("last_price.asked", "Un dernier prix a été demandé à {count} entreprises."),
    Verb("last_price.opened", "Les derniers prix ont été ouverts : {count} reçus."),
    Verb("choice.made", "{firm} a été choisie. La raison : {rationale}"),
    Verb("lot.left", "Le lot {lot} reste sans choix. La raison : {rationale}"),
    Verb("sourcing.ended_after_opening", "La demande finit sans choix. La raison : {reason}"),
    Verb("result.told", "Le résultat est annoncé à {count} entreprises."),
    Verb("result.delivered", "{firm} a été prévenue du résultat."),
    Verb("result.undelivered", "Le message du résultat n'est pas arrivé à {firm}."),
    Verb("result.told_by_hand", "{firm} a été prévenue du résultat : {how}"),
)

VERBS = (*ANSWER_VERBS, *CHOICE_VERBS)
