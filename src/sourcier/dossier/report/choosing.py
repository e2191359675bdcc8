"""What came back, how it was compared, what was chosen and why, and who acted."""

from collections.abc import Iterator
from typing import Any

from sourcier.dossier.history import History
from sourcier.dossier.report.blocks import Block, answerer, facts, moment, p, quote, table
from sourcier.kernel.french import format_moment
from sourcier.kernel.money import format_cents, format_milli, format_unit_price, line_total
from sourcier.quotes.models import SavingReference, Submission
from sourcier.quotes.opening_rules import Clock, How

Row = dict[str, Any]
ENDINGS = ("choice.made", "lot.left", "sourcing.ended_after_opening", "sourcing.ended", "information.finished")
# The quality in which an act is done, by the beginning of its verb; what a buyer says of a need, he says as a buyer.
QUALITIES = (
    ("score.", "Évaluateur"),
    ("choice.", "Auteur du choix"),
    ("lot.left", "Auteur du choix"),
    ("sourcing.ended", "Auteur du choix"),
    ("dossier.", "A pris un dossier"),
)
REQUESTS = ("need.started", "need.taken_over", "need.submitted")
BUYER, REQUESTER = "Acheteur", "Demandeur"


def answers(history: History) -> list[Block]:
    """The opening, then each answer in the words of its firm; those never opened are counted."""
    blocks = [
        p(" ".join(filter(None, (step.sentence, f"C'était le {format_moment(step.at)}.", *_manner(said)))))
        for step, said in history.payloads("answers.opened", "last_price.opened")
    ]
    blocks += [
        p(step.sentence)
        for step, _ in history.payloads(
            "answer.paper_registered", "answer.paper_typed", "answer.paper_corrected", "price.heard"
        )
    ]
    rows = [
        [
            answerer(history, each),
            Submission.Kind(each["kind_"]).label + ("\ndernier prix" if each["round"] == 2 else ""),
            _arrival(each),
            each["receipt_number"],
            _words(history, each),
        ]
        for each in history.of("submission")
    ]
    blocks += table("Entreprise*4 | Réponse*2 | Reçue le*3 | Récépissé*2 | Dans ses mots*5", rows)
    closed = sum(
        step.verb in ("answer.received", "answer.late", "answer.declined") and bool(step.withheld) and step.body is not None
        for step in history.steps
    )
    if closed:
        blocks.append(
            p(f"Réponses jamais ouvertes : {closed}. Remplacées, retirées ou arrivées trop tard, elles le restent ici.")
        )
    asked = [
        [answerer(history, _answer(history, each)), each["question"], each["answer"] or "sans réponse"]
        for each in history.of("clarification")
    ]
    return blocks + table("Précision demandée à*4 | Question*5 | Réponse*5", asked)


OPENED_BY = {
    How.SERVER: "Les devis étaient scellés ; le serveur a levé les scellés.",
    How.TWO: "Les devis étaient scellés ; {openers} ont donné leur accord.",
    How.ALONE: "Les devis étaient scellés ; une personne manquait, le responsable des achats a ouvert seul : {reason}",
}
TIME_TOLD = {
    Clock.AGREED: "Un tiers avait confirmé l'heure : {told_at}.",
    Clock.NOBODY: "Aucun tiers n'est réglé pour confirmer l'heure : seul le serveur l'atteste.",
    Clock.SILENT: "Aucun tiers n'a répondu sur l'heure : seul le serveur l'atteste, et ces personnes avec lui.",
}


def _manner(said: Row) -> Iterator[str]:
    """How sealed quotes were opened and who vouches for the time, in sentences; none for what was not sealed."""
    if "how" in said:
        told_at = moment(said["told_at"]) if said["told_at"] else ""
        yield OPENED_BY[How(said["how"])].format(openers=" et ".join(said["openers"]), reason=said["reason"])
        yield TIME_TOLD[Clock(said["clock"])].format(told_at=told_at)


def _arrival(answer: Row) -> str:
    """When it came, by the server's clock; that of an envelope is what the city noted, and when it did."""
    if not answer.get("paper"):
        return moment(answer["received_at"])
    return f"{moment(answer['received_at'])}\n(heure notée par la ville, pli enregistré le {moment(answer['created_at'])})"


def _answer(history: History, row: Row) -> Row:
    """The answer that a row is about; empty when its content is not here."""
    return history.one("submission", row["submission_id"])


def _words(history: History, answer: Row) -> str:
    replies = [each["text"] for each in history.of("question_answer") if each["submission_id"] == answer["id"] and each["text"]]
    said = [answer["reservation"], answer["note"], answer["decline_note"], *replies]
    if answer["daily_maximum"]:
        said.append(f"Au plus {answer['daily_maximum']} par jour")
    return "\n".join(dict.fromkeys(filter(None, said)))


