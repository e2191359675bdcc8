"""Pure decisions on an answer: VAT of the territory, prices as typed, in or late, reasons to decline, what is missing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sourcier.kernel.money import NotANumber, line_total, parse_decimal, to_unit_price, with_vat, without_vat
from sourcier.kernel.transitions import Refusal

# CGI art. 278 to 281 nonies; 297 (Corse); 296 (Guadeloupe, Martinique, La Réunion); 294 (Guyane, Mayotte).
VAT_RATES: Mapping[str, tuple[int, ...]] = {
    "metropole": (2000, 1000, 550, 210),
    "corse": (2000, 1300, 1000, 550, 210, 90),
    "antilles_reunion": (850, 210, 175, 105),
    "without_vat": (),
}
INCLUDED, EXCLUDED, EXEMPT = "included", "excluded", "exempt"

DECLINE_REASONS: Mapping[str, str] = {
    "too_far": "Trop loin",
    "too_early": "Trop tôt le matin",
    "too_big": "Trop grosse commande",
    "no_time": "Pas le temps",
    "left_trade": "Ce n'est plus mon métier",
    "closed": "J'ai fermé ou vendu",
    "other": "Autre",
}

MAX_UNIT_PRICE_E4 = 10_000_000 * 10_000
MAX_WORDS, MAX_TEXT = 120, 4_000
TOO_LONG = {
    MAX_WORDS: f"C'est trop long : {MAX_WORDS} caractères au plus.",
    MAX_TEXT: f"C'est trop long : {MAX_TEXT} caractères au plus.",
}
MAX_DOCUMENTS = 20
MAX_RECEIVED = 400_000_000  # bytes of one firm for one request, whatever becomes of them: four answers at their fullest
LINK_LIFE = timedelta(days=365)
EUROS_THEN_CENTS = re.compile(r"^\s*(\d+)\s*(?:€|euros?)\s*(\d{1,2})\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend before sending: its field (`price-<line id>`, `question-<id>`, `vat`…) and a French sentence."""

    field: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of the city: kind is text, choice, number or file."""

    id: UUID
    kind: str
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the request allows: price lines, places, questions, VAT rates (basis points) of the territory."""

    lines: frozenset[UUID]
    places: frozenset[UUID]
    questions: tuple[AskedQuestion, ...]
    rates: tuple[int, ...]
    prices_expected: bool = True


@dataclass(frozen=True, slots=True)
class TypedPrice:
    """The price of one line as the firm typed it, in ten-thousandths of a euro; its VAT rate in basis points."""

    line_id: UUID
    price_e4: int
    vat_bp: int


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a firm says in one answer. No place ticked means every place."""

    vat: str = INCLUDED
    prices: tuple[TypedPrice, ...] = ()
    places: frozenset[UUID] = frozenset()
    replies: Mapping[UUID, str] = field(default_factory=dict)
    daily_maximum: str = ""
    reservation: str = ""
    note: str = ""
    signer: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """What decides whether an answer counts: the state of the sourcing and the deadline of the round this firm is in."""

    state: str
    deadline: datetime | None
    round: int = 1


# --- states ----------------------------------------------------------------------------------------------------------------

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("draft", "receive"): "received",
    ("draft", "keep_closed"): "late",
    ("received", "replace"): "replaced",
    ("received", "withdraw"): "withdrawn",
}
NOTHING_SENT = Refusal("nothing_sent", "Il n'y a pas de réponse à retirer.")
NO_MORE_ROOM = Refusal(
    "no_more_room", "Vous avez déjà envoyé beaucoup de documents : il n'y a plus de place. Rien n'est perdu. Appelez la mairie."
)
NOT_REGISTERED = Refusal("not_paper", "Cette réponse n'a pas été enregistrée par la mairie : changez-la vous-même.")
CHOSEN = Refusal("chosen", "Le choix est fait. Rien n'est perdu : votre récépissé reste valable. Appelez la mairie.")
ALREADY_SENT = "Cette réponse est déjà partie. Rouvrez la page pour en envoyer une autre."


# --- the instant -----------------------------------------------------------------------------------------------------------


def to_millisecond(moment: datetime) -> datetime:
    """The instant as the journal writes it, so that the verdict and its entry can never disagree."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def in_time(window: Window, received_at: datetime) -> bool:
    """In at the deadline's very instant, late one millisecond after."""
    return window.deadline is not None and to_millisecond(received_at) <= window.deadline


def link_alive(deadline: datetime | None, at: datetime) -> bool:
    """The link and the code of a firm open its pages until a year after the deadline: time to read the result again."""
    return deadline is None or at <= deadline + LINK_LIFE


