"""What the import of a nomenclature would do to the city's families."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching.labels import labels
from sourcier.spend.importing.families import Column, read
from sourcier.spend.models import Family
from sourcier.spend.nomenclature_rules import Plan, plan, year_refusal

Lines = Sequence[tuple[int, Sequence[str]]]


def plan_import(organisation: Organisation, lines: Lines, columns: Mapping[Column, int], year: int) -> Plan[Family]:
    """What `import_families` would do. Raises `Refused` for a year, or columns, that cannot be."""
    if any(column not in columns for column in (Column.CODE, Column.LABEL)):
        raise refuse("columns", "Dites au moins où sont le code et le libellé.", "code")
    if len(set(columns.values())) < len(columns):
        raise refuse("twice", "Une colonne est choisie deux fois. Chacune ne dit qu'une chose.")
    known = {family.code: family for family in Family.objects.filter(organisation=organisation)}
    last_change = max((_since(family) for family in known.values()), default=0)
    if refusal := year_refusal(year, timezone.localdate().year, last_change):
        raise Refused(refusal, "year")
    said = read(lines, columns, labels())
    made = plan(said.families, known, year, said.named)
    made.unread = sorted([*said.unread, *made.unread], key=lambda line: line.line)
    return made


def _since(family: Family) -> int:
    """The year of its last change of name, or its first."""
    return family.earlier[-1]["until"] + 1 if family.earlier else family.first_year
