"""The sections of the report in the order of a purchase, each read from the history alone; an empty one is left out."""

from collections.abc import Callable
from typing import Any

from sourcier.dossier.history import History
from sourcier.dossier.report import asking, choosing, direct, interests, outcome, single, year
from sourcier.dossier.report.blocks import Block, answerer, moment
from sourcier.kernel.money import format_cents
from sourcier.sourcing.models import Sourcing

SECTIONS: tuple[tuple[str, Callable[[History], list[Block]]], ...] = (
    ("L'année en chiffres", year.figures),
    ("Le besoin", asking.need),
    ("La règle du jour", asking.rule),
    ("L'achat direct", direct.purchase),
    ("Comment les entreprises ont été cherchées", asking.panel),
    ("Ce qui a été demandé", asking.request),
    ("Qui a été interrogé, par quelle voie, quand", asking.asked),
    ("Les intérêts déclarés", interests.declarations),
    ("Ce qui s'est dit ailleurs, et a été versé", asking.exchanged),
    ("Ce qui est revenu, et l'ouverture", choosing.answers),
    ("La comparaison", choosing.comparison),
    ("Le choix et ses raisons", choosing.choice),
    ("La note du devis unique", single.notes),
    ("Qui a agi, en quelle qualité", choosing.people),
)


def sections(history: History) -> list[dict[str, Any]]:
    """`{"title", "blocks"}` of each section that has something to say."""
    whole = history.whole
    made = outcome.sections(history, whole) if whole else [(title, make(history)) for title, make in SECTIONS]
    return [{"title": title, "blocks": blocks} for title, blocks in made if blocks]


def essentials(history: History) -> list[list[str]]:
    """What a reader in a hurry needs: `[[label, value]]`."""
    pairs = outcome.essentials(history.whole) if history.whole else _essentials(history)
    return [[label, value] for label, value in pairs if value]


def _essentials(history: History) -> list[tuple[str, str]]:
    invited = [each for each in history.of("invitation") if each["channel"] != "notice"]
    to_post = sum(each["channel"] == "letter" and not each["how"] for each in invited)
    received = [each for each in history.of("submission") if each["state"] == "received"]
    answers = {each["invitation_id"]: answerer(history, each, short=True).replace("\n", ", ") for each in received}
    chosen = [(said["firm"], said["amount_cents"]) for _, said in history.payloads("choice.made")]
    last = next(reversed([row for row in history.of("sourcing") if row["sent_at"]]), None)
    return [
        *direct.essentials(history),
        ("Choisi", "\n".join(f"{name}, {format_cents(amount)} HT" for name, amount in chosen)),
        ("État", "" if chosen or not last else Sourcing.State(last["state"]).label),
        ("Entreprises interrogées", str(len(invited) - to_post) if invited else ""),
        ("Courriers préparés, pas notés comme partis", str(to_post) if to_post else ""),
        (
            "Réponses ouvertes",
            f"{len(answers)} : " + " ; ".join(answers.values()) if answers else "",
        ),
        ("Date limite", moment(last["deadline"], weekday=True) if last else ""),
    ]
