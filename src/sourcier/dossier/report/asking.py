"""What was needed, under which rule, how firms were found, what was asked and of whom."""

from typing import Any

from sourcier.dossier.history import History
from sourcier.dossier.report.blocks import Block, at, day, facts, firm, identity, moment, p, quote, table
from sourcier.kernel.french import format_moment
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.money import format_cents, format_milli
from sourcier.kernel.phones import shown
from sourcier.law.reasons import reason
from sourcier.mail.models import FiledExchange
from sourcier.needs.models import Kind
from sourcier.sourcing.constraints import in_words
from sourcier.sourcing.models import Invitation, Relay, Sourcing

Row = dict[str, Any]
FAIR = (
    "Proches et plus loin, jeunes et anciennes, petites et plus grandes y ont chacune leur part ; un tiers n'avait jamais été "
    "interrogé par la ville, ou toutes celles qu'il y avait."
)
SAYS_PLACES = ("need.started", "need.taken_over", "need.begun_from", "need.department_changed", "need.places_set")


def need(history: History) -> list[Block]:
    """In the words of who asked."""
    row = next(iter(history.of("need")), {})
    if not row:
        told = any(step.verb.startswith("need.") for step in history.steps)
        return [p("Les contenus de ce besoin ont été effacés.")] if told else []
    return [
        quote(row["sentence"]),
        *facts(
            ("Quoi", row["what"]),
            ("Combien, à quel rythme", row["how_much"]),
            *((each["name"], each["answer"] or "ne sait pas") for each in row.get("details", ())),
            ("Quand", _period(row)),
            ("Où", _places(history)),
            ("Précision sur le lieu", row["where_note"]),
            ("Montant estimé", f"{format_cents(row['estimate_cents'])} HT" if row["estimate_cents"] else ""),
            ("Nature", Kind(row["kind_"]).label if row["kind_"] else ""),
            ("Clos, parce que", row["reason"] if row["state"] == "closed" else ""),
        ),
        *table("Lot*1 | Intitulé*6", [[str(lot["number"]), lot["title"]] for lot in history.of("lot")]),
        *table(
            "Activité retenue*5 | Code*2 | Mots du besoin*4",
            [[a["label"], a["code"], ", ".join(a["words"]) or "ajoutée par une personne"] for a in history.of("need_activity")],
        ),
    ]


def _period(row: Row) -> str:
    start, end = day(row["starts_on"]), day(row["ends_on"])
    return f"du {start} au {end}" if start and end else f"à partir du {start}" if start else f"jusqu'au {end}" if end else ""


def _places(history: History) -> str:
    """As they were said when the need was described, the last time."""
    said = [payload["places"] for _, payload in history.payloads(*SAYS_PLACES) if "places" in payload][-1:]
    return "\n".join(_place(each) for places in said for each in places)


def _asked_places(history: History, sourcing_id: str) -> str:
    """As every firm was told of them."""
    told = [each for each in history.of("asked_place") if each["sourcing_id"] == sourcing_id]
    return "\n".join(_place(each | {"address": _whole(each)}) for each in told)


def _whole(place: Row) -> str:
    return f"{place['address']}, {place['postal_code']} {place['commune']}" + (f", {place['hours']}" if place["hours"] else "")


def _place(place: Row) -> str:
    return ", ".join(filter(None, [place["name"], place.get("address", "")])) + (f" : {place['note']}" if place["note"] else "")


def rule(history: History) -> list[Block]:
    """The law's advice as it was that day."""
    kept = next((row["rule"] for row in history.of("need") if row.get("rule")), None)
    if not kept:
        return []
    duties = [
        [duty["sentence"], duty["article"] + (" (à vérifier)" if duty["confidence"] != "sure" else "")]
        for duty in kept["duties"]
    ]
    total = kept["total_cents"]
    return [
        *facts(
            ("Procédure", kept["title"]),
            ("Règles en vigueur le", day(kept["on"])),
            ("Déjà engagé dans la famille", format_cents(kept["used_cents"]) + " HT"),
            ("Avec ce besoin", format_cents(total) + " HT" if total is not None else ""),
        ),
        *(p(sentence) for sentence in kept["sentences"]),
        *table("Obligation*3 | Article*2", duties),
    ]


