"""A list of running contracts read line by line: own contracts, purchasing bodies, group purchases."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sourcier.kernel.french import fold, format_date
from sourcier.kernel.transitions import refuse
from sourcier.spend.contract_rules import same_contract, same_number
from sourcier.spend.importing.lines import (
    Unread,
    Unreadable,
    check_currency,
    read_cents,
    read_day,
    read_siret,
    read_words,
    says_vat,
    text,
    unread,
)
from sourcier.spend.importing.sheets import Cell, Row, Sheet
from sourcier.spend.importing.whole import check_whole, filled_down

MAX_CONTRACTS = 3_000


class Column(StrEnum):
    """What a column of the list may hold."""

    OBJECT = "object"
    HOLDER = "holder"
    ENDS = "ends"
    NUMBER = "number"
    SIRET = "siret"
    FAMILIES = "families"
    KIND = "kind"
    FIRST = "first"
    MAXIMUM = "maximum"
    USED = "used"
    HOW = "how"
    CONTACT = "contact"
    EMAIL = "email"
    PHONE = "phone"
    CURRENCY = "currency"


REQUIRED = (Column.OBJECT, Column.HOLDER, Column.ENDS)
HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.OBJECT: ("objet", "objet du marche", "intitule", "libelle", "designation", "marche"),
    Column.HOLDER: ("titulaire", "nom du titulaire", "attributaire", "fournisseur", "tiers", "raison sociale", "entreprise"),
    Column.ENDS: ("fin", "date de fin", "echeance", "date d echeance", "fin du marche", "dernier jour", "date fin"),
    Column.NUMBER: ("numero", "n marche", "numero du marche", "n de marche", "reference", "n", "numero de marche", "contrat"),
    Column.SIRET: ("siret", "siret du titulaire", "n siret", "siren"),
    Column.FAMILIES: ("familles", "famille", "code famille", "codes familles", "nomenclature", "famille d achats"),
    Column.KIND: ("nature", "type", "type de marche", "forme", "support"),
    Column.FIRST: ("debut", "date de debut", "premier jour", "notification", "date de notification", "date debut"),
    Column.MAXIMUM: ("maximum", "maximum ht", "montant maximum", "montant maximum ht", "plafond", "montant ht", "montant"),
    Column.USED: ("utilise", "consomme", "utilise ht", "consomme ht", "montant consomme", "montant utilise", "engage"),
    Column.HOW: ("comment commander", "commande", "commander", "modalites", "consignes"),
    Column.CONTACT: ("contact", "interlocuteur", "personne a contacter"),
    Column.EMAIL: ("courriel", "mail", "e mail", "email", "adresse electronique"),
    Column.PHONE: ("telephone", "tel", "tel."),
    Column.CURRENCY: ("devise", "monnaie"),
}
# The first that is said wins: « Marché subséquent de l'UGAP » is ordered from the purchasing body.
KINDS = (("body", r"ugap|centrale"), ("group", r"groupement|groupe"), ("own", r"marche|accord|contrat|ville|propre"))
LENGTHS = {"number": 60, "object": 300, "holder": 200, "how": 500}


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract as the list tells it; `used_cents` is None when the list does not say it."""

    line: int
    kind: str
    number: str
    object: str
    families: tuple[str, ...]
    holder: str
    siret: str
    how_to_order: str
    first_on: date | None
    ends_on: date
    maximum_cents: int | None
    used_cents: int | None


@dataclass(slots=True)
class ContractList:
    """What a list says once read, in the order of the file."""

    contracts: list[ContractLine] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_list(sheet: Sheet, columns: Mapping[Column, int], known: Collection[str]) -> ContractList:
    """Judge every line; `known` are the codes of the city's families. Raises `Refused` when nothing should be kept of it."""
    found, last = ContractList(), []  # type: tuple[ContractList, Row]
    own = (Column.MAXIMUM, Column.USED, Column.NUMBER)
    for number, row in filled_down(sheet, [place for column, place in columns.items() if column not in own]):
        line = read_line(number, row, columns)
        (found.contracts if isinstance(line, ContractLine) else found.unread).append(line)  # type: ignore[arg-type]
        last = row
        if len(found.contracts) + len(found.unread) > MAX_CONTRACTS:
            raise refuse(
                "too_many",
                f"Ce fichier dépasse {MAX_CONTRACTS} lignes : donnez une ligne par marché, non par commande. "
                "Rien n'est importé.",
                "file",
            )
    check_whole(sheet, last, found.unread, len(found.contracts))
    _leave_out_twins(found)
    found.warnings += _warnings(sheet, columns, found.contracts, known)
    found.unread.sort(key=lambda line: line.line)
    return found


