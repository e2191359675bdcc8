"""What is to be looked at together: computed when the purchases of a city have changed, kept as rows that pages read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.insights.models import Finding, Look
from sourcier.insights.purchases import Bought, digest, gather, limit
from sourcier.kernel.french import format_date
from sourcier.kernel.money import format_cents
from sourcier.needs.models import Need
from sourcier.spend.crossings import FAMILY, Crossing, Share, crossings, dominant
from sourcier.spend.models import Family, Unit
from sourcier.spend.purchase import Purchase, in_order
from sourcier.spend.splitting import Group, find

Kind = Finding.Kind
YEARS = 3
# Beside what a contract explains, less than this part of the limit is small change: as in the search for splits.
SMALL_CHANGE = 4
# Of a whole family, the largest purchases are listed; all of them are counted.
LISTED = 300
# What a page may compute while somebody waits; more is for the worker.
AT_ONCE = 20_000
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of today, before it meets the row of the former ones."""

    kind: str
    about: tuple[str, ...]
    year: int
    total_cents: int
    limit_cents: int
    sentences: tuple[str, ...]
    signs: tuple[str, ...]
    purchases: tuple[Purchase, ...]

    @property
    def key(self) -> str:
        return sha256("\n".join(self.about).encode()).hexdigest()


def look_due(now: datetime) -> int:
    """Compare again the purchases of each city where something changed since."""
    done = 0
    for organisation in Organisation.objects.order_by("pk"):
        seen = Look.objects.filter(organisation=organisation).values_list("digest", flat=True).first()
        if seen != digest(organisation):
            look(organisation)
            done += 1
    return done


def look(organisation: Organisation) -> int:
    """Compare all the purchases of a city now, and keep what is found; returns how many were compared."""
    seen, now = digest(organisation), timezone.now()
    bought = gather(organisation)
    found = [*_splits(bought), *_crossings(organisation, bought), *_dominants(organisation, bought, timezone.localdate().year)]
    facts = {one.purchase.id: one for one in bought}
    with transaction.atomic():
        Look.objects.get_or_create(organisation=organisation)
        kept = Look.objects.select_for_update().get(organisation=organisation)
        _keep(organisation, found, facts, now)
        kept.digest, kept.looked_at, kept.purchases = seen, now, len(bought)
        kept.save()
    return len(bought)


def _splits(bought: Iterable[Bought]) -> list[Found]:
    return [_split(group) for group in find((one.purchase for one in bought), limit)]


def _split(group: Group) -> Found:
    about = tuple(sorted(purchase.id for purchase in group.purchases))
    return Found(
        Kind.SPLIT, about, group.purchases[-1].on.year, group.total_cents, group.limit_cents, group.sentences, group.signs,
        group.purchases,
    )  # fmt: skip