def panel(history: History) -> list[Block]:
    """Each search, then each firm with why it was kept or put aside."""
    blocks = [
        p(f"{step.sentence} C'était le {format_moment(step.at)}, dans le répertoire {said['build'][:12]}.")
        for step, said in history.payloads("panel.searched", "panel.searched_around")
    ]
    if blocks:
        blocks.append(
            p("La distance sert à chercher, jamais à choisir : un avis public laisse répondre une entreprise d'ailleurs.")
        )
    if read := sorted({said["order"] for _, said in history.payloads("panel.kept") if said.get("order")}):
        blocks.append(p(f"Liste où l'acheteur a gardé des entreprises : rangée {' ou '.join(read)}."))
    why = {
        listed["siret"]: in_words(listed.get("why") or [])
        for _, said in history.payloads("panel.kept", "panel.added")
        for listed in said.get("firms", [])
    }
    kept, dropped = [], []
    for each in sorted(history.of("candidate"), key=lambda row: (row["distance_m"] is None, row["distance_m"])):
        distance = format_distance(each["distance_m"]) if each["distance_m"] is not None else "–"
        siret = history.one("firm", each["firm_id"]).get("siret", "")
        if each["state"] == "kept":
            kept.append([firm(history, each["firm_id"]), distance, why.get(siret, "")])
        else:
            dropped.append([firm(history, each["firm_id"]), distance, each["reason"]])
    return [
        *blocks,
        *_draws(history),
        *table("Entreprise gardée*4 | Distance*1> | Pourquoi elle est proposée*7", kept),
        *table("Entreprise écartée*4 | Distance*1> | Pourquoi elle est écartée*7", dropped),
        *table(
            "Déjà prise dans la famille, en trois ans*4 | Part*1> | Achats*1> | Dernier*2 | Pourquoi de nouveau*5",
            _already(history),
        ),
    ]


def _draws(history: History) -> list[Block]:
    """Each balanced proposal: over which list, by which chance, and why there was another."""
    lists = {said["draw"]: (step, said) for step, said in history.payloads("panel.listed")}
    blocks: list[Block] = []
    for step, said in history.payloads("panel.drawn"):
        frozen, listed = lists.get(said["draw"], (None, {}))
        when = f" La liste était figée le {format_moment(frozen.at)}." if frozen else ""
        again = f" C'en est un de plus, parce que : {listed['reason']}" if listed.get("reason") else ""
        names = ", ".join(each["name"] for each in said["proposed"])
        blocks.append(
            p(
                f"Tirage n° {said['number']} : {said['drawn']} entreprises parmi {said['among']}, le {format_moment(step.at)} "
                f"({said['chance']}).{when} {FAIR} Les vérificateurs du dossier le refont. "
                f"Proposées, dans l'ordre : {names}.{again}"
            )
        )
    return blocks


def _already(history: History) -> list[list[str]]:
    """As it was when the request left: the share of each firm asked, and the reason beyond the city's limit."""
    return [
        [each["name"], f"{each['percent']} %", str(each["purchases"]), day(each["last"]), each["reason"]]
        for _, said in history.payloads("sourcing.sent", "sourcing.widened")
        for each in said.get("rotation", [])
    ]


def request(history: History) -> list[Block]:
    """The same for every firm."""
    blocks: list[Block] = []
    for row in history.of("sourcing"):
        if row["sent_at"] is None:
            continue
        blocks += facts(
            ("Forme", Sourcing.Kind(row["kind_"]).label),
            ("Titre", row["title"]),
            ("Ce qu'il faut", row["description"]),
            ("Partie", moment(row["sent_at"], weekday=True)),
            ("Date limite", moment(row["deadline"], weekday=True)),
            ("Où", _asked_places(history, row["id"])),
            ("Avis public", "oui, toute entreprise pouvait répondre" if row["public_notice"] else "non"),
            ("Formule du prix", row["price_sentence"]),
            ("Une seule entreprise", "\n".join(filter(None, (*_reasons(row), row["single_reason"])))),
        )
        blocks += _asked_rows(history, row["id"])
    return blocks


def _reasons(row: Row) -> list[str]:
    """Those ticked; requests of before the list have none."""
    return [f"{reason(each).label} ({reason(each).article})" for each in row.get("single_reasons", ())]


