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
from sourcier.suppliers.actions.contacts import contact_entry, describe
from sourcier.suppliers.actions.firms import check_writer, known_firms, meet_many
from sourcier.suppliers.models import Contact, Firm
from sourcier.suppliers.rules import Column, Line, Unread


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did: contacts added, firms met by it; lines that told nothing new, lines read, lines not read and why."""

    source: str
    added: int
    new_firms: int
    known: tuple[Line, ...]
    read: tuple[Line, ...]
    unread: tuple[Unread, ...]


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
        noted = _note_all(agent, to_write, firms | met, source)
        announced = set(firms)
        for line, contacts in noted:
            if contacts:
                contact_entry(agent, contacts[0].firm, contacts, new_firm=line.siret not in announced)
                announced.add(line.siret)
        added = sum(len(contacts) for _, contacts in noted)
        payload = {"name": agent.user.name, "source": source, "read": added, "unread": len(unread), "firms": len(met)}
        append(agent.organisation.pk, None, "contacts.imported", payload, actor=agent.id)
    return Report(
        source, added, len(met),
        known=tuple(line for line, contacts in noted if not contacts),
        read=tuple(line for line, contacts in noted if contacts),
        unread=tuple(sorted(unread, key=lambda line: line.number)),
    )  # fmt: skip


def _note_all(agent: Agent, lines: Sequence[Line], firms: Mapping[str, Firm], source: str) -> list[tuple[Line, list[Contact]]]:
    """Each line with the contacts it brings (none when all were known), written in a few queries, the firms being locked."""
    ids = [firm.pk for firm in firms.values()]
    locked = {firm.siret: firm for firm in Firm.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    known = {(c.firm_id, c.kind, c.value): c for c in Contact.objects.filter(firm__in=ids)}
    noted: list[tuple[Line, list[Contact]]] = []
    new: list[Contact] = []
    for line in lines:
        firm, contacts = locked[line.siret], []
        for kind, value in ((Contact.Kind.EMAIL, line.email), (Contact.Kind.PHONE, line.phone)):
            contact = known.get((firm.pk, kind, value))
            if not value or (contact and contact.state == Contact.State.GOOD):
                continue
            revived = contact is not None
            contact = contact or Contact(firm=firm, kind=kind, value=value)
            contact.firm = firm
            describe(contact, line.person, source, agent)
            if revived:
                contact.save()
            else:
                new.append(contact)
            known[firm.pk, kind, value] = contact
            contacts.append(contact)
        noted.append((line, contacts))
    Contact.objects.bulk_create(new)
    return noted


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


def _from_register(agent: Agent, named: Mapping[str, str]) -> dict[str, object]:
    """Register rows of the SIRETs that the city has not met. Without a register, the file's own names are used."""
    unknown = set(named) - set(known_firms(agent.organisation, named))
    try:
        rows = {siret: by_siret(siret) for siret in unknown}
    except RegisterMissing:
        return {}
    return {siret: row for siret, row in rows.items() if row and (row.disclosed or not named[siret])}
