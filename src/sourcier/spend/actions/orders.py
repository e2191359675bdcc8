"""Orders of the finance software: an export is handed over, then read whole by the worker, or refused; it can be withdrawn."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
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

AT_ONCE = 1_000
WRITTEN = (
    "organisation", "batch", "line", "number", "ordered_on", "siret", "supplier", "label", "amount_cents", "family", "unit",
    "department", "place", "operation_id", "fingerprint",
)  # fmt: skip
A_CONTRACT_LASTS = timedelta(days=366)


def hand_over(agent: Agent, file: File) -> OrderBatch:
    """Give an export kept in the vault, with its columns as they are remembered or guessed; a person then confirms them.

    Raises `Refused` for a file that is no table, or that is imported already.
    """
    _check_buyer(agent)
    if file.organisation_id != agent.organisation.pk:
        raise ValueError("the file belongs to another organisation")
    headings = batches.headings_of(file)
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
    given = OrderBatch.objects.select_related("file").get(organisation=agent.organisation, pk=batch_id)
    headings = batches.headings_of(given.file)
    batches.check_columns(headings, columns, REQUIRED, "la date, le montant hors taxes, le fournisseur et l'objet")
    with transaction.atomic():
        batch = OrderBatch.objects.select_for_update().get(organisation=agent.organisation, pk=batch_id)
        if batch.state != OrderBatch.State.CHOOSING:
            raise refuse("chosen", "Les colonnes de cet export sont déjà choisies.")
        batch.columns = {column.value: place for column, place in columns.items()}
        batch.state = OrderBatch.State.WAITING
        batch.save(update_fields=["columns", "state"])
        batches.remember(agent.organisation, headings, batch.columns)
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

    def tell(lines: int) -> None:
        OrderBatch.objects.filter(pk=batch.pk).update(progress=lines)

    try:
        sheet = batches.sheet_of(batch.file)
        OrderBatch.objects.filter(pk=batch.pk).update(progress=0, expected=sheet.height, reading_since=timezone.now())
        columns = {Column(name): place for name, place in batch.columns.items()}
        own = Order.objects.filter(organisation=organisation).values_list("fingerprint", "number", "amount_cents")
        export = read_export(sheet, columns, own.iterator(), tell)
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
    """By fingerprint, since its index, the largest, then grows at one end."""
    kept = Family.objects.filter(organisation=batch.organisation).values_list("code", "pk")
    families = {code: _key(family) for code, family in kept}
    departments = {fold(name): _key(pk) for pk, name in batch.organisation.departments.values_list("pk", "name")}
    organisation, key = _key(batch.organisation_id), _key(batch.pk)
    explained, folded = _Explained(batch.organisation), cache(fold)
    _insert(
        (
            organisation, key, line.line, line.number, line.on.isoformat(), line.siret, line.supplier, line.label,
            line.amount_cents, families.get(line.family), None, departments.get(folded(line.department)), line.place,
            explained.by(line, families.get(line.family)), fingerprint,
        )
        for fingerprint, line in sorted(export.orders.items())
    )  # fmt: skip
    order_words.index(batch)
    unknown = sorted({line.family for line in export.orders.values()} - {"", *families})
    if unknown:
        export.warnings.append(
            f"Codes famille inconnus de votre nomenclature : {', '.join(unknown[:12])}{'…' * (len(unknown) > 12)}"
        )
    batch.orders, batch.known, batch.total_cents = len(export.orders), export.known, export.total_cents
    batch.unread = batches.unread_kept(export.unread)
    batch.warnings = export.warnings


def _insert(orders: Iterable[tuple[Any, ...]]) -> None:
    """As `bulk_create` would, without a model for each of some hundred thousand rows, which takes ten times as long."""
    names = ", ".join(connection.ops.quote_name(Order._meta.get_field(name).column) for name in WRITTEN)
    sql = f"INSERT INTO {Order._meta.db_table} ({names}) VALUES ({', '.join(['%s'] * len(WRITTEN))})"  # noqa: S608 - our own
    with connection.cursor() as cursor:
        while some := list(islice(orders, AT_ONCE)):
            cursor.executemany(sql, some)


def _key(pk: UUID | None) -> Any:
    """As the database keeps it."""
    return UUIDField().get_db_prep_value(pk, connection)


class _Explained:
    """Which operation of this tool explains an order: its reference is written on it, or its firm was chosen in its family."""

    def __init__(self, organisation: Organisation) -> None:
        self.references = {reference: _key(operation) for reference, operation in references(organisation.pk).items()}
        self.named = cache(self._named)
        self.chosen: dict[tuple[str, Any], list[Commitment]] = {}
        for commitment in Commitment.objects.filter(organisation=organisation, operation_id__isnull=False).exclude(siret=""):
            self.chosen.setdefault((commitment.siret[:9], _key(commitment.family_id)), []).append(commitment)

    def by(self, line: OrderLine, family: Any) -> Any:
        if found := self._named(line.number) or self.named(line.label):
            return found
        for commitment in self.chosen.get((line.siret[:9], family), ()) if line.siret else ():
            if commitment.engaged_on <= line.on <= commitment.engaged_on + A_CONTRACT_LASTS:
                return _key(commitment.operation_id)
        return None

    def _named(self, words: str) -> Any:
        """The operation whose reference is one of these words."""
        for word in words.upper().split():
            if found := self.references.get(word.strip(".,;:()[]")):
                return found
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