def read_line(line: int, row: Row, columns: Mapping[Column, int]) -> ContractLine | Unread:
    """What the line says, or why it cannot be read."""
    cells = {column: row[place] if place < len(row) else None for column, place in columns.items()}
    try:
        currency = cells.get(Column.CURRENCY)
        first = read_day(cells[Column.FIRST]) if text(cells.get(Column.FIRST)) else None
        ends = read_day(cells[Column.ENDS])
        if first and ends < first:
            raise Unreadable(f"La fin vient avant le début ({format_date(first)}).")
        holder = read_words(cells[Column.HOLDER], LENGTHS["holder"], "Le titulaire n'est pas dit.")
        return ContractLine(
            line=line,
            kind=_kind(text(cells.get(Column.KIND)), holder),
            number=read_words(cells.get(Column.NUMBER), LENGTHS["number"]),
            object=read_words(cells[Column.OBJECT], LENGTHS["object"], "L'objet n'est pas dit."),
            families=codes(text(cells.get(Column.FAMILIES))),
            holder=holder,
            siret=read_siret(text(cells.get(Column.SIRET))),
            how_to_order=_how(cells),
            first_on=first,
            ends_on=ends,
            maximum_cents=_amount(cells.get(Column.MAXIMUM), currency, "Le maximum") or None,
            used_cents=_amount(cells.get(Column.USED), currency, "Le montant utilisé"),
        )
    except Unreadable as error:
        return unread(line, row, error)


def codes(said: str) -> tuple[str, ...]:
    """« 10.01 ; 10.02 » or « 10.01, 10.02 »: codes of families, each once."""
    return tuple(dict.fromkeys(code.strip()[:20] for code in re.split(r"[;,/|]", said) if code.strip()))


def _amount(cell: Cell, currency: Cell, what: str) -> int | None:
    if not text(cell):
        return None
    check_currency(currency)
    cents = read_cents(cell)
    if cents < 0:
        raise Unreadable(f"{what} est négatif.")
    return cents


def _kind(said: str, holder: str) -> str:
    if not said:
        return "body" if fold(holder) == "ugap" else "own"
    found = next((kind for kind, words in KINDS if re.search(words, fold(said))), None)
    if found is None:
        raise Unreadable(f"« {said[:30]} » n'est pas une nature : écrivez marché, centrale d'achat ou groupement.")
    return found


def _how(cells: Mapping[Column, Cell]) -> str:
    """Words, contact, address and telephone, on one line."""
    said = (text(cells.get(column)) for column in (Column.HOW, Column.CONTACT, Column.EMAIL, Column.PHONE))
    return " · ".join(part for part in said if part)[: LENGTHS["how"]]


def _leave_out_twins(found: ContractList) -> None:
    """The second line of one contract in one list is left out: which amount holds is for a person to say."""
    seen: dict[object, int] = {}
    kept = []
    for line in found.contracts:
        key = same_number(line.number) or same_contract(line.holder, line.siret, line.object)
        if key in seen:
            found.unread.append(Unread(line.line, f"{line.object} ; {line.holder}"[:200], f"Déjà dit à la ligne {seen[key]}."))
        else:
            seen[key] = line.line
            kept.append(line)
    found.contracts = kept


def _warnings(
    sheet: Sheet, columns: Mapping[Column, int], contracts: Collection[ContractLine], known: Collection[str]
) -> list[str]:
    said = []
    amounts = [columns[column] for column in (Column.MAXIMUM, Column.USED) if column in columns]
    if any(place < len(sheet.headings) and says_vat(sheet.headings[place]) for place in amounts):
        said.append("Une colonne de montants porte « TTC » dans son titre : ici tout se compte hors taxes. Choisissez l'autre.")
    if unknown := sorted({code for line in contracts for code in line.families if code not in known}):
        listed = f"{', '.join(unknown[:12])}{'…' * (len(unknown) > 12)}"
        said.append(f"Codes famille inconnus de votre nomenclature, laissés de côté : {listed}.")
    return said
