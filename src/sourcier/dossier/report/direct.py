"""A direct purchase in the report: who, how much, why one firm alone, what the tool showed before, on which papers."""

from typing import Any

from sourcier.dossier.history import History
from sourcier.dossier.report.blocks import Block, facts, firm, moment, p, table
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.money import format_cents, format_vat

Row = dict[str, Any]


def purchase(history: History) -> list[Block]:
    """For who reads the whole dossier."""
    blocks: list[Block] = []
    for _, said in history.payloads("direct.recorded"):
        row = next(iter(history.of("direct_purchase")), {})
        files = [each["name"] for each in said["files"]]
        blocks += [
            p("Aucune entreprise n'a été mise en concurrence : l'achat est sous le montant fixé par la ville."),
            *facts(
                ("Entreprise", firm(history, row.get("firm_id"))),
                ("Montant", f"{format_cents(said['amount_cents'])} HT"),
                ("Tel qu'il a été écrit", _typed(row)),
                ("Enregistré par", f"{said['name']}, le {moment(row.get('recorded_at'), weekday=True)}"),
                ("Annulé", _cancelled(history)),
            ),
            *_why(said),
            *facts(("Précision", said["note"]), *_shown(said["shown"])),
            *(table("Pièce jointe*1", [[name] for name in files]) or [p("Aucune pièce n'a été jointe.")]),
        ]
    return blocks


def outcome(whole: History) -> list[Block]:
    """For a third party: the contract, its price, and the reasons that the law names; neither papers nor free words."""
    blocks: list[Block] = []
    for step, said in whole.payloads("direct.recorded"):
        blocks += [
            *facts(
                ("Entreprise", said["firm"]),
                ("Montant", f"{format_cents(said['amount_cents'])} HT"),
                ("Enregistré le", moment(int(step.at.timestamp() * 1000), weekday=True)),
            ),
            *_why(said),
        ]
    return blocks


def essentials(history: History) -> list[tuple[str, str]]:
    """One line for a reader in a hurry."""
    cancelled = "\nannulé depuis" if any(True for _ in history.payloads("direct.cancelled")) else ""
    return [
        ("Acheté directement", f"{said['firm']}, {format_cents(said['amount_cents'])} HT{cancelled}")
        for _, said in history.payloads("direct.recorded")
    ]


def _why(said: Row) -> list[Block]:
    rows = [
        [each["label"], each["article"] + ("" if each["confidence"] == "sure" else " (à vérifier)")] for each in said["reasons"]
    ]
    return table("Pourquoi une seule entreprise*5 | Article*3", rows)


def _typed(row: Row) -> str:
    rate = row.get("vat_bp")
    return "" if not row or rate is None else f"{format_cents(row['typed_cents'])}, TVA de {format_vat(rate)} comprise"


def _cancelled(history: History) -> str:
    said = [f"{said['name']}, le {moment(int(step.at.timestamp() * 1000))} : {said['reason']}"
            for step, said in history.payloads("direct.cancelled")]  # fmt: skip
    return "\n".join(said)


def _shown(shown: Row) -> list[tuple[str, str]]:
    """What the page said at once, before the purchase was recorded."""
    found: list[tuple[str, str]] = []
    if "used_cents" in shown:
        used, limit = format_cents(shown["used_cents"]), format_cents(shown["limit_cents"])
        found.append(("La famille, avant cet achat", f"{used} HT engagés ou prévus, pour une limite de {limit} HT"))
    if "taken_city" in shown:
        times, own = shown["taken_city"], shown["taken_department"]
        words = f"{times} fois en trois ans, dont {own} par ce service" if times else "jamais en trois ans"
        found.append(("Cette entreprise, avant cet achat", f"prise {words}"))
    if "near" in shown:
        found.append(("Autres du métier", f"{shown['near']}, à moins de {format_distance(shown['radius_m'])}"))
    return found
