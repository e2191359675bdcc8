"""Take the file of a year: its tables are kept in the vault, told to the journal, then zipped to verify like a dossier."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.dossier import build
from sourcier.dossier.models import Export, year_stream
from sourcier.dossier.retention import FIRST_YEAR, begin_year
from sourcier.dossier.verbs import YEAR
from sourcier.dossier.year import chosen, decided, interests, spent
from sourcier.interop.pdf import report
from sourcier.interop.tables import Kind, Table
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel.french import PARIS, format_moment
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import refuse
from sourcier.quotes.single import VERB as SINGLE
from sourcier.spend.queries import families_of_year
from sourcier.vault.actions import store_bytes
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts

TAKERS = (Role.HEAD_BUYER, Role.AUDITOR)


def may_take(agent: Agent) -> bool:
    """The whole year of the whole city is for who heads its purchases, or inspects all of them."""
    return any(each.role in TAKERS and each.department_id is None for each in agent.memberships)


def take(agent: Agent, year: int) -> Export:
    """Make the tables of the year, keep them, write them in the journal, and take the export that engages them.

    Raises `Refused` for who may not, or a year without anything or still to come.
    """
    if not may_take(agent):
        raise refuse("not_allowed", "Le dossier de l'année se prend par un responsable des achats ou un auditeur de la ville.")
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise refuse("bad_year", "Cette année n'a pas commencé : choisissez-en une autre.")
    organisation, now = agent.organisation, timezone.now()
    pages, sheets = tables(organisation, year)
    made = [*pages, *sheets]
    if not any(table.rows for table in pages):
        raise refuse("empty_year", f"Rien n'est connu de l'année {year} : ni achat, ni commande.")
    files = _kept(organisation, year, pages, made, now)
    facts = {
        "name": agent.user.name, "year": year, "figures": figures(made), "documents": [file_facts(file) for file in files],
    }  # fmt: skip
    with transaction.atomic():
        rows = [*files, begin_year(organisation, year)]
        append(organisation.pk, year_stream(organisation.pk, year), YEAR, facts, actor=agent.id, rows=rows)
    return build.take_year(agent, year)


def tables(organisation: Organisation, year: int) -> tuple[list[Table], list[Table]]:
    """Every table of the year, in the order that a control reads them; then those too long for pages: sheets alone."""
    families, needs = families_of_year(organisation, year), chosen.of_year(organisation, year)
    by_department, orders = spent.outside(organisation, year)
    pages = [
        spent.totals(organisation, families, year),
        spent.units(organisation, year),
        decided.together(organisation, year),
        chosen.operations(organisation, needs, year),
        chosen.singles(needs, _entries(organisation.pk, year, [SINGLE]), year),
        interests.declared(needs, year),
        decided.rotation(organisation, year),
        decided.overruled(needs, _entries(organisation.pk, year, decided.verbs()), year),
        spent.contracts(organisation, year),
        by_department,
    ]
    return pages, [orders, spent.nomenclature(families, year)]


def _entries(log_id: UUID, year: int, verbs: Sequence[str]) -> list[Entry]:
    """Those of the year, in Paris, oldest first."""
    first, last = (int(datetime(each, 1, 1, tzinfo=PARIS).timestamp() * 1000) for each in (year, year + 1))
    found = Entry.objects.filter(log_id=log_id, verb__in=verbs, at__gte=first, at__lt=last).select_related("payload")
    return list(found.order_by("index"))


def _kept(organisation: Organisation, year: int, pages: list[Table], made: list[Table], now: datetime) -> list[File]:
    """The workbook for Excel, the same for LibreOffice, and the pages for reading."""
    from sourcier.interop.spreadsheets import ods, xlsx  # libraries that no other page needs

    lines = (f"{organisation.name}, au {format_moment(now)}.", "Montants hors taxes.")
    named = {
        f"annee-{year}.xlsx": xlsx(*made),
        f"annee-{year}.ods": ods(*made),
        f"annee-{year}.pdf": report(f"Dossier de l'année {year}", lines, pages, organisation.name, now),
    }
    return [store_bytes(organisation.pk, data, name, trusted=True) for name, data in named.items()]


def figures(made: Sequence[Table]) -> list[list[str]]:
    """Of each table its number of lines and, when it has amounts, their sum: `[[title, words]]`."""
    return [[table.title, _in_words(table)] for table in made]


def _in_words(table: Table) -> str:
    lines = f"{len(table.rows)} ligne{'s' if len(table.rows) > 1 else ''}"
    money = next((place for place, column in enumerate(table.columns) if column.label in ("Montant HT", "Engagé HT")), None)
    if money is None or table.columns[money].kind != Kind.CENTS:
        return lines
    return f"{lines}, {format_cents(sum(row[money] or 0 for row in table.rows))} HT"