def _crossings(organisation: Organisation, bought: Sequence[Bought]) -> list[Found]:
    """Sums that reached their limit beside what was put to competition, where no head buyer decided so."""
    purchases, units = _works_by_unit(organisation, bought)
    explained = {one.purchase.id: bool(one.purchase.operation) for one in bought}
    decided = set(
        Need.objects.filter(organisation=organisation, crossing__isnull=False).values_list("family__code", "crossing__on")
    )
    decided_years = {(code, str(day)[:4]) for code, day in decided}
    labels = dict(Family.objects.filter(organisation=organisation).values_list("code", "label"))
    summed: defaultdict[tuple[str, int], list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        summed[purchase.family, purchase.on.year].append(purchase)
        if purchase.operation in units:
            summed[purchase.operation, 0].append(purchase)
    found = []
    for crossing in crossings(purchases, limit):
        key = (crossing.code, crossing.year if crossing.scope == FAMILY else 0)
        outside = crossing.total_cents - sum(one.amount_cents for one in summed[key] if explained[one.id])
        if outside * SMALL_CHANGE < crossing.limit_cents or (crossing.code, str(crossing.year)) in decided_years:
            continue
        if crossing.scope == FAMILY:
            name = f"La famille {crossing.code} {labels.get(crossing.code, '')}"
        elif crossing.code in units:
            name = f"L'opération de travaux {units[crossing.code]}"
        else:
            continue  # one operation, put to competition here
        found.append(_crossing(crossing, name, crossing.total_cents - outside, summed[key]))
    return found


def _works_by_unit(organisation: Organisation, bought: Iterable[Bought]) -> tuple[list[Purchase], dict[str, str]]:
    """All the purchases, works under their unit, and the names of the units: its works add up whatever their operation."""
    units = {unit.pk.hex: unit.label for unit in Unit.objects.filter(organisation=organisation, nature=Unit.Nature.WORKS)}
    return [
        replace(one.purchase, operation=one.unit_id.hex)
        if one.unit_id and one.unit_id.hex in units and one.purchase.is_works
        else one.purchase
        for one in bought
    ], units


def _crossing(crossing: Crossing, name: str, explained_cents: int, purchases: Sequence[Purchase]) -> Found:
    when = f"En {crossing.year}" if crossing.scope == FAMILY else "En tout"
    explained = f", dont {format_cents(explained_cents)} HT mis en concurrence ici."
    sentences = [
        f"{name} a atteint {format_cents(crossing.limit_cents)} HT le {format_date(crossing.day)}, "
        f"avec « {crossing.purchase.words} ».",
        f"{when} : {format_cents(crossing.total_cents)} HT"
        + (explained if explained_cents else ". Rien n'en est mis en concurrence ici."),
    ]
    return Found(
        Kind.CROSSING, (crossing.scope, crossing.code, str(crossing.year)), crossing.year, crossing.total_cents,
        crossing.limit_cents, tuple(sentences), (), tuple(purchases),
    )  # fmt: skip


def _dominants(organisation: Organisation, bought: Sequence[Bought], year: int) -> list[Found]:
    """Firms that have most of a family over three years."""
    recent = [one for one in bought if year - YEARS < one.purchase.on.year <= year]
    labels = dict(Family.objects.filter(organisation=organisation).values_list("code", "label"))
    names = {one.purchase.supplier: one.firm for one in recent}
    of: defaultdict[tuple[str, str], list[Purchase]] = defaultdict(list)
    for one in recent:
        of[one.purchase.family, one.purchase.supplier].append(one.purchase)
    return [
        _dominant(share, year, labels.get(share.family, ""), names[share.supplier], of[share.family, share.supplier])
        for share in dominant(one.purchase for one in recent)
        if share.dominant
    ]


def _dominant(share: Share, year: int, label: str, firm: str, purchases: Sequence[Purchase]) -> Found:
    sentence = (
        f"{firm} a {share.percent}\u00a0% de la famille {share.family} {label} depuis le 1er janvier {year - YEARS + 1} : "
        f"{format_cents(share.total_cents)} HT sur {format_cents(share.family_cents)} HT, en {share.purchases} achats."
    )
    about = (share.family, share.supplier, str(year))
    return Found(Kind.DOMINANT, about, year, share.total_cents, share.family_cents, (sentence,), (), tuple(purchases))


def _keep(organisation: Organisation, found: Sequence[Found], facts: dict[str, Bought], now: datetime) -> None:
    """Write what is found over what was: a group that grew keeps its row and its decision."""
    former = list(Finding.objects.select_for_update().filter(organisation=organisation).order_by("pk"))
    matched = _matched(found, former, facts)
    taken = {row.pk for row in matched if row}
    for row in former:
        if row.pk not in taken and not row.decision:
            row.delete()
        elif row.pk not in taken and row.gone_at is None:
            row.gone_at = now
            row.save(update_fields=["gone_at"])
    created, changed = [], []
    written: list[tuple[Finding, Found]] = []
    for one, known in zip(found, matched, strict=True):
        row = known or Finding(organisation=organisation, found_at=now)
        if _write(row, one, facts):
            (changed if known else created).append(row)
            written.append((row, one))
    # Two groups may exchange their keys: one is freed before the other takes it.
    for row in changed:
        Finding.objects.filter(pk=row.pk).update(key=row.pk.hex)
    Finding.objects.bulk_create(created, batch_size=AT_A_TIME)
    fields = ["key", "year", "count", "total_cents", "limit_cents", "sentences", "signs", "purchases", "gone_at"]
    Finding.objects.bulk_update(changed, fields, batch_size=AT_A_TIME)
    _link(organisation, written, facts)


def _matched(found: Sequence[Found], former: Sequence[Finding], facts: dict[str, Bought]) -> list[Finding | None]:
    """For each, the row it had: of the same key, else the one that has most of its purchases among these.

    A need and what it engages later are the same; an order keeps its id when it is imported again.
    """
    exact = {(row.kind, row.key): row for row in former}
    matched = [exact.get((one.kind, one.key)) for one in found]
    taken = {row.pk for row in matched if row}
    holding: defaultdict[str, list[Finding]] = defaultdict(list)
    sizes: Counter[UUID] = Counter()
    for row in former:
        if row.kind == Kind.SPLIT and row.pk not in taken:
            for same in {listed["need"] or listed["id"] for listed in row.purchases}:
                holding[same].append(row)
                sizes[row.pk] += 1
    for place, one in enumerate(found):
        if matched[place] is not None or one.kind != Kind.SPLIT:
            continue
        names = {need.hex if (need := facts[p.id].need_id) else p.id for p in one.purchases}
        shared = Counter(row for same in names for row in holding.get(same, ()) if row.pk not in taken)
        best = max(shared.items(), key=lambda pair: (pair[1], pair[0].pk.hex), default=None)
        if best and 2 * best[1] >= sizes[best[0].pk]:
            matched[place] = best[0]
            taken.add(best[0].pk)
    return matched


def _write(row: Finding, one: Found, facts: dict[str, Bought]) -> bool:
    """Whether anything changed."""
    listed = tuple(sorted(one.purchases, key=in_order))
    if one.kind != Kind.SPLIT and len(listed) > LISTED:
        listed = tuple(sorted(sorted(listed, key=lambda p: -p.amount_cents)[:LISTED], key=in_order))
    values: dict[str, Any] = {
        "kind": one.kind, "key": one.key, "year": one.year, "count": len(one.purchases), "total_cents": one.total_cents,
        "limit_cents": one.limit_cents, "sentences": list(one.sentences), "signs": list(one.signs),
        "purchases": [_listed(purchase, facts[purchase.id]) for purchase in listed], "gone_at": None,
    }  # fmt: skip
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    return before != values


def _listed(purchase: Purchase, bought: Bought) -> dict[str, Any]:
    return {
        "id": purchase.id, "source": purchase.source, "kind": purchase.kind, "on": purchase.on.isoformat(),
        "words": purchase.words, "firm": bought.firm, "family": purchase.family, "place": purchase.place,
        "department": purchase.department, "amount_cents": purchase.amount_cents,
        "need": bought.need_id.hex if bought.need_id else "",
    }  # fmt: skip


def _link(organisation: Organisation, written: Sequence[tuple[Finding, Found]], facts: dict[str, Bought]) -> None:
    """The families and the needs of each, to find it by them."""
    codes = dict(Family.objects.filter(organisation=organisation).values_list("code", "pk"))
    known = set(Need.objects.filter(organisation=organisation).values_list("pk", flat=True))
    listed = [(row.pk, purchase) for row, one in written for purchase in one.purchases]
    families = {(row, codes[purchase.family]) for row, purchase in listed if purchase.family in codes}
    needs = {(row, need) for row, purchase in listed if (need := facts[purchase.id].need_id) and need in known}
    rows = [row.pk for row, _ in written]
    _through(Finding.families.through, "family_id", rows, families)
    _through(Finding.needs.through, "need_id", rows, needs)


def _through(model: type[Model], column: str, rows: Sequence[UUID], pairs: set[tuple[UUID, UUID]]) -> None:
    for start in range(0, len(rows), AT_A_TIME):
        model._default_manager.filter(finding_id__in=rows[start : start + AT_A_TIME]).delete()
    links = [model(finding_id=row, **{column: other}) for row, other in sorted(pairs)]
    model._default_manager.bulk_create(links, batch_size=AT_A_TIME)
