"""The sections of the report, each read from the history alone: `{"title", "blocks"}` of paragraphs, facts and tables.

Blocks: `{"p": text}`, `{"facts": [[label, value]]}`, `{"table": {"columns", "rows"}}`. Plain data: typst never sees markup.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sourcier.dossier.history import History
from sourcier.kernel.french import format_moment
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.identifiers import format_siret
from sourcier.kernel.money import format_cents, format_milli, format_unit_price, line_total
from sourcier.needs.models import Kind, Need
from sourcier.quotes.models import SavingReference, Submission
from sourcier.quotes.rules import PRICE_FORMULAS
from sourcier.sourcing.models import Invitation, Sourcing

Block = dict[str, Any]
UNKNOWN = "non précisé"


def p(text: str) -> Block:
    return {"p": text}


def facts(*pairs: tuple[str, str]) -> Block:
    return {"facts": [[label, value or UNKNOWN] for label, value in pairs]}


def table(columns: list[str], rows: list[list[str]]) -> Block:
    return {"table": {"columns": columns, "rows": rows}}


def moment(milliseconds: int | None) -> str:
    """A journalled moment, in French; empty when unknown."""
    return format_moment(datetime.fromtimestamp(milliseconds / 1000, UTC)) if milliseconds else ""


def need(history: History) -> list[Block]:
    row = next(iter(history.of("need")), {})
    if not row:
        return [p("Le besoin n'est pas lisible dans le journal.")]
    estimate = format_cents(row["estimate_cents"]) + " HT" if row["estimate_cents"] else ""
    blocks = [
        p(f"« {row['sentence']} »"),
        facts(
            ("Référence", row["reference"]),
            ("Quoi", row["what"]),
            ("Combien, à quel rythme", row["how_much"]),
            ("Quand", " au ".join(filter(None, [row["starts_on"], row["ends_on"]]))),
            ("Précision sur le lieu", row["where_note"]),
            ("Montant estimé", estimate),
            ("Nature", Kind(row["kind_"]).label if row["kind_"] else ""),
            ("État", Need.State(row["state"]).label),
        ),
    ]
    if places := [place for _, payload in history.payloads("need.places_set") for place in [payload]][-1:]:
        names = [f"{each.get('name', '')} {each.get('note', '')}".strip() for each in places[0].get("places", [])]
        blocks.append(p("Lieux de livraison : " + (", ".join(filter(None, names)) or UNKNOWN) + "."))
    if lots := history.of("lot"):
        blocks.append(table(["Lot", "Intitulé"], [[str(lot["number"]), lot["title"]] for lot in lots]))
    if activities := history.of("need_activity"):
        rows = [[a["code"], a["label"], ", ".join(a["words"]) or "ajoutée par une personne"] for a in activities]
        blocks += [p("Activités retenues, avec les mots du besoin qui les ont fait proposer :")]
        blocks.append(table(["Code", "Activité", "Mots"], rows))
    return blocks


def rule(history: History) -> list[Block]:
    row = next(iter(history.of("need")), {})
    kept = row.get("rule")
    if not kept:
        return [p("La règle du jour n'a pas été vérifiée dans l'outil.")]
    blocks = [p(kept["title"] + ".")] + [p(sentence) for sentence in kept["sentences"]]
    blocks.append(
        facts(
            ("Règles en vigueur le", kept["on"]),
            ("Déjà engagé dans la famille", format_cents(kept["used_cents"]) + " HT"),
            ("Avec ce besoin", format_cents(kept["total_cents"]) + " HT" if kept["total_cents"] is not None else ""),
        )
    )
    duties = [
        [duty["sentence"], duty["article"] + (" (à vérifier)" if duty["confidence"] != "sure" else "")]
        for duty in kept["duties"]
    ]
    blocks.append(table(["Obligation", "Article"], duties))
    return blocks


def panel(history: History) -> list[Block]:
    blocks = [
        p(
            f"{step.sentence} Le {moment(round(step.at.timestamp() * 1000))}. Répertoire : {payload['build'][:16]}."
            " La distance sert à chercher, jamais à choisir."
        )
        for step, payload in history.payloads("panel.searched")
    ]
    why: dict[str, str] = {}
    for _, payload in history.payloads("panel.kept", "panel.added"):
        for firm in payload.get("firms", []):
            why[firm["siret"]] = " ".join(reason.get("sentence", "") for reason in firm.get("why") or [])
    rows = []
    for candidate in history.of("candidate"):
        firm = history.one("firm", candidate["firm_id"])
        kept = candidate["state"] == "kept"
        distance = format_distance(candidate["distance_m"]) if candidate["distance_m"] is not None else ""
        reason = why.get(firm.get("siret", ""), "") if kept else candidate["reason"]
        rows.append([_firm(history, candidate["firm_id"]), distance, "gardée" if kept else "écartée", reason])
    if rows:
        blocks.append(table(["Entreprise", "Distance", "Panel", "Pourquoi"], rows))
    return blocks or [p("Aucune entreprise n'a été cherchée.")]


def _firm(history: History, firm_id: str) -> str:
    firm = history.one("firm", firm_id)
    return f"{firm['name']} ({format_siret(firm['siret'])})" if firm else "entreprise"


def request(history: History) -> list[Block]:
    blocks: list[Block] = []
    for row in history.of("sourcing"):
        formula = PRICE_FORMULAS.get(row["price_formula"])
        blocks.append(
            facts(
                ("Forme", Sourcing.Kind(row["kind_"]).label),
                ("Titre", row["title"]),
                ("Ce qu'il faut", row["description"]),
                ("Partie le", moment(row["sent_at"])),
                ("Date limite", moment(row["deadline"])),
                ("Avis public", "oui" if row["public_notice"] else "non"),
                ("Formule du prix", formula.sentence if formula else "sans objet"),
            )
        )
        if row["single_reason"]:
            blocks.append(p(f"Une seule entreprise interrogée, parce que : {row['single_reason']}"))
    if criteria := history.of("criterion"):
        rows = [[c["label"], f"{c['weight']} %", c["detail"]] for c in sorted(criteria, key=lambda c: c["position"])]
        blocks.append(table(["Critère annoncé", "Poids", "Ce qui sera regardé"], rows))
    if lines := history.of("price_line"):
        rows = [
            [line["designation"], line["unit"], format_milli(line["quantity_milli"])]
            for line in sorted(lines, key=lambda line: line["position"])
        ]
        blocks.append(table(["Ligne à chiffrer", "Unité", "Quantité estimée"], rows))
    return blocks or [p("Aucune demande n'a été préparée.")]


def asked(history: History) -> list[Block]:
    rows = [
        [_firm(history, i["firm_id"]), Invitation.Channel(i["channel"]).label, i["address"], moment(i["created_at"])]
        for i in history.of("invitation")
    ]
    blocks = [table(["Entreprise", "Voie", "Adresse", "Le"], rows)] if rows else [p("Aucune entreprise n'a été interrogée.")]
    questions = [[q["text"], q["answer"] or "sans réponse", moment(q["answered_at"])] for q in history.of("firm_question")]
    if questions:
        blocks += [p("Questions des entreprises, et réponses données à toutes, sans le nom de qui demande :")]
        blocks.append(table(["Question", "Réponse", "Le"], questions))
    for extension in history.of("extension"):
        blocks.append(p(f"Date limite reportée au {moment(extension['new_deadline'])}, pour tous : {extension['reason']}"))
    return blocks


def answers(history: History) -> list[Block]:
    blocks: list[Block] = []
    for step, payload in history.payloads("answers.opened"):
        blocks.append(p(f"{step.sentence} ({moment(round(step.at.timestamp() * 1000))})"))
        del payload
    rows = [
        [
            _firm(history, s["firm_id"]),
            Submission.Kind(s["kind_"]).label + (" (dernier prix)" if s["round"] == 2 else ""),
            moment(s["received_at"]),
            s["receipt_number"],
            s["reservation"] or s["note"] or s["decline_note"],
        ]
        for s in history.of("submission")
    ]
    if rows:
        blocks.append(table(["Entreprise", "Réponse", "Reçue le", "Récépissé", "Dans ses mots"], rows))
    closed = sum(step.verb in ("answer.received", "answer.late") and bool(step.withheld) for step in history.steps)
    if closed:
        blocks.append(
            p(f"Réponses jamais ouvertes (remplacées, retirées ou arrivées trop tard) : {closed}. Leur contenu est retenu.")
        )
    for each in history.of("clarification"):
        blocks.append(p(f"Précision demandée : {each['question']} Réponse : {each['answer'] or 'aucune'}"))
    return blocks or [p("Les réponses n'ont pas été ouvertes.")]


def comparison(history: History) -> list[Block]:
    lines = {line["id"]: line for line in history.of("price_line")}
    quoted: dict[str, list[list[str]]] = {}
    for line in history.of("quoted_line"):
        asked_line = lines.get(line["price_line_id"])
        if asked_line:
            total = line_total(line["unit_price_e4"], asked_line["quantity_milli"])
            quoted.setdefault(line["submission_id"], []).append(
                [asked_line["designation"], format_unit_price(line["unit_price_e4"]), format_cents(total)]
            )
    blocks: list[Block] = []
    for submission in history.of("submission"):
        if submission["id"] in quoted:
            blocks.append(p(_firm(history, submission["firm_id"]) + (", dernier prix" if submission["round"] == 2 else "")))
            blocks.append(table(["Ligne", "Prix HT", "Total HT, quantités estimées"], quoted[submission["id"]]))
    criteria = {criterion["id"]: criterion["label"] for criterion in history.of("criterion")}
    submissions = {submission["id"]: submission["firm_id"] for submission in history.of("submission")}
    names = {payload["row"]: payload["by"] for payload in _evaluators(history)}
    marks = [
        [
            _firm(history, submissions.get(s["submission_id"], "")), criteria.get(s["criterion_id"], ""), str(s["value"]),
            names.get(s["id"], ""), s["note"] + (f" (corrigée : {s['reason']})" if s["reason"] else ""),
        ]
        for s in history.of("score") if s["current"]
    ]  # fmt: skip
    if marks:
        blocks.append(table(["Entreprise", "Critère", "Note sur 100", "Évaluateur", "Remarque"], marks))
    return blocks or [p("Il n'y a pas eu de comparaison.")]


def _evaluators(history: History) -> list[dict[str, str]]:
    return [
        {"row": row["id"], "by": payload["evaluator"]}
        for _, payload in history.payloads("score.given", "score.corrected")
        for row in payload.get("rows", ())
        if row["kind"] == "score" and row["current"]
    ]


def choice(history: History) -> list[Block]:
    blocks: list[Block] = []
    for reference in history.of("saving_reference"):
        amount = f" : {format_cents(reference['amount_cents'])} HT" if reference["amount_cents"] else ""
        blocks.append(
            p(f"Référence de prix choisie avant l'ouverture : {SavingReference.Kind(reference['kind_']).label}{amount}.")
        )
    for step, payload in history.payloads("choice.made", "lot.left", "sourcing.ended_after_opening", "sourcing.ended"):
        blocks.append(p(f"{step.sentence} ({moment(round(step.at.timestamp() * 1000))})"))
        ranking = [
            [
                str(each["rank"] or "–"), each["firm"],
                format_cents(each["total_cents"]) if each["total_cents"] is not None else "incomplet",
                f"{each['mark_e2'] / 100:.2f}".replace(".", ",") if each["mark_e2"] is not None else "–",
            ]
            for each in payload.get("ranking", [])
        ]  # fmt: skip
        if ranking:
            blocks.append(table(["Rang", "Entreprise", "Total HT", "Note sur 100"], ranking))
        if payload.get("stand_in"):
            blocks.append(p(f"Remplaçante : {payload['stand_in']}."))
    told = [
        [_firm(history, n["firm_id"]), "choisie" if n["won"] else n["sentence"], moment(n["told_at"]) or "pas encore", n["how"]]
        for n in history.of("notification")
    ]
    if told:
        blocks += [p("Qui a été prévenu du résultat :"), table(["Entreprise", "Raison", "Prévenue le", "Comment"], told)]
    return blocks or [p("Aucun choix n'a été fait.")]


def people(history: History) -> list[Block]:
    acts: dict[str, list[str]] = {}
    for step in history.steps:
        if name := step.payload.get("name"):
            acts.setdefault(name, []).append(step.sentence.removeprefix(name).strip())
    rows = [[name, str(len(done)), done[0], done[-1]] for name, done in acts.items()]
    return [table(["Personne", "Actes", "Le premier", "Le dernier"], rows)] if rows else [p("Personne n'est nommé.")]


SECTIONS: tuple[tuple[str, Callable[[History], list[Block]]], ...] = (
    ("Le besoin", need),
    ("La règle du jour", rule),
    ("Comment les entreprises ont été cherchées et choisies", panel),
    ("Ce qui a été demandé", request),
    ("Qui a été interrogé, par quelle voie, quand", asked),
    ("Ce qui est revenu, et l'ouverture", answers),
    ("La comparaison", comparison),
    ("Le choix, ses raisons, et qui a été prévenu", choice),
    ("Qui a agi", people),
)


def sections(history: History) -> list[dict[str, Any]]:
    """Every section, in the order of a purchase."""
    return [{"title": title, "blocks": make(history)} for title, make in SECTIONS]
