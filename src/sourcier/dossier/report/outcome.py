"""The report of a communicable version: what all have read, then what the law lets out of the contents that stay closed.

That is the contract, the price and marks of the firm chosen, and the overall price of the others, whom nothing here names.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sourcier.dossier.history import History
from sourcier.dossier.report import asking, choosing, direct
from sourcier.dossier.report.blocks import Block, facts, moment, p, table
from sourcier.kernel.french import format_moment
from sourcier.kernel.money import format_cents
from sourcier.sourcing.models import Invitation

Row = dict[str, Any]
WITHOUT = ("lot.left", "sourcing.ended_after_opening", "sourcing.ended")
NO_RIGHT = (
    "Les devis des autres entreprises, leurs prix détaillés, leurs notes et leur rang ne sont pas communicables à un tiers : "
    "chacune peut demander les siens à la ville. Le motif rédigé du choix, qui peut les citer, se demande aussi à la ville."
)


def sections(shown: History, whole: History) -> list[tuple[str, list[Block]]]:
    """`[(title, blocks)]`: `shown` has only contents that go out, `whole` has all of them."""
    return [
        ("Le besoin", asking.need(shown)),
        ("La règle du jour", asking.rule(shown)),
        ("L'achat direct", direct.outcome(whole)),
        ("Comment les entreprises ont été cherchées", asking.panel(shown)),
        ("Ce qui a été demandé", asking.request(shown)),
        ("Combien d'entreprises ont été interrogées, et ce qui a été dit à toutes", _asked(shown, whole)),
        ("L'ouverture", _opening(whole)),
        ("Le choix", _choice(whole)),
        ("Qui a agi, en quelle qualité", choosing.people(shown)),
    ]


def essentials(whole: History) -> list[tuple[str, str]]:
    """What a reader in a hurry needs."""
    made = [(said["firm"], said["amount_cents"]) for _, said in whole.payloads("choice.made")]
    invited = sum(each["channel"] != "notice" for each in whole.of("invitation"))
    opened = [said["count"] for _, said in whole.payloads("answers.opened")]
    last = next(reversed([row for row in whole.of("sourcing") if row["sent_at"]]), None)
    return [
        *direct.essentials(whole),
        ("Choisi", "\n".join(f"{name}, {format_cents(amount)} HT" for name, amount in made)),
        ("Entreprises interrogées", str(invited) if invited else ""),
        ("Réponses ouvertes", str(opened[-1]) if opened else ""),
        ("Date limite", moment(last["deadline"], weekday=True) if last else ""),
    ]


def _asked(shown: History, whole: History) -> list[Block]:
    channels = Counter(Invitation.Channel(each["channel"]).label for each in whole.of("invitation"))
    questions = [
        [each["text"], each["answer"], moment(each["answered_at"])] for each in shown.of("firm_question") if each["answered_at"]
    ]
    return [
        *table("Voie*4 | Entreprises*1>", [[label, str(count)] for label, count in sorted(channels.items())]),
        *table("Question d'une entreprise*4 | Réponse, envoyée à toutes sans le nom de qui demande*5 | Le*2", questions),
        *(
            p(f"Date limite reportée du {moment(each['old_deadline'])} au {moment(each['new_deadline'])}, pour tous."
              f" La raison : {each['reason']}")
            for each in shown.of("extension")
        ),
    ]  # fmt: skip


def _opening(whole: History) -> list[Block]:
    return [
        p(f"Réponses ouvertes le {format_moment(step.at)}. À temps : {said['count']}. Trop tard : {said['late']}.")
        for step, said in whole.payloads("answers.opened")
    ]


def _choice(whole: History) -> list[Block]:
    blocks: list[Block] = []
    for step, said in whole.payloads("choice.made"):
        lot = f"Lot {said['lot']} : {said.get('lot_title', '')}" if said.get("lot") else ""
        won = _winner(said)
        mark = f"{won['mark_e2'] / 100:.2f} sur 100".replace(".", ",") if won and won["mark_e2"] is not None else ""
        others = [each["total_cents"] for each in said.get("ranking", []) if each is not won]
        blocks += [
            *facts(
                ("Lot", lot),
                ("Entreprise choisie", said["firm"]),
                ("Montant", format_cents(said["amount_cents"]) + " HT"),
                ("Sa note", mark),
                ("Décidé par", f"{said['name']}, le {format_moment(step.at)}"),
            ),
            *table("Note de l'entreprise choisie*5 | Poids*1> | Notes données*3>", list(_marks(whole, said))),
            *table("Offre non retenue*5 | Prix global HT*2>", _prices(others)),
        ]
    blocks += [
        p(f"Sans suite, décidé par {said['name']} le {format_moment(step.at)}.") for step, said in whole.payloads(*WITHOUT)
    ]
    return [] if whole.of("direct_purchase") else [*blocks, p(NO_RIGHT)]


def _winner(said: Row) -> Row | None:
    """The line of the ranking that is the firm chosen: its name, and its price when two have the same name."""
    named = [each for each in said.get("ranking", []) if each["firm"] == said["firm"]]
    return next((each for each in named if each["total_cents"] == said["amount_cents"]), named[0] if named else None)


def _prices(totals: list[int | None]) -> list[list[str]]:
    """The cheapest first: an order that is not that of the marks."""
    known = sorted(total for total in totals if total is not None)
    rows = [[f"Offre {number}", format_cents(total)] for number, total in enumerate(known, start=1)]
    return rows + [["Offre incomplète", "–"]] * (len(totals) - len(known))


def _marks(whole: History, said: Row) -> Iterator[list[str]]:
    """Each criterion judged by people, with the marks that the firm chosen received; neither remark nor name of evaluator."""
    answers = {row["submission_id"] for row in said.get("rows", ()) if row["kind"] == "award"}
    marks = [each for each in whole.of("score") if each["submission_id"] in answers and each["current"]]
    for criterion in sorted(whole.of("criterion"), key=lambda row: row["position"]):
        given = sorted((each["value"] for each in marks if each["criterion_id"] == criterion["id"]), reverse=True)
        if given:
            yield [criterion["label"], f"{criterion['weight']} %", " et ".join(map(str, given))]