def comparison(history: History) -> list[Block]:
    """On the same quantities, before tax; then every mark with its author."""
    asked = {line["id"]: line for line in history.of("price_line")}
    rows = []
    for answer in history.of("submission"):
        quoted = [
            line
            for line in history.of("quoted_line")
            if line["submission_id"] == answer["id"] and line["price_line_id"] in asked
        ]
        name = answerer(history, answer, short=True) + ("\ndernier prix" if answer["round"] == 2 else "")
        totals = []
        for line in sorted(quoted, key=lambda line: asked[line["price_line_id"]]["position"]):
            wanted = asked[line["price_line_id"]]
            totals.append(line_total(line["unit_price_e4"], wanted["quantity_milli"]))
            rows.append([
                name, wanted["designation"], format_milli(wanted["quantity_milli"]), format_unit_price(line["unit_price_e4"]),
                format_cents(totals[-1]),
            ])  # fmt: skip
            name = ""
        if len(totals) > 1:
            rows.append(["", "Total", "", "", format_cents(sum(totals))])
    return [
        *table("Entreprise*4 | Ligne*4 | Quantité*2> | Prix HT*2> | Total HT*2>", rows),
        *table("Critère*3 | Entreprise*4 | Évaluateur*3 | Note*1> | Remarque*5", _marks(history)),
    ]


def _marks(history: History) -> list[list[str]]:
    criteria = {each["id"]: each for each in history.of("criterion")}
    authors = {
        row["id"]: said["evaluator"]
        for _, said in history.payloads("score.given", "score.corrected")
        for row in said.get("rows", ())
        if row["kind"] == "score"
    }
    rows, former = [], {}
    for each in history.of("score"):
        criterion, key = criteria.get(each["criterion_id"]), (each["submission_id"], each["criterion_id"], each["evaluator_id"])
        if not each["current"]:
            former[key] = each["value"]
        if criterion is None or not each["current"]:
            continue
        corrected = f"Corrigée (c'était {former[key]}) : {each['reason']}" if each["reason"] and key in former else ""
        who = answerer(history, _answer(history, each), short=True)
        rows.append((criterion["position"], who, authors.get(each["id"], ""), each, criterion["label"], corrected))
    rows.sort(key=lambda row: row[:3])
    return [
        [label, who, author, str(each["value"]), "\n".join(filter(None, [each["note"], corrected]))]
        for _, who, author, each, label, corrected in rows
    ]


def choice(history: History) -> list[Block]:
    """The decision, its reasons, its ranking; then who was told."""
    blocks: list[Block] = []
    for each in history.of("saving_reference"):
        amount = f", {format_cents(each['amount_cents'])} HT" if each["amount_cents"] else ""
        label = SavingReference.Kind(each["kind_"]).label
        blocks += facts(("Référence de prix, dite avant l'ouverture", label + amount))
    for step, said in history.payloads(*ENDINGS):
        blocks += _decision(step.verb, said, format_moment(step.at))
    channels = {"email": "courriel", "letter": "courrier", "sms": "SMS"}
    # A late answer never goes out: the entry of the telling says by which invitation it came.
    by_invitation = {
        told["notification"]: told["invitation"]
        for _, said in history.payloads("result.told")
        for told in said["told"]
        if "notification" in told
    }
    told = [
        [answerer(history, each | {"invitation_id": by_invitation.get(each["id"])}),
         "choisie" if each["won"] else each["sentence"] or "réponse hors délai, non ouverte",
         moment(each["told_at"]) or "pas encore", each["how"] or channels.get(each["channel"], "")]
        for each in history.of("notification")
    ]  # fmt: skip
    return blocks + table("Entreprise prévenue du résultat*4 | Ce qui lui a été dit*5 | Le*3 | Comment*3", told)


def _decision(verb: str, said: Row, when: str) -> list[Block]:
    lot = f"Lot {said['lot']} : {said.get('lot_title', '')}" if said.get("lot") else ""
    chosen = verb == "choice.made"
    blocks = facts(
        ("Lot", lot),
        ("Entreprise choisie" if chosen else "Décision", said["firm"] if chosen else "Sans suite"),
        ("Montant", format_cents(said["amount_cents"]) + " HT" if chosen else ""),
        ("Remplaçante", said.get("stand_in") or ""),
        ("Décidé par", f"{said['name']}, le {when}"),
    )
    ranking = [
        [str(each["rank"] or "–"), each["firm"] + ("\nidentité non vérifiée" if each.get("unverified") else ""),
         format_cents(each["total_cents"]) if each["total_cents"] is not None else "incomplet",
         f"{each['mark_e2'] / 100:.2f}".replace(".", ",") if each["mark_e2"] is not None else "–"]
        for each in said.get("ranking", [])
    ]  # fmt: skip
    why = said.get("rationale") or said.get("reason", "")
    return [*blocks, *([quote(why)] if why else []), *table("Rang*1> | Entreprise*6 | Total HT*2> | Note sur 100*2>", ranking)]


def people(history: History) -> list[Block]:
    """Everyone of the city who wrote in this operation, in which quality, how often, from when to when."""
    requesters = {step.actor for step in history.steps if step.verb in REQUESTS}
    acts: dict[tuple[str, str], list[str]] = {}
    for step in history.steps:
        if (name := step.payload.get("name")) and not step.verb.startswith("answer."):
            usual = REQUESTER if step.verb.startswith(("need.", "interest.")) and step.actor in requesters else BUYER
            quality = next((label for begins, label in QUALITIES if step.verb.startswith(begins)), usual)
            acts.setdefault((name, quality), []).append(format_moment(step.at, weekday=False))
    rows = [[name, quality, str(len(done)), done[0], done[-1]] for (name, quality), done in sorted(acts.items())]
    return table("Personne*4 | En qualité de*3 | Actes*1> | Premier acte*4 | Dernier acte*4", rows)
