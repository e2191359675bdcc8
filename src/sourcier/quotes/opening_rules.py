"""Who may lift the seal of quotes, and when. Pure: the time is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sourcier.kernel.french import format_moment
from sourcier.kernel.transitions import Refusal
from sourcier.quotes.rules import too_short


class Clock(StrEnum):
    """What a third party says of the server's time."""

    NOBODY = "nobody"  # the city has named no authority: the server alone vouches
    NOT_YET = "not_yet"
    AGREED = "agreed"
    REFUSED = "refused"
    SILENT = "silent"


class How(StrEnum):
    """Which of the three ways opened."""

    SERVER = "server"
    TWO = "two_people"
    ALONE = "head_buyer_alone"


@dataclass(frozen=True, slots=True)
class Seal:
    """What decides of an opening: when, what is said of the time, how many must agree and how many do."""

    deadline: datetime
    wait: timedelta
    clock: Clock
    clock_sentence: str
    two_openers: bool
    consents: int
    days: int

    @property
    def opens_at(self) -> datetime:
        return self.deadline + self.wait

    @property
    def alone_at(self) -> datetime:
        """From then on the head buyer opens alone, with a reason."""
        return self.deadline + timedelta(days=self.days)

    @property
    def needs_two(self) -> bool:
        """Above the city's amount, or when no authority answers: then two people vouch for the time."""
        return self.two_openers or self.clock == Clock.SILENT


def may_agree(seal: Seal, at: datetime) -> Refusal | None:
    """Guard of an agreement to open: nobody agrees before the time is known."""
    if at <= seal.deadline or at < seal.opens_at:
        when = format_moment(seal.opens_at)
        return Refusal(
            "too_early",
            f"Les plis sont scellés jusqu'au {when}. Après la date limite, le serveur attend puis demande l'heure à un tiers.",
        )
    if seal.clock == Clock.NOT_YET:
        return Refusal("clock_waits", "Le serveur demande l'heure à un tiers. Recommencez dans une minute.")
    if seal.clock == Clock.REFUSED:
        return Refusal(
            "clock_refused",
            f"L'heure du serveur est contredite, rien n'a été ouvert. {seal.clock_sentence} Prévenez l'administrateur : le "
            "serveur redemande l'heure chaque minute.",
        )
    return None


def may_lift(seal: Seal, at: datetime) -> Refusal | None:
    """Guard of the opening by the server, or by those who agreed."""
    if refusal := may_agree(seal, at):
        return refusal
    if seal.needs_two and seal.consents < 2:
        return Refusal("two_needed", "Deux personnes doivent être d'accord pour ouvrir ces plis.")
    return None


def may_lift_alone(seal: Seal, at: datetime, heads: bool, reason: str) -> Refusal | None:
    """Guard of the opening by the head buyer in the place of someone who is missing."""
    if refusal := may_agree(seal, at):
        return refusal
    if not heads:
        return Refusal("not_head", "Seul le responsable des achats peut ouvrir seul.")
    if at < seal.alone_at:
        return Refusal(
            "wait_for_second", f"Le responsable des achats peut ouvrir seul à partir du {format_moment(seal.alone_at)}."
        )
    return too_short(reason)