def may_answer(window: Window) -> Refusal | None:
    """May this firm send something now, be it late? A late answer is taken and kept closed; these are not taken at all."""
    if window.state == "draft" or window.deadline is None:
        return Refusal("not_asked_yet", "Cette demande n'est pas encore partie. Revenez plus tard.")
    if window.state == "ended":
        return Refusal("ended", "La mairie a arrêté cette demande. Il n'y a plus rien à envoyer.")
    return None


def may_decline(window: Window, reason: str) -> Refusal | None:
    """A refusal says why, with one of the ready reasons."""
    if reason not in DECLINE_REASONS:
        return Refusal("no_reason", "Dites pourquoi : une des raisons proposées suffit.")
    return may_answer(window)


def may_join(window: Window, documents: int) -> Refusal | None:
    """One more document in a draft that has `documents`."""
    if documents >= MAX_DOCUMENTS:
        return Refusal("too_many_documents", f"Vous avez déjà joint {MAX_DOCUMENTS} documents. Retirez-en un d'abord.")
    return may_answer(window)


def may_withdraw(window: Window, at: datetime, has_answer: bool) -> Refusal | None:
    """An answer is taken back until the deadline; after it, the firm is held to what it offered."""
    if not has_answer:
        return NOTHING_SENT
    if not in_time(window, at):
        return Refusal("too_late", "La date limite est passée : votre réponse ne peut plus être retirée. Appelez la mairie.")
    return None


# --- who may see again, replace, take back --------------------------------------------------------------------------------

EASY = timedelta(minutes=30)  # after it sent an answer or typed its code, a browser need not show again who it is
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
PROVE_FIRST = Refusal(
    "prove_first", "Une réponse de votre entreprise est déjà arrivée. Pour la remplacer, montrez d'abord que c'est vous."
)
WRONG_CODE = Refusal("wrong_code", "Ce code n'est pas le bon, ou il n'est plus valable. Vérifiez-le, ou demandez-en un autre.")


