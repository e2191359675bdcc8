"""Orders of the finance software: an export is handed over, then read whole by the worker, or refused; it can be withdrawn."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, UUIDField
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.french import fold
from sourcier.kernel.transitions import Refused, refuse
from sourcier.law.retention import ORDERS
from sourcier.retention.clocks import begin
from sourcier.retention.models import Clock
from sourcier.spend import batches, order_words
from sourcier.spend.importing.lines import REQUIRED, Column, OrderLine, guess
from sourcier.spend.importing.orders import Export, read_export
from sourcier.spend.models import Commitment, Family, Order, OrderBatch
from sourcier.spend.registry import references
from sourcier.vault import queries as vault
from sourcier.vault.models import File

AT_ONCE = 5_000
A_CONTRACT_LASTS = timedelta(days=366)


def hand_over(agent: Agent, file: File) -> OrderBatch:
    """Give an export kept in the vault, with its columns as they are remembered or guessed; a person then confirms them.

    Raises `Refused` for a file that is no table, or that is imported already.
    """
    _check_buyer(agent)
    if file.organisation_id != agent.organisation.pk:
        raise ValueError("the file belongs to another organisation")
    headings = batches.sheet_of(file).headings
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
        same = OrderBatch.objects.filter(organisation=organisation, file__sha256=file.sha256)
        if same.filter(state__in=(OrderBatch.State.WAITING, OrderBatch.State.READ)).exists():
            raise refuse("same_file", "Ce fichier est déjà importé, ou attend de l'être. Rien n'est compté deux fois.", "file")
        places = batches.remembered(organisation, headings) or batches.named(guess(headings))
        batch = OrderBatch.objects.create(
            organisation=organisation, file=file, columns=places, asked_by=agent.user, asked_at=timezone.now()
        )
        facts = {"name": agent.user.name, "batch": batch.pk, "file": vault.file_facts(file)}
        append(organisation.pk, None, "orders.handed_over", facts, actor=agent.id, rows=[file, batch])
    return batch


def choose_columns(agent: Agent, batch_id: UUID, columns: Mapping[Column, int]) -> OrderBatch:
    """Say where each thing stands; the worker then reads the file. Remembered for the next export with these headings.

    Raises `Refused` when a column that is needed is missing, `OrderBatch.DoesNotExist` for another city's.
    """
    _check_buyer(agent)
    sheet = batches.sheet_of(OrderBatch.objects.select_related("file").get(organisation=agent.organisation, pk=batch_id).file)
    batches.check_columns(sheet, columns, REQUIRED, "la date, le montant hors taxes, le fournisseur et l'objet")
    with transaction.atomic():
        batch = OrderBatch.objects.select_for_update().get(organisation=agent.organisation, pk=batch_id)
        if batch.state != OrderBatch.State.CHOOSING:
            raise refuse("chosen", "Les colonnes de cet export sont déjà choisies.")
        batch.columns = {column.value: place for column, place in columns.items()}
        batch.state = OrderBatch.State.WAITING
        batch.save(update_fields=["columns", "state"])
        batches.remember(agent.organisation, sheet.headings, batch.columns)
        facts = {"name": agent.user.name, "batch": batch.pk, "columns": batch.columns}
        append(agent.organisation.pk, None, "orders.columns_chosen", facts, actor=agent.id, rows=[batch])
    return batch


def _check_buyer(agent: Agent) -> None:
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un acheteur importe les commandes.")


def import_waiting(now: datetime) -> int:
    """Read the exports that wait, one after the other. Not in one transaction: a large one takes seconds."""
    waiting = list(OrderBatch.objects.filter(state=OrderBatch.State.WAITING).order_by("asked_at").values_list("pk", flat=True))
    return sum(read_batch(key, now) for key in waiting)


def read_batch(batch_id: UUID, now: datetime) -> bool:
    """Read one export and keep all that it says in one transaction, or refuse it whole. False: another process did."""
    batch = OrderBatch.objects.select_related("organisation", "file").get(pk=batch_id)
    organisation = batch.organisation
    own = Order.objects.filter(organisation=organisation)

    def tell(lines: int) -> None:
        OrderBatch.objects.filter(pk=batch.pk).update(progress=lines)

    try:
        sheet = batches.sheet_of(batch.file)
        OrderBatch.objects.filter(pk=batch.pk).update(progress=0, expected=sheet.height, reading_since=timezone.now())
        columns = {Column(name): place for name, place in batch.columns.items()}
        known = frozenset(own.values_list("fingerprint", flat=True).iterator())
        amounts = dict(own.exclude(number="").values_list("number", "amount_cents").iterator())
        export = read_export(sheet, columns, known, amounts, tell)
    except Refused as refused:
        return _refuse(batch_id, refused.sentence, now)
    except FileNotFoundError:  # it must not keep the exports after it waiting
        return _refuse(
            batch_id, "Le fichier de cet export manque dans le coffre. Rien n'est importé. Donnez-le de nouveau.", now
        )
    with transaction.atomic():
        locked = _still_waiting(batch_id)
        if locked is None:
            return False
        _write(locked, export)
        _end(locked, OrderBatch.State.READ, "orders.imported", now)
    return True


def _still_waiting(batch_id: UUID) -> OrderBatch | None:
    found = OrderBatch.objects.select_for_update(of=("self",)).select_related("organisation", "file")
    return found.filter(pk=batch_id, state=OrderBatch.State.WAITING).first()


def _refuse(batch_id: UUID, sentence: str, now: datetime) -> bool:
    with transaction.atomic():
        batch = _still_waiting(batch_id)
        if batch is None:
            return False
        batch.warnings = [sentence]
        _end(batch, OrderBatch.State.REFUSED, "orders.refused", now)
    return True


def _write(batch: OrderBatch, export: Export) -> None:
    families = dict(Family.objects.filter(organisation=batch.organisation).values_list("code", "pk"))
    departments = {fold(name): key for key, name in batch.organisation.departments.values_list("pk", "name")}
    explained, folded = _Explained(batch.organisation), cache(fold)
    _insert(
        {
            "organisation": batch.organisation_id, "batch": batch.pk, "line": line.line, "number": line.number,
            "ordered_on": line.on.isoformat(), "siret": line.siret, "supplier": line.supplier, "label": line.label,
            "amount_cents": line.amount_cents, "family": families.get(line.family), "unit": None,
            "department": departments.get(folded(line.department)), "place": line.place,
            "operation_id": explained.by(line, families.get(line.family)), "fingerprint": fingerprint,
        }
        for fingerprint, line in export.orders.items()
    )  # fmt: skip
    order_words.index(batch)
    unknown = sorted({line.family for line in export.orders.values() if line.family and line.family not in families})
    if unknown:
        export.warnings.append(
            f"Codes famille inconnus de votre nomenclature : {', '.join(unknown[:12])}{'…' * (len(unknown) > 12)}"
        )
    batch.orders, batch.known, batch.total_cents = len(export.orders), export.known, export.total_cents
    batch.unread = batches.unread_kept(export.unread)
    batch.warnings = export.warnings


def _insert(orders: Iterable[dict[str, Any]]) -> None:
    """As `bulk_create` would, without a model for each of some hundred thousand rows, which takes ten times as long."""
    fields = [field for field in Order._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {Order._meta.db_table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own
    values = itemgetter(*(field.name for field in fields))
    as_text = not connection.features.has_native_uuid_field
    meant = [field.target_field if field.is_relation else field for field in fields]
    keys = [place for place, field in enumerate(meant) if isinstance(field, UUIDField)]

    def row(order: dict[str, Any]) -> list[Any]:
        made = list(values(order))
        for place in keys if as_text else ():
            made[place] = made[place] and made[place].hex
        return made

    rows = map(row, orders)
    with connection.cursor() as cursor:
        while some := list(islice(rows, AT_ONCE)):
            cursor.executemany(sql, some)


class _Explained:
    """Which operation of this tool explains an order: its reference is written on it, or its firm was chosen in its family."""

    def __init__(self, organisation: Organisation) -> None:
        self.references = references(organisation.pk)
        self.chosen: dict[tuple[str, UUID | None], list[Commitment]] = {}
        for commitment in Commitment.objects.filter(organisation=organisation, operation_id__isnull=False).exclude(siret=""):
            self.chosen.setdefault((commitment.siret[:9], commitment.family_id), []).append(commitment)

    def by(self, line: OrderLine, family_id: UUID | None) -> UUID | None:
        for word in f"{line.number} {line.label}".upper().split():
            if found := self.references.get(word.strip(".,;:()[]")):
                return found
        for commitment in self.chosen.get((line.siret[:9], family_id), ()) if line.siret else ():
            if commitment.engaged_on <= line.on <= commitment.engaged_on + A_CONTRACT_LASTS:
                return commitment.operation_id
        return None


def _end(batch: OrderBatch, state: str, verb: str, now: datetime) -> None:
    batch.state, batch.ended_at = state, now
    batch.save()
    facts = {
        "batch": batch.pk, "file": vault.file_facts(batch.file), "orders": batch.orders, "known": batch.known,
        "unread": len(batch.unread), "total_cents": batch.total_cents, "warnings": batch.warnings,
    }  # fmt: skip
    kept = [_clock(batch)] if state == OrderBatch.State.READ else []
    append(batch.organisation_id, None, verb, facts, rows=[batch, *kept])


def _clock(batch: OrderBatch) -> Clock:
    """Kept from the end of the last year that it tells of."""
    last = batch.lines.aggregate(last=Max("ordered_on"))["last"] or timezone.localdate()
    return begin(batch.organisation_id, ORDERS, batch.pk, on=date(last.year, 12, 31))


@transaction.atomic
def withdraw_orders(agent: Agent, batch_id: UUID, reason: str) -> OrderBatch:
    """Take back the orders of a wrong import; its file and its report stay. Raises `OrderBatch.DoesNotExist`."""
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats annule un import.")
    batch = OrderBatch.objects.select_for_update().get(organisation=agent.organisation, pk=batch_id)
    if batch.state != OrderBatch.State.READ:
        raise refuse("not_read", "Cet import n'a rien compté : il n'y a rien à annuler.")
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise refuse("reason", "Dites pourquoi : le contrôle le lira.", "reason")
    batch.words.all().delete()
    batch.lines.all().delete()
    batch.state = OrderBatch.State.WITHDRAWN
    batch.save(update_fields=["state"])
    facts = {"name": agent.user.name, "batch": batch.pk, "orders": batch.orders, "reason": reason}
    append(agent.organisation.pk, None, "orders.withdrawn", facts, actor=agent.id, rows=[batch])
    return batch
