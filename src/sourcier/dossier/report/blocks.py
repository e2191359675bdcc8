"""Pieces of a section, as plain data: typst never sees markup.

`{"p": text}`, `{"quote": text}`, `{"facts": [[label, value]]}`, `{"table": {"columns", "rows", "caption"}}` where a column is
`{"label", "width", "right"}` (relative width) and a cell a text, its first line in full ink when it has several.
"""

from datetime import UTC, date, datetime
from typing import Any

from sourcier.dossier.history import History
from sourcier.kernel.french import format_date, format_moment
from sourcier.kernel.identifiers import format_siret

Block = dict[str, Any]


def p(text: str) -> Block:
    return {"p": text}


def quote(text: str) -> Block:
    """Words that somebody wrote."""
    return {"quote": text}


def facts(*pairs: tuple[str, str]) -> list[Block]:
    """Labels and values; what nobody said is left out."""
    said = [[label, value] for label, value in pairs if value]
    return [{"facts": said}] if said else []


def table(columns: str, rows: list[list[str]], caption: str = "") -> list[Block]:
    """`columns`: « Entreprise*3 | Total HT*2> » (relative width, > to the right). No row, no table."""
    if not rows:
        return []
    made = []
    for text in columns.split("|"):
        label, _, width = text.strip().partition("*")
        made.append({"label": label, "width": int(width.rstrip(">") or 1), "right": width.endswith(">")})
    return [{"table": {"columns": made, "rows": rows, "caption": caption}}]


def at(milliseconds: int | None) -> datetime:
    return datetime.fromtimestamp((milliseconds or 0) / 1000, UTC)


def moment(milliseconds: int | None, *, weekday: bool = False) -> str:
    """A journalled moment, in French; empty when unknown."""
    return format_moment(at(milliseconds), weekday=weekday) if milliseconds else ""


def day(text: str | None) -> str:
    """« 4 janvier 2027 », from a journalled date; empty when unknown."""
    return format_date(date.fromisoformat(text)) if text else ""


def firm(history: History, firm_id: str | None) -> str:
    """Name, then SIRET on its own line; empty contents (erased) leave « entreprise »."""
    row = history.one("firm", firm_id)
    return f"{row['name']}\n{format_siret(row['siret'])}" if row else "Entreprise (contenu effacé)"


def answerer(history: History, row: dict[str, Any], *, short: bool = False) -> str:
    """Who answered, from a row with its `firm_id` and `invitation_id`: the firm asked; or who came by the public notice, with
    his address and how far the city knows who he is. `short` leaves the SIRET out."""
    who, invitation = firm(history, row.get("firm_id")), history.one("invitation", row.get("invitation_id"))
    if short:
        who = who.split("\n")[0]
    if invitation.get("channel") != "notice":
        return who
    return f"{who}\npar l'avis public, {invitation['address']}, {identity(invitation)}"


def identity(invitation: dict[str, Any]) -> str:
    """« identité non vérifiée », or when and how it was."""
    checked = moment(invitation.get("identity_checked_at"))
    return f"identité vérifiée le {checked} : {invitation['identity_how']}" if checked else "identité non vérifiée"