@dataclass(frozen=True, slots=True)
class Sender:
    """A browser that sends: its hash, the answer that it has shown lately to be its own, the print of what it sends."""

    seat: str
    knows: UUID | None = None
    sending: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer that counts now: what a newer one would replace."""

    id: UUID
    seat: str
    received_at: datetime


def may_replace(standing: Standing | None, sender: Sender | None, at: datetime) -> Refusal | None:
    """The link alone is enough for a first answer, never to undo one. Without a sender, no browser is in question."""
    if standing is None or sender is None or standing.id == sender.knows:
        return None
    if standing.seat and standing.seat == sender.seat and at <= standing.received_at + EASY:
        return None
    return PROVE_FIRST


def code_alive(sent_at: datetime, tries: int, at: datetime) -> bool:
    """Ten minutes and five tries."""
    return at <= sent_at + CODE_LIFE and tries < CODE_TRIES


# --- prices ----------------------------------------------------------------------------------------------------------------


class BadPrice(ValueError):
    """What was typed cannot be a price; the message is a French sentence."""


def read_price(text: str) -> int:
    """Read « 0,95 », « 0.95 € », « 1€20 »: ten-thousandths of a euro. Raises `BadPrice`."""
    try:
        number = parse_decimal(EUROS_THEN_CENTS.sub(r"\1,\2", text))
    except NotANumber:
        raise BadPrice("Écrivez un nombre en euros, par exemple 0,95.") from None
    if number < 0:
        raise BadPrice("Un prix ne peut pas être négatif.")
    if number.adjusted() > 12 or number * 10_000 > MAX_UNIT_PRICE_E4:
        raise BadPrice("Ce prix est très grand. Vérifiez la virgule.")
    price = to_unit_price(number) if number.adjusted() > -12 else 0
    if not price:
        raise BadPrice("Le prix est de zéro. Écrivez votre prix, ou laissez la case vide si vous ne faites pas cet article.")
    return price


def before_tax(vat: str, price_e4: int, vat_bp: int) -> int:
    """The unit price before tax of what was typed: TTC is divided, HT and exempt are taken as they are."""
    return without_vat(price_e4, vat_bp) if vat == INCLUDED else price_e4


def totals(answer: Answer, quantities_milli: Mapping[UUID, int]) -> tuple[int, int]:
    """Cents before tax and with tax for the estimated quantities, each line rounded once.

    Before tax is what comparisons use (the unit price before tax, to the ten-thousandth). With tax is exactly what the firm
    typed when it typed TTC, so that « 0,95 € × 15 600 » is 14 820,00 € on its receipt.
    """
    net = gross = 0
    for price in answer.prices:
        quantity = quantities_milli[price.line_id]
        line = line_total(before_tax(answer.vat, price.price_e4, price.vat_bp), quantity)
        net += line
        gross += line_total(price.price_e4, quantity) if answer.vat == INCLUDED else with_vat(line, price.vat_bp)
    return net, gross


# --- what is missing -------------------------------------------------------------------------------------------------------


def problems(asked: Asked, answer: Answer, *, with_file: frozenset[UUID] = frozenset(), documents: int = 0) -> list[Problem]:
    """Everything to mend before this answer can be sent, in the order of the page.

    `with_file`: questions that already have their file; `documents`: how many are joined.
    """
    return [
        *_price_problems(asked, answer, documents),
        *_text_problems(answer),
        *(Problem("places", "unknown_place", "Ce lieu n'est pas dans la demande.") for _ in answer.places - asked.places),
        *_reply_problems(asked, answer, with_file),
    ]


def _price_problems(asked: Asked, answer: Answer, documents: int) -> Iterator[Problem]:
    if answer.vat not in (INCLUDED, EXCLUDED, EXEMPT):
        yield Problem("vat", "vat_unsaid", "Dites si votre prix est avec ou sans TVA.")
    for price in answer.prices:
        name = f"price-{price.line_id.hex}"
        if price.line_id not in asked.lines:
            yield Problem(name, "unknown_line", "Cet article n'est pas dans la demande.")
        elif not 0 < price.price_e4 <= MAX_UNIT_PRICE_E4:
            yield Problem(name, "bad_price", "Écrivez un prix plus grand que zéro, par exemple 0,95.")
        if not _rate_allowed(asked, answer.vat, price.vat_bp):
            yield Problem("rate", "rate_unsaid", "Choisissez votre taux de TVA.")
            return
    if answer.prices:
        return
    if asked.lines and asked.prices_expected:
        yield Problem("prices", "no_price", "Écrivez au moins un prix.")
    elif not (answer.note.strip() or documents or any(text.strip() for text in answer.replies.values())):
        yield Problem("note", "nothing_said", "Écrivez votre réponse, ou joignez un document.")


def _rate_allowed(asked: Asked, vat: str, vat_bp: int) -> bool:
    return vat_bp == 0 if vat == EXEMPT or not asked.rates else vat_bp in asked.rates


def _text_problems(answer: Answer) -> Iterator[Problem]:
    limits = (("daily_maximum", MAX_WORDS), ("reservation", MAX_TEXT), ("note", MAX_TEXT), ("signer", MAX_WORDS))
    for name, limit in limits:
        if len(getattr(answer, name)) > limit:
            yield Problem(name, "too_long", TOO_LONG[limit])
    if not answer.signer.strip():
        yield Problem("signer", "no_name", "Écrivez votre nom : la mairie saura à qui parler.")


def _reply_problems(asked: Asked, answer: Answer, with_file: frozenset[UUID]) -> Iterator[Problem]:
    known = {question.id for question in asked.questions}
    for stranger in answer.replies.keys() - known:
        yield Problem(f"question-{stranger.hex}", "unknown_question", "Cette question n'est pas dans la demande.")
    for question in asked.questions:
        text = answer.replies.get(question.id, "").strip()
        if sentence := _reply_problem(question, text, question.id in with_file):
            yield Problem(f"question-{question.id.hex}", "bad_reply", sentence)


def _reply_problem(question: AskedQuestion, text: str, has_file: bool) -> str:
    if question.kind == "file":
        return "Joignez le fichier demandé." if question.required and not has_file else ""
    if not text:
        return "Répondez à cette question." if question.required else ""
    if len(text) > MAX_TEXT:
        return TOO_LONG[MAX_TEXT]
    if question.kind == "choice" and text not in question.choices:
        return "Choisissez une des réponses proposées."
    if question.kind == "number":
        return _number_problem(text)
    return ""


def _number_problem(text: str) -> str:
    try:
        number: Decimal = parse_decimal(text)
    except NotANumber as error:
        return str(error)
    return "Ce nombre est trop grand." if abs(number.adjusted()) > 12 else ""


# --- receipts --------------------------------------------------------------------------------------------------------------


def clean_receipt(text: str) -> str:
    """« rx 4m2a » as it is kept: any case, spaces and hyphens ignored, the two first letters optional."""
    letters = re.sub(r"[\s\-‐-―]", "", text).upper()
    return "RX-" + letters.removeprefix("RX")