def _asked_rows(history: History, sourcing_id: str) -> list[Block]:
    def rows(kind: str) -> list[Row]:
        return sorted((r for r in history.of(kind) if r["sourcing_id"] == sourcing_id), key=lambda r: r["position"])

    lots = {lot["id"]: f"Lot {lot['number']} : " for lot in history.of("lot")}
    return [
        *table(
            "Critère annoncé*2 | Poids*1> | Ce qui sera regardé*5",
            [[each["label"], f"{each['weight']} %", each["detail"]] for each in rows("criterion")],
        ),
        *_clauses(rows("request_clause")),
        *table(
            "Ligne à chiffrer*4 | Quantité estimée*2> | Unité*2",
            [
                [lots.get(each["lot_id"] or "", "") + each["designation"], format_milli(each["quantity_milli"]), each["unit"]]
                for each in rows("price_line")
            ],
        ),
        *table(
            "Question posée à toutes*6 | Réponse*2",
            [[each["text"], "obligatoire" if each["required"] else "libre"] for each in rows("question")],
        ),
    ]


def _clauses(rows: list[Row]) -> list[Block]:
    """Those told to all, then the obligations left aside, each with what it rested on that day."""
    return [
        *table(
            "Clause d'achat durable, dite à toutes*2 | Texte*5 | Fondement*3",
            [[each["title"], each["text"], _basis(each)] for each in rows if each["taken"]],
        ),
        *table(
            "Clause obligatoire non retenue*2 | Fondement*3 | Pourquoi*4",
            [[each["title"], _basis(each), each["reason"] or "sans raison donnée"] for each in rows if not each["taken"]],
        ),
    ]


def _basis(clause: Row) -> str:
    return f"{clause['basis']}\n(texte du {day(clause['noted_on'])})"


def asked(history: History) -> list[Block]:
    """Who, by which channel, when; then what everybody was told."""
    rows = [
        [
            firm(history, each["firm_id"]),
            Invitation.Channel(each["channel"]).label,
            "\n".join(filter(None, [_reached(each) or each["how"], identity(each) if each["channel"] == "notice" else ""])),
            moment(each["created_at"]),
        ]
        for each in history.of("invitation")
    ]
    questions = [
        [each["text"], each["answer"] or "sans réponse", moment(each["answered_at"])] for each in history.of("firm_question")
    ]
    relays = [
        [Relay.Subject(each["subject"]).label, firm(history, history.one("invitation", each["invitation_id"]).get("firm_id")),
         moment(each["told_at"]) or "pas encore", each["how"]]
        for each in history.of("relay")
    ]  # fmt: skip
    return [
        *table("Entreprise*4 | Voie*1 | Adresse*4 | Le*3", rows),
        *table(
            "Question d'une entreprise*4 | Réponse, envoyée à toutes sans le nom de qui demande*5 | Le*2", questions
        ),
        *(
            p(f"Date limite reportée du {moment(each['old_deadline'])} au {moment(each['new_deadline'])}, pour tous."
              f" La raison : {each['reason']}")
            for each in history.of("extension")
        ),
        *table("À dire autrement que par courriel*3 | Entreprise*4 | Dite le*2 | Comment*3", relays),
    ]  # fmt: skip


def _reached(invitation: Row) -> str:
    """The e-mail or the mobile; requests of before the SMS tell nothing of a mobile."""
    mobile: str = invitation.get("mobile", "")
    return str(invitation["address"]) or (shown(mobile) if mobile else "")


def exchanged(history: History) -> list[Block]:
    """What was born elsewhere and dropped in, with its own date."""
    directions = {"in": "reçu", "out": "envoyé"}
    rows = [
        [
            moment(each["occurred_at"]),
            f"{FiledExchange.Channel(each['channel']).label}\n{directions.get(each['direction'], '')}",
            each["correspondent"] or (firm(history, each["firm_id"]).split("\n")[0] if each["firm_id"] else ""),
            each["summary"],
        ]
        for each in sorted(history.of("filed_exchange"), key=lambda row: at(row["occurred_at"]))
    ]
    return table("Date*3 | Voie*2 | Avec qui*3 | Ce qui a été dit*6", rows)
