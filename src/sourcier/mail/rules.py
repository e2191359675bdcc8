"""The life of an outgoing message, and who may drop in an exchange. Pure: times are arguments."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sourcier.kernel.transitions import Refusal


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Verb(StrEnum):
    CLAIM = "claim"
    ACCEPT = "accept"
    DEFER = "defer"
    FAIL = "fail"


# A message being sent is claimed again once its lease is over: its worker died.
TRANSITIONS: dict[tuple[State, Verb], State] = {
    (State.QUEUED, Verb.CLAIM): State.SENDING,
    (State.SENDING, Verb.CLAIM): State.SENDING,
    (State.SENDING, Verb.ACCEPT): State.SENT,
    (State.SENDING, Verb.DEFER): State.QUEUED,
    (State.SENDING, Verb.FAIL): State.FAILED,
}

LEASE = timedelta(minutes=3)
LEASE_MARGIN = timedelta(seconds=70)
# Waits after the first, second… refusal "for now" (greylisting, full mailbox): about 36 hours in all.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 480, 600, 600))
MAX_ATTEMPTS = len(WAITS) + 1
SERVER_WAIT = timedelta(minutes=1)
SECRET_MARK = "{{lien}}"  # noqa: S105 - a place in a text, not a secret

# Answers that concern our own account or sender, not the person written to (RFC 4954, RFC 5321 section 4.2).
_OURS = {421, 454, 504, 521, 530, 534, 535, 538}

# Enhanced codes of a mailbox, a domain or an address that is no good, or closed; 5.1.7 and 5.1.8 speak of the sender.
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_DEAD = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
_ABOUT_US = re.compile(r"spam|block|black|listed|polic|relay|prohibit|reputation|denied|spf|dkim|sender|\bip\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a message after an attempt. `counted` attempts bring it nearer to its end; `sentence` is French.

    `address_refused`: for good, and because of the address alone. Another message to it would have the same fate.
    """

    verb: Verb
    wait: timedelta = timedelta()
    counted: bool = True
    sentence: str = ""
    address_refused: bool = False


ACCEPTED = Outcome(Verb.ACCEPT)


def server_down() -> Outcome:
    """Our own mail server does not answer or does not want us: the message waits as long as it takes."""
    return Outcome(Verb.DEFER, SERVER_WAIT, False, "Le serveur d'envoi ne répond pas. Le message attend et partira tout seul.")


def cut_off(attempts: int) -> Outcome:
    """The connection died in the middle of this message, for the `attempts`-th time."""
    return _later(attempts, "La connexion a été coupée pendant l'envoi.")


def answered(code: int, attempts: int) -> Outcome:
    """The server answered with an SMTP reply code other than success, at the `attempts`-th attempt of this message."""
    if code in _OURS:
        return server_down()
    if 500 <= code < 600:
        return Outcome(Verb.FAIL, sentence=f"Le serveur du destinataire a refusé le message ({code}).")
    return _later(attempts, f"Le serveur du destinataire demande d'attendre ({code}).")


def recipient_refused(code: int, text: str, attempts: int) -> Outcome:
    """The server answered so to the name of the recipient, before it saw anything of the message (RCPT)."""
    if _dead(code, text):
        return Outcome(
            Verb.FAIL, sentence=f"Le serveur du destinataire ne connaît pas cette adresse ({code}).", address_refused=True
        )
    return answered(code, attempts)


def _dead(code: int, text: str) -> bool:
    """An address that does not exist, or no longer: not a full mailbox, nor what a server refuses of us.

    The enhanced code says it when there is one (RFC 3463); else the plain code, unless its words tell that we are unwelcome:
    one day on a list of spammers must not condemn the addresses of a whole city.
    """
    if enhanced := _ENHANCED.match(text):
        return 500 <= code < 600 and enhanced[0] in _DEAD
    return code in (550, 551, 553) and not _ABOUT_US.search(text)


def cannot_be_written(what: str) -> Outcome:
    """The message itself cannot leave: its address or an attachment is wrong."""
    return Outcome(Verb.FAIL, sentence=what)


def _later(attempts: int, sentence: str) -> Outcome:
    if attempts >= MAX_ATTEMPTS:
        return Outcome(Verb.FAIL, sentence=f"{sentence} Abandon après {attempts} essais.")
    return Outcome(Verb.DEFER, WAITS[max(attempts, 1) - 1], sentence=sentence)


def may_file(roles: Collection[str]) -> Refusal | None:
    """Who may drop in an exchange: everyone who takes part in the purchase."""
    if {"requester", "buyer", "head_buyer"}.isdisjoint(roles):
        return Refusal("role", "Seuls les demandeurs et les acheteurs versent un échange.")
    return None


class Sorting(StrEnum):
    """What is done with mail that belongs to no operation."""

    FILE = "file"
    OPEN = "open"
    SET_ASIDE = "set_aside"


# What was set aside may be taken up again: nothing is ever removed.
TRAY: dict[tuple[str, Sorting], str] = {
    ("tray", Sorting.FILE): "done",
    ("aside", Sorting.FILE): "done",
    ("tray", Sorting.OPEN): "tray",
    ("aside", Sorting.OPEN): "tray",
    ("tray", Sorting.SET_ASIDE): "aside",
}


def may_sort(roles: Collection[str], verb: Sorting) -> Refusal | None:
    """Buyers sort; the head buyer alone reads what belongs to no operation, since it may be a quote."""
    if verb is Sorting.OPEN and "head_buyer" not in roles:
        return Refusal("role", "Seul le responsable des achats lit un courriel sans le classer.")
    if {"buyer", "head_buyer"}.isdisjoint(roles):
        return Refusal("role", "Seuls les acheteurs classent le courrier.")
    return None


def date_refusal(occurred_at: datetime | None, now: datetime) -> Refusal | None:
    """An exchange has a date of its own, and it is past."""
    if occurred_at is None:
        return Refusal("date_missing", "Indiquez la date de cet échange : le document ne la dit pas.")
    if occurred_at > now + timedelta(minutes=5):
        return Refusal("date_future", "Cette date est à venir. Indiquez la date où l'échange a eu lieu.")
    return None
