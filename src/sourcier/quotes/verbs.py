"""Journal verbs of quotes. Those of an answer are sealed: hidden from the city until the opening."""

from sourcier.journal.registry import Verb

ANSWER_VERBS = (
    Verb("answer.begun", "{firm} a commencé une réponse.", sealed=True),
    Verb("answer.document_joined", "{firm} a joint un document, avant d'envoyer sa réponse.", ("name",), sealed=True),
    Verb("answer.document_removed", "{firm} a retiré un document de son brouillon.", ("name",), sealed=True),
    Verb("answer.received", "{firm} a répondu : récépissé {receipt}.", ("signer", "email"), sealed=True),
    Verb("answer.replaced", "{firm} a remplacé sa réponse {receipt}.", sealed=True),
    Verb("answer.late", "{firm} a répondu après la date limite : {receipt}, gardée fermée.", ("signer", "email"), sealed=True),
    Verb(
        "answer.paper_registered",
        "{name} a enregistré, fermé, le pli papier de {firm} : {receipt}. Gardé : {where}.",
        ("name", "where"),
        sealed=True,
    ),
    Verb("answer.by_email", "{firm} a répondu par courriel : récépissé {receipt}.", ("signer", "email"), sealed=True),
    Verb("answer.by_email_late", "{firm} a répondu par courriel après la date limite : {receipt}, gardée fermée.", sealed=True),
    Verb("price.heard", "{name} a entendu un prix avant l'ouverture, et ne notera pas : {how}", ("name", "how"), sealed=True),
    Verb("answer.declined", "{firm} ne répondra pas : {reason}. Récépissé {receipt}.", ("signer",), sealed=True),
    Verb("answer.withdrawn", "{firm} a retiré sa réponse {receipt}.", sealed=True),
    Verb(
        "price.heard_allowed",
        "{name} laisse {heard}, qui avait entendu un prix, noter les réponses : {reason}",
        ("name", "heard", "reason"),
        overrules=True,
    ),
    Verb("answer.contested", "{firm} conteste ce que la ville a enregistré de son pli papier {receipt}.", sealed=True),
    Verb("call.asked", "{firm} demande qu'on la rappelle.", ("number",), sealed=True),
    Verb("call.reached", "{name} a rappelé {firm}.", ("name",), sealed=True),
    Verb("call.missed", "{name} a rappelé {firm}, qui n'a pas répondu (essai {tries}).", ("name",), sealed=True),
    Verb("call.left", "{name} ne rappelle plus {firm}, après {tries} essais.", ("name",), sealed=True),
    Verb("reminder.sent", "Rappel n° {number}, aux entreprises sans réponse ({count}).", ("firms",), sealed=True),
    Verb("code.sent", "Un code à usage unique est parti vers {firm}.", sealed=True),
    Verb("code.accepted", "{firm} a montré par un code à usage unique que c'est elle.", sealed=True),
    Verb("code.refused", "Un code à usage unique de {firm} a été refusé (essai {tries}).", sealed=True),
    Verb("firm.wants_news", "{firm} veut être prévenue la prochaine fois.", ("email",), sealed=True),
    Verb("firm.gave_address", "{firm} a donné son adresse, pour être prévenue la prochaine fois.", ("email",)),
)

CHOICE_VERBS = (
    Verb(
        "mail.bounced",
        "Le message à {firm} n'est pas arrivé à {address} : le serveur de cette adresse l'a rendu. À joindre autrement.",
        ("address",),
    ),
    Verb(
        "mail.bounced.sealed",
        "Un message à {firm} n'est pas arrivé : le serveur de {address} l'a rendu.",
        ("address",),
        sealed=True,
    ),
    Verb(
        "mail.delayed", "Un message à {firm} tarde ou a été rendu, sans que son adresse ({address}) soit perdue.", ("address",)
    ),
    Verb(
        "mail.away",
        "Une réponse automatique est venue de {firm} : personne ne lit peut-être {address} en ce moment.",
        ("address",),
    ),
    Verb("mail.away.sealed", "Une réponse automatique est venue de {firm} ({address}).", ("address",), sealed=True),
    Verb("reference.chosen", "{name} a choisi à quoi le prix sera comparé : {reference}.", ("name",)),
    Verb("clock.agreed", "{authority} confirme que la date limite est passée : il est {told_at:moment}."),
    Verb("clock.refused", "L'ouverture est refusée, l'heure du serveur est contredite : {sentence}"),
    Verb("clock.silent", "Aucun tiers n'a confirmé l'heure avant l'ouverture : {sentence}"),
    Verb("opening.agreed", "{name}, {quality}, est d'accord pour ouvrir les plis.", ("name",)),
    Verb("answers.opened", "{name} a ouvert les réponses : {count} à temps, {late} trop tard.", ("name",), anchored=True),
    Verb("answer.unsealed", "Le pli {receipt} de {firm} est ouvert.", ("content",)),
    Verb(
        "answer.paper_corrected",
        "{name} a corrigé ce qui avait été tapé du devis papier de {firm} ({receipt}). La raison : {reason}",
        ("name", "content"),
    ),
    Verb("answer.paper_typed", "{name} a tapé le devis papier de {firm} ({receipt}).", ("name", "content")),
    Verb(
        "answer.contest_answered",
        "{name} a répondu à {firm}, qui contestait « {contested} » ({receipt}) : {reason}",
        ("name", "contested"),
    ),
    Verb("score.given", "{evaluator} a noté {firm}, « {criterion} » : {value} sur 100.", ("name", "evaluator")),
    Verb(
        "score.corrected", "{evaluator} a corrigé sa note de {firm}, « {criterion} » : {value} sur 100.", ("name", "evaluator")
    ),
    Verb(
        "score.set_aside",
        "{name} a retiré les notes de {evaluator}, qui n'avait pas fini : {reason}",
        ("name", "evaluator"),
    ),
    Verb("clarification.asked", "{name} a demandé une précision à {firm}.", ("name",)),
    Verb("clarification.answered", "{firm} a donné une précision."),
    Verb("last_price.asked", "{name} a demandé un dernier prix ({count}), jusqu'au {deadline:moment}.", ("name",)),
    Verb("last_price.opened", "{name} a ouvert les derniers prix : {count} reçus.", ("name",), anchored=True),
    Verb("choice.made", "{name} a choisi {firm}, {amount_cents:euros} HT. La raison : {rationale}", ("name",), anchored=True),
    Verb("choice.places_left", "{firm} ne sert pas {places}. Pour ces lieux : {plan}"),
    Verb("single.noted", "{name} a écrit la note du devis unique : {firm}.", ("name",)),
    Verb("lot.left", "{name} a laissé le lot {lot} sans choix. La raison : {rationale}", ("name",), anchored=True),
    Verb("sourcing.ended_after_opening", "{name} a fini sans choix. La raison : {reason}", ("name",), anchored=True),
    Verb("information.finished", "{name} a terminé la demande d'information. Ce qui en est retenu : {used}", ("name",)),
    Verb("result.told", "{name} a annoncé le résultat ({count}).", ("name", "told")),
    Verb("result.delivered", "{firm} a été prévenue du résultat."),
    Verb("result.undelivered", "Le message du résultat n'est pas arrivé à {firm}."),
    Verb("result.told_by_hand", "{name} a prévenu {firm} du résultat : {how}", ("name",)),
)

VERBS = (*ANSWER_VERBS, *CHOICE_VERBS)
