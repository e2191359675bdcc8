"""The city's nomenclature, year after year: imported from a table, or changed by hand. Past years stay as they were."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.law.book import KINDS
from sourcier.spend.importing.families import CODE, CPV, MAX_LABEL, Column, FamilyLine
from sourcier.spend.models import Family
from sourcier.spend.nomenclature_plan import Lines, plan_import
from sourcier.spend.nomenclature_rules import Plan, renamed


@transaction.atomic
def import_families(
    agent: Agent, lines: Lines, columns: Mapping[Column, int], year: int, *, retire: bool = False, source: str = ""
) -> Plan[Family]:
    """Write what `plan_import` shows, all of it or nothing; `retire` the families that the table does not have."""
    _check(agent)
    organisation = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    made = plan_import(organisation, lines, columns, year)
    if not retire:
        made.retired = []
    if made.empty:
        raise refuse("nothing_new", "Ce fichier ne change rien à votre nomenclature. Rien n'est importé.")
    added = [_new(organisation, line, year) for line in made.added]
    Family.objects.bulk_create(added)
    rows = [*added]
    for family, line in made.changed:
        _rename(family, line.label, line.cpv or family.cpv, year)
        if line.activities:
            family.activities = [[activity.nomenclature, activity.code] for activity in line.activities]
        rows.append(family)
    for family in made.retired:
        family.last_year = year - 1
        rows.append(family)
    Family.objects.bulk_update(rows[len(added) :], ["label", "cpv", "activities", "earlier", "last_year"])
    facts = {
        "name": agent.user.name, "year": year, "source": source[:160], "added": len(made.added), "retired": len(made.retired),
        "changed": len(made.changed), "unread": len(made.unread),
    }  # fmt: skip
    append(organisation.pk, None, "families.imported", facts, actor=agent.id, rows=rows)
    return made


@transaction.atomic
def add_family(agent: Agent, *, code: str, label: str, kind: str, cpv: str = "") -> Family:
    """A family of this year and those that follow. Raises `Refused` beside the field at fault."""
    _check(agent)
    code, label, cpv = " ".join(code.split()), _label(label), _cpv(cpv)
    if not CODE.fullmatch(code):
        raise refuse("code", "Écrivez un code, en 20 lettres, chiffres et points au plus.", "code")
    if kind not in KINDS:
        raise refuse("kind", "Choisissez fournitures, services ou travaux.", "kind")
    organisation = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    if Family.objects.filter(organisation=organisation, code=code).exists():
        raise refuse("known", "Ce code est déjà celui d'une famille, ou l'a été : donnez-en un autre.", "code")
    family = _new(organisation, FamilyLine(0, code, label, kind, cpv, ()), timezone.localdate().year)
    family.save(force_insert=True)
    _entry(agent, "family.added", family)
    return family


@transaction.atomic
def change_family(agent: Agent, family_id: UUID, *, label: str, cpv: str, last_year: int | None) -> Family:
    """Its name from this year on, and its last year (None: it goes on). Raises `Family.DoesNotExist` for another city's."""
    _check(agent)
    family = Family.objects.select_for_update().get(organisation=agent.organisation, pk=family_id)
    label, cpv, this_year = _label(label), _cpv(cpv), timezone.localdate().year
    if last_year is not None and last_year < min(this_year - 1, family.last_year or this_year):
        raise refuse("last_year", f"Elle a servi en {this_year - 1} : sa dernière année ne peut pas venir avant.", "last_year")
    if (family.label, family.cpv, family.last_year) == (label, cpv, last_year):
        return family
    _rename(family, label, cpv, this_year)
    family.last_year = last_year
    family.save()
    _entry(agent, "family.changed", family)
    return family


def _check(agent: Agent) -> None:
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats change la nomenclature.")


def _new(organisation: Organisation, line: FamilyLine, year: int) -> Family:
    activities = [[activity.nomenclature, activity.code] for activity in line.activities]
    return Family(
        organisation=organisation, code=line.code, label=line.label, kind=line.kind, cpv=line.cpv, activities=activities,
        first_year=year,
    )  # fmt: skip


def _rename(family: Family, label: str, cpv: str, year: int) -> None:
    if (family.label, family.cpv) != (label, cpv):
        family.earlier = renamed(family.first_year, family.earlier, family.label, family.cpv, year)
        family.label, family.cpv = label, cpv


def _label(label: str) -> str:
    label = " ".join(label.split())
    if not 0 < len(label) <= MAX_LABEL:
        raise refuse("label", f"Écrivez un libellé, en {MAX_LABEL} caractères au plus.", "label")
    return label


def _cpv(cpv: str) -> str:
    cpv = cpv.strip()
    if cpv and not (found := CPV.fullmatch(cpv)):
        raise refuse("cpv", "Un code CPV a 8 chiffres, par exemple 15811000.", "cpv")
    return found[1] if cpv else ""


def _entry(agent: Agent, verb: str, family: Family) -> None:
    facts = {
        "name": agent.user.name, "family": family.pk, "code": family.code, "label": family.label, "cpv": family.cpv,
    }  # fmt: skip
    append(agent.organisation.pk, None, verb, facts, actor=agent.id, rows=[family])
