"""What the firms are told, in plain French: the request, then what comes after. Pure: a brief in, subjects and texts out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sourcier.kernel.french import format_date, format_moment
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.money import format_milli

LINK_MARK = "{{lien}}"  # `mail.rules.SECRET_MARK`: the personal link takes its place when the message leaves


@dataclass(frozen=True, slots=True)
class Place:
    """A place of delivery, as the firms read it."""

    name: str
    address: str
    hours: str
    note: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line to price."""

    designation: str
    unit: str
    quantity_milli: int
    lot: int | None


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that every firm is told, the same for all."""

    kind: str
    city: str
    title: str
    trade: str
    description: str
    places: tuple[Place, ...]
    where_note: str
    starts_on: date | None
    ends_on: date | None
    deadline: datetime
    lots: tuple[tuple[int, str], ...]
    lines: tuple[Line, ...]
    criteria: tuple[tuple[str, int, str], ...]
    price_sentence: str
    questions: tuple[str, ...]
    documents: tuple[str, ...]
    contact_name: str
    contact_phone: str
    contact_hours: str
    email: str
    dpo_email: str
    counter: str
    notice_url: str
    key: str  # the line that says the fingerprint of the city's key
    clauses: tuple[tuple[str, str, str], ...] = ()  # title, text, legal basis


def buyer(brief: Brief) -> str:
    """« La mairie de Rosny-sous-Bois » for « Ville de Rosny-sous-Bois »; any other body keeps its name."""
    first, _, rest = brief.city.partition(" ")
    return f"La mairie {rest}" if rest and first.lower() in ("ville", "commune", "mairie") else brief.city


def headline(brief: Brief) -> str:
    """« La mairie de Rosny-sous-Bois cherche un boulanger »."""
    if brief.trade:
        return f"{buyer(brief)} cherche {brief.trade}"
    verb = "se renseigne" if brief.kind == "rfi" else "demande un prix" if brief.kind == "direct" else "demande des devis"
    return f"{buyer(brief)} {verb} : {brief.title}"


def when(brief: Brief) -> str:
    """« à partir du 4 janvier 2027, jusqu'au 31 décembre 2027 »; empty when nobody said."""
    parts = []
    if brief.starts_on:
        parts.append(f"à partir du {format_date(brief.starts_on)}")
    if brief.ends_on:
        parts.append(f"jusqu'au {format_date(brief.ends_on)}")
    return ", ".join(parts)


def where(brief: Brief) -> str:
    """« 8 lieux : … » in one line; empty when no place was given."""
    if len(brief.places) == 1:
        return f"{brief.places[0].name}, {brief.places[0].address}"
    return f"{len(brief.places)} lieux. Vous pouvez en choisir un seul." if brief.places else ""


def weights(brief: Brief) -> str:
    """« prix 40, qualité 40, livraison 20 »."""
    return ", ".join(f"{label[:1].lower()}{label[1:]} {weight}" for label, weight, _ in brief.criteria)


def quantity(line: Line) -> str:
    """« Baguette : 15 060 baguettes » without guessing a plural: the unit in brackets."""
    lot = f"lot {line.lot} — " if line.lot else ""
    return f"{lot}{line.designation} : {format_milli(line.quantity_milli)} ({line.unit})"


def contact(brief: Brief) -> str:
    """« Bruno Rosny, 01 00 00 00 00, de 9 h à 17 h »."""
    return ", ".join(filter(None, (brief.contact_name, brief.contact_phone, brief.contact_hours)))


def source_of_data(brief: Brief) -> str:
    """Information at first contact (RGPD, art. 14)."""
    rights = f"Vos droits : {brief.dpo_email or 'la mairie'}, puis la CNIL (cnil.fr)."
    return (
        "Votre nom et votre adresse viennent du répertoire public SIRENE (INSEE). Nous les utilisons pour cet achat. "
        f"Pour ne plus recevoir nos messages : même page, bouton « Ne plus m'écrire », ou {brief.contact_phone}. {rights}"
    )


