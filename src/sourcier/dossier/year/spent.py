"""What the year spent: the nomenclature, each family against its limit, and the orders that no operation explains."""

from collections import defaultdict
from datetime import date

from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.money import format_cents
from sourcier.law.book import KINDS, WORKS, Rule, threshold
from sourcier.spend.contracts import of_city, running, standings
from sourcier.spend.models import Order, Unit
from sourcier.spend.queries import FamilyYear, without_family
from sourcier.spend.rules import Use
from sourcier.spend.totals import unit_totals

ON_THE_LAST_DAY = "Limites au {on:%d/%m/%Y}. Les travaux se comptent par opération (CCP art. R.2121-5)."


def last_day(year: int) -> date:
    """The day whose limits a year is read against: today for the present one."""
    return min(date(year, 12, 31), timezone.localdate())


def nomenclature(rows: list[FamilyYear], year: int) -> Table:
    columns = (Column("Code"), Column("Famille"), Column("Nature"), Column("CPV"))
    listed = [
        (row.family.code, row.family.named(year), KINDS[row.family.kind], row.family.cpv)
        for row in rows
        if row.family.holds(year)
    ]
    return Table(f"Nomenclature {year}", columns, listed)


def totals(organisation: Organisation, rows: list[FamilyYear], year: int) -> Table:
    """Each family that spent something, the fullest first."""
    on = last_day(year)
    limits = {kind: threshold(kind, on)["exemption"] for kind in KINDS}
    columns = (
        Column("Code"), Column("Famille"), Column("Nature"), Column("Engagé HT", Kind.CENTS), Column("Achats", Kind.INTEGER),
        Column("Entreprises", Kind.INTEGER), Column("Limite HT", Kind.CENTS), Column("Atteint %", Kind.INTEGER),
        Column("Niveau"),
    )  # fmt: skip
    spent = [(row, _use(row, limits[row.family.kind])) for row in rows if row.purchases or row.committed_cents]
    spent.sort(key=lambda pair: (-(pair[1].percent if pair[1] else -1), -pair[0].committed_cents, pair[0].family.code))
    outside = without_family(organisation, year)
    notes = [ON_THE_LAST_DAY.format(on=on)]
    if outside:
        notes.append(f"Hors de toute famille : {format_cents(outside)} HT, qu'aucune limite ne compte.")
    return Table(f"Totaux par famille {year}", columns, [_total(row, use, year) for row, use in spent], notes)


def _use(row: FamilyYear, limit: Rule | None) -> Use | None:
    return Use(row.committed_cents, 0, limit.amount_cents) if limit and row.family.kind != WORKS else None


def _total(row: FamilyYear, use: Use | None, year: int) -> tuple[object, ...]:
    family = row.family
    level = "" if use is None else "limite atteinte" if use.level == 100 else f"{use.level} %" if use.level else ""
    return (
        family.code, family.named(year), KINDS[family.kind], row.committed_cents, row.purchases, row.suppliers,
        use.limit_cents if use else None, use.percent if use else None, level,
    )  # fmt: skip


def outside(organisation: Organisation, year: int) -> tuple[Table, Table]:
    """« Achats hors outil » : by department, then order by order."""
    orders = Order.objects.filter(organisation=organisation, operation_id=None, ordered_on__year=year)
    listed = list(orders.select_related("department", "family").order_by("department__name", "ordered_on", "number", "pk"))
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for order in listed:
        told = sums[order.department.name if order.department else "Service inconnu"]
        told[0] += 1
        told[1] += order.amount_cents
    of_year = Order.objects.filter(organisation=organisation, ordered_on__year=year).count()
    by_department = Table(
        f"Hors outil par service {year}",
        (Column("Service"), Column("Commandes", Kind.INTEGER), Column("Montant HT", Kind.CENTS)),
        [(name, count, cents) for name, (count, cents) in sorted(sums.items())],
        (f"{len(listed)} commandes sur {of_year} ne se rattachent à aucun achat conduit ici.",),
    )
    columns = (
        Column("Service"), Column("Date", Kind.DATE), Column("Numéro"), Column("Entreprise"), Column("SIRET"), Column("Objet"),
        Column("Famille"), Column("Lieu"), Column("Montant HT", Kind.CENTS),
    )  # fmt: skip
    rows = [
        (
            order.department.name if order.department else "", order.ordered_on, order.number, order.supplier, order.siret,
            order.label, order.family.code if order.family else "", order.place, order.amount_cents,
        )
        for order in listed
    ]  # fmt: skip
    return by_department, Table(f"Hors outil {year}", columns, rows)


def units(organisation: Organisation, year: int) -> Table:
    """Functional units and operations of works, which add up whatever the year."""
    on = last_day(year)
    found = [each for each in Unit.objects.filter(organisation=organisation, first_on__lte=on) if _open(each, year)]
    totals = unit_totals(found)
    columns = (
        Column("Nature"), Column("Nom"), Column("Lieu"), Column("Ce qui les réunit"), Column("Depuis", Kind.DATE),
        Column("Jusqu'au", Kind.DATE), Column("Engagé HT", Kind.CENTS),
    )  # fmt: skip
    rows = [
        (each.get_nature_display(), each.label, each.place, each.reason, each.first_on, each.last_on, totals[each.pk])
        for each in found
    ]
    return Table(f"Unités et opérations {year}", columns, rows, ("Toutes années comptées (CCP art. R.2121-5 et R.2121-6).",))


def _open(unit: Unit, year: int) -> bool:
    return unit.last_on is None or unit.last_on.year >= year


def contracts(organisation: Organisation, year: int) -> Table:
    """Those on which one could order that year, with what was used of each."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = running(organisation, first) | of_city(organisation).filter(first_on__range=(first, last))
    columns = (
        Column("Numéro"), Column("Objet"), Column("Nature"), Column("Familles"), Column("Titulaire"),
        Column("Du", Kind.DATE), Column("Au", Kind.DATE), Column("Maximum HT", Kind.CENTS), Column("Utilisé HT", Kind.CENTS),
    )  # fmt: skip
    rows = [
        (
            each.contract.number, each.contract.object, each.contract.get_kind_display(), ", ".join(each.contract.families),
            each.contract.holder, each.contract.first_on, each.contract.ends_on, each.contract.maximum_cents, each.used_cents,
        )
        for each in standings(found.order_by("ends_on", "object", "pk"))
    ]  # fmt: skip
    return Table(f"Marchés en cours {year}", columns, rows)
