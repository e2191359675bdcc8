"""Contacts read from a table, line by line: a line is kept whole or not at all, and the report says which and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.register.search import by_siret
from sourcier.register.store import RegisterMissing
from sourcier.suppliers import rules, tables
from sourcier.suppliers.actions.contacts import contact_entry, note
from sourcier.suppliers.actions.firms import check_writer, known_firms, meet_many
from sourcier.suppliers.models import Contact, Firm
from sourcier.suppliers.rules import Column, Line, Unread


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did: contacts added, lines that told nothing new, lines not read with the reason, firms met by it."""

    source: str
    added: int
    known: tuple[Line, ...]
    unread: tuple[Unread, ...]
    new_firms: int
    read: tuple[Line, ...]


def import_contacts(agent: Agent, upload: UploadedFile, columns: Mapping[Column, int] | None = None) -> Report:
    """Read a CSV or XLSX file. Without `columns`, they are recognised; refused when they cannot be."""
    rows = tables.read_table(upload.read(tables.MAX_BYTES + 1))
    return import_rows(agent, rows, columns, f"Import du fichier {upload.name}")


def guess(rows: Sequence[Sequence[str]]) -> tuple[dict[Column, int], bool]:
    """The columns recognised, and whether the first line is a heading."""
    if not rows:
        return {}, False
    if by_heading := rules.guess_columns(rows[0]):
        return by_heading, True
    by_values = rules.guess_from_values(rows[0])
    return by_values, False


def import_rows(
    agent: Agent, rows: Sequence[Sequence[str]], columns: Mapping[Column, int] | None, source: str, heading: bool | None = None
) -> Report:
    """Import the lines of a table in one transaction. `columns` and `heading` are recognised when they are not given."""
    check_writer(agent)
    guessed, has_heading = guess(rows)
    chosen = columns or guessed
    if Column.SIRET not in chosen or not {Column.EMAIL, Column.PHONE} & set(chosen):
        raise refuse(
            "columns", "Choisissez la colonne du SIRET, et celle de l'adresse électronique ou du téléphone.", field="siret"
        )
    skip = has_heading if heading is None else heading
    lines: list[Line] = []
    unread: list[Unread] = []
    for number, row in enumerate(rows, start=1):
        if (skip and number == 1) or not any(cell.strip() for cell in row):
            continue
        line = rules.read_line(number, row, chosen)
        (lines if isinstance(line, Line) else unread).append(line)  # type: ignore[arg-type]
    return _write(agent, lines, unread, rules.clean_words("source", source))


def _write(agent: Agent, lines: Sequence[Line], unread: list[Unread], source: str) -> Report:
    found = _from_register(agent, {line.siret: line.name for line in lines})
    with transaction.atomic():
        firms = known_firms(agent.organisation, {line.siret for line in lines})
        to_write, met = _resolve(agent, lines, unread, firms, found)
        added, known, read, announced = 0, [], [], set(firms)
        firms |= met
        for line in to_write:
            firm = firms[line.siret]
            written = _write_line(agent, line, firm, source, new_firm=line.siret not in announced)
            announced.add(line.siret)
            added += written
            (read if written else known).append(line)
        payload = {"name": agent.user.name, "source": source, "read": added, "unread": len(unread), "firms": len(met)}
        append(agent.organisation.pk, None, "contacts.imported", payload, actor=agent.id)
    unread.sort(key=lambda line: line.number)
    return Report(source, added, tuple(known), tuple(unread), len(met), tuple(read))


def _resolve(
    agent: Agent, lines: Sequence[Line], unread: list[Unread], firms: Mapping[str, Firm], found: Mapping[str, object]
) -> tuple[list[Line], dict[str, Firm]]:
    """The lines whose firm is known, or can be: from the register, else by the name the file gives."""
    kept, from_register, by_name = [], {}, {}
    for line in lines:
        if line.siret in firms or line.siret in by_name:
            pass
        elif line.siret in found:
            from_register[line.siret] = found[line.siret]
        elif line.name:
            by_name[line.siret] = {"siret": line.siret, "name": line.name}
        else:
            why = "Ce SIRET n'est ni connu de la ville, ni dans le répertoire, et la ligne ne donne pas de nom."
            unread.append(Unread(line.number, f"{line.siret} ; {line.email or line.phone}", why))
            continue
        kept.append(line)
    met = meet_many(agent.organisation, from_register.values(), "register")
    met += meet_many(agent.organisation, by_name.values(), "manual")
    return kept, {firm.siret: firm for firm in met}


def _write_line(agent: Agent, line: Line, firm: Firm, source: str, *, new_firm: bool) -> int:
    """Write the contacts of a line with an entry each; how many were new."""
    added = 0
    for kind, value in ((Contact.Kind.EMAIL, line.email), (Contact.Kind.PHONE, line.phone)):
        if not value:
            continue
        contact = note(firm, kind, value, line.person, source, agent)
        if contact:
            contact_entry(agent, firm, contact, new_firm=new_firm)
            new_firm = False
            added += 1
    return added


def _from_register(agent: Agent, named: Mapping[str, str]) -> dict[str, object]:
    """Register rows of the SIRETs that the city has not met. Without a register, the file's own names are used."""
    unknown = set(named) - set(known_firms(agent.organisation, named))
    try:
        rows = {siret: by_siret(siret) for siret in unknown}
    except RegisterMissing:
        return {}
    return {siret: row for siret, row in rows.items() if row and (row.disclosed or not named[siret])}