def invitation_mail(brief: Brief) -> tuple[str, str]:
    """`(subject, body)` of the request; the link takes its place in the body when the message leaves."""
    paragraphs = [
        f"{headline(brief)}.",
        "Ce n'est pas une facture. Répondre est gratuit. Pas besoin de compte.",
        f"Votre page pour lire, demander ou répondre :\n{LINK_MARK}",
        f"Répondez avant : {format_moment(brief.deadline)}.",
        f"Ce qu'il faut : {brief.title}\n{brief.description}",
        *_facts(brief),
        f"Une question ? {contact(brief)}.",
        "Vous n'êtes pas obligé de répondre. Toutes les entreprises reçoivent la même information, à la même heure. "
        + ("" if brief.kind == "direct" else "Une entreprise d'ailleurs peut répondre aussi. ")
        + "Personne ne lit les réponses avant la date limite.",
        source_of_data(brief),
        brief.city,
        brief.key,
    ]
    return headline(brief), "\n\n".join(paragraphs)


def _facts(brief: Brief) -> list[str]:
    """Where, when, lines, criteria, questions, documents: those that there are."""
    found = []
    if brief.places:
        listed = "\n".join(_place(place) for place in brief.places)
        found.append(f"Où : {where(brief)}\n{listed}" if len(brief.places) > 1 else f"Où : {_place(brief.places[0])[2:]}")
    if brief.where_note:
        found.append(f"Précision sur le lieu : {brief.where_note}")
    if when(brief):
        found.append(f"Quand : {when(brief)}.")
    if brief.lots:
        lots = [f"lot {number} : {name}" for number, name in brief.lots]
        found.append(_list("Les lots (vous pouvez répondre à un seul)", lots))
    if brief.lines:
        found.append(_list("Ce qu'il faut chiffrer, quantités estimées", [quantity(line) for line in brief.lines]))
    if brief.criteria:
        details = [f"{label} : {detail}" for label, _, detail in brief.criteria if detail]
        sentence = f"Comment nous choisirons : {weights(brief)}. {brief.price_sentence}".strip()
        found.append("\n".join([sentence, *(f"– {detail}" for detail in details)]))
    if brief.clauses:
        found.append(
            _list("Ce que nous demandons aussi", [f"{title}. {text} ({basis})" for title, text, basis in brief.clauses])
        )
    if brief.questions:
        found.append(_list("Nos questions", brief.questions))
    if brief.documents:
        found.append(_list("Documents à lire sur votre page", brief.documents))
    return found


def _place(place: Place) -> str:
    return "– " + ", ".join(filter(None, (place.name, place.address, place.hours, place.note)))


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join([f"{title} :", *(f"– {item}" for item in items)])


def answer_mail(brief: Brief, question: str, answer: str) -> tuple[str, str]:
    """A question was asked: everyone reads it and its answer, without the asker."""
    body = [
        f"Une entreprise nous a posé une question sur « {brief.title} ».",
        "Voici la question et notre réponse, les mêmes pour tous.",
        f"Question : {question}",
        f"Réponse : {answer}",
        f"La date limite reste : {format_moment(brief.deadline)}.",
    ]
    return f"Une question et sa réponse : {brief.title}", _signed(brief, body)


def extension_mail(brief: Brief, reason: str) -> tuple[str, str]:
    """The deadline has moved, for all."""
    body = [
        f"La date limite pour « {brief.title} » est reportée, pour toutes les entreprises.",
        f"Nouvelle date limite : {format_moment(brief.deadline)}.",
        f"La raison : {reason}",
        "Si vous avez déjà répondu, votre réponse reste bonne. Vous pouvez la changer jusqu'à la nouvelle date.",
    ]
    return f"Nouvelle date limite : {brief.title}", _signed(brief, body)


def correction_mail(brief: Brief, text: str, document: str, *, moved: bool) -> tuple[str, str]:
    """The request changes, for all."""
    body = [
        f"La demande « {brief.title} » change, pour toutes les entreprises.",
        f"Ce qui change : {text}",
        *([f"Un document est ajouté, à lire sur votre page : {document}"] if document else []),
        f"{'Nouvelle date limite' if moved else 'La date limite reste'} : {format_moment(brief.deadline)}.",
        "Si vous avez déjà répondu, votre réponse reste bonne si ce changement ne la touche pas. Sinon, changez-la.",
    ]
    return f"La demande change : {brief.title}", _signed(brief, body)


def reminder_mail(brief: Brief) -> tuple[str, str]:
    """The same for all who have not answered; nobody in the city is told to whom it goes."""
    body = [
        f"{headline(brief)}. Nous n'avons pas encore votre réponse.",
        f"Répondez avant : {format_moment(brief.deadline)}. Cela prend trois minutes.",
        "Cela ne vous intéresse pas ? Dites « Non merci » sur votre page : vous n'aurez plus de rappel.",
        "Ce rappel part tout seul à toutes les entreprises qui n'ont pas encore répondu. La mairie ne sait pas lesquelles.",
    ]
    return f"Rappel : {brief.title}", _signed(brief, body)


def end_mail(brief: Brief, reason: str) -> tuple[str, str]:
    """Nothing will be chosen."""
    body = [
        f"La consultation « {brief.title} » est arrêtée. Aucune réponse n'a été ouverte.",
        f"La raison : {reason}",
        "Merci de votre attention. Vous n'avez rien à faire.",
    ]
    return f"Consultation arrêtée : {brief.title}", _signed(brief, body, link=False)


def _signed(brief: Brief, body: Sequence[str], *, link: bool = True) -> str:
    page = [f"Votre page :\n{LINK_MARK}"] if link else []
    return "\n\n".join(["Madame, Monsieur,", *body, *page, f"Une question ? {contact(brief)}.", brief.city, brief.key])


def confirmation_mail(brief: Brief, name: str) -> tuple[str, str]:
    """Someone gave this address on the public notice: the link proves that it is his."""
    body = [
        "Bonjour,",
        f"Quelqu'un a donné cette adresse pour répondre à l'avis « {brief.title} » ({brief.city}), au nom de : {name}.",
        f"Si c'est vous, confirmez votre adresse ici (le lien vaut une fois, pendant deux jours) :\n{LINK_MARK}",
        f"Répondez avant : {format_moment(brief.deadline)}.",
        "Si ce n'est pas vous, ne faites rien : cette adresse ne servira pas.",
        brief.city,
        brief.key,
    ]
    return f"Confirmez votre adresse : {brief.title}", "\n\n".join(body)


def personal_page_mail(brief: Brief) -> tuple[str, str]:
    """The link of a firm come by the notice, for later."""
    body = [
        "Votre adresse est confirmée.",
        f"Gardez ce message : cette page est la vôtre, pour répondre à « {brief.title} » ou changer votre réponse.",
        f"Répondez avant : {format_moment(brief.deadline)}.",
        "Ce n'est pas une facture. Répondre est gratuit. Pas besoin de compte.",
    ]
    return f"Votre page : {brief.title}", _signed(brief, body)


@dataclass(frozen=True, slots=True)
class Alert:
    """An open need, in a message to a firm that asked to be told."""

    title: str
    distance_m: int | None
    deadline: datetime | None
    url: str


def alert_mail(city: str, needs: Sequence[Alert], place: str, stop: str) -> tuple[str, str]:
    """The digest of a morning: what was opened since the last one, and how not to get it any more."""
    lines = ["Bonjour,", f"Vous avez demandé à être prévenu. {city} cherche :"]
    for need in needs:
        far = f" (à {format_distance(need.distance_m)})" if need.distance_m is not None else ""
        until = f" Répondez avant le {format_moment(need.deadline)}." if need.deadline else ""
        lines.append(f"- {need.title}{far}.{until}\n  {need.url}")
    lines += [
        "Répondre est gratuit. Vous n'y êtes pas obligé, et une entreprise d'ailleurs peut répondre aussi.",
        f"Changer ce que vous recevez, sur votre place : {place}",
        f"Ne plus recevoir ces messages, en un geste : {stop}",
        city,
    ]
    subject = f"{city} cherche : {needs[0].title}" if len(needs) == 1 else f"{city} : {len(needs)} demandes ouvertes"
    return subject, "\n\n".join(lines)
