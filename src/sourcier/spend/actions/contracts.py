"""Running contracts: a list is given and read whole, or one is typed; what an operation orders on it adds up."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.transitions import Refused, refuse
from sourcier.spend import batches
from sourcier.spend import contracts as queries
from sourcier.spend.contract_rules import order_refusal, same_contract, same_number
from sourcier.spend.importing.contracts import HEADINGS, LENGTHS, REQUIRED, Column, ContractLine, read_list
from sourcier.spend.importing.lines import columns_named
from sourcier.spend.importing.whole import with_vat
from sourcier.spend.models import ContractBatch, ContractOrder, Family, RunningContract
from sourcier.vault import queries as vault
from sourcier.vault.models import File

OF = "contracts"
SAID = ("kind", "number", "object", "families", "holder", "siret", "how_to_order", "first_on", "ends_on", "maximum_cents")


@transaction.atomic
def hand_over_contracts(agent: Agent, file: File) -> ContractBatch:
    """Give a list kept in the vault, with its columns as they are remembered or guessed; a person then confirms them.

    Raises `Refused` for a file that is no table.
    """
    _check_buyer(agent)
    if file.organisation_id != agent.organisation.pk:
        raise ValueError("the file belongs to another organisation")
    headings = batches.headings_of(file)
    places = batches.remembered(agent.organisation, headings, OF) or batches.named(columns_named(headings, HEADINGS))
    batch = ContractBatch.objects.create(
        organisation=agent.organisation, file=file, columns=places, asked_by=agent.user, asked_at=timezone.now()
    )
    facts = {"name": agent.user.name, "batch": batch.pk, "file": vault.file_facts(file)}
    append(agent.organisation.pk, None, "contracts.handed_over", facts, actor=agent.id, rows=[file, batch])
    return batch


def import_contracts(agent: Agent, batch_id: UUID, columns: Mapping[Column, int]) -> ContractBatch:
    """Say where each thing stands, and keep what the list says, all of it or nothing. Remembered for the next list.

    A contract known already is recognised by its number, else by its holder and object; what the list says of it replaces what
    was said, but a cell left empty. Raises `Refused`, or `ContractBatch.DoesNotExist` for another city's.
    """
    _check_buyer(agent)
    given = ContractBatch.objects.select_related("file").get(organisation=agent.organisation, pk=batch_id)
    sheet = batches.sheet_of(given.file)
    batches.check_columns(sheet.headings, columns, REQUIRED, "l'objet, le titulaire et la date de fin")
    families = frozenset(Family.objects.filter(organisation=agent.organisation).values_list("code", flat=True))
    read = read_list(sheet, columns, families)
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
        batch = ContractBatch.objects.select_for_update().get(pk=given.pk)
        if batch.state != ContractBatch.State.CHOOSING:
            raise refuse("chosen", "Cette liste est déjà importée. Rien n'est compté deux fois.")
        known = _Known(agent.organisation)
        changed = [contract for line in read.contracts if (contract := _take(agent, line, families, known))]
        batch.columns, batch.state = batches.named(columns), ContractBatch.State.READ
        batch.added, batch.updated = known.added, len(changed) - known.added
        batch.known = len(read.contracts) - len(changed)
        batch.unread = batches.unread_kept(read.unread)
        batch.warnings = read.warnings + [
            f"{alike} marchés déjà connus valent ici exactement {rate} de plus : ces montants comprennent sans doute la TVA. "
            "Importez la liste avec la colonne hors taxes."
            for alike, rate in with_vat(known.compared)
        ]
        batch.save()
        batches.remember(agent.organisation, sheet.headings, batch.columns, OF)
        facts = {
            "name": agent.user.name, "batch": batch.pk, "file": vault.file_facts(given.file), "added": batch.added,
            "updated": batch.updated, "known": batch.known, "unread": len(batch.unread), "warnings": batch.warnings,
        }  # fmt: skip
        append(agent.organisation.pk, None, "contracts.imported", facts, actor=agent.id, rows=[batch, *changed])
    return batch


class _Known:
    """The contracts of the city, found by number, or by holder and object; and what an import finds of them."""

    def __init__(self, organisation: Organisation) -> None:
        self.numbers: dict[str, RunningContract] = {}
        self.named: dict[tuple[str, str], RunningContract] = {}
        self.added = 0
        self.compared: list[tuple[int, int]] = []
        for contract in RunningContract.objects.filter(organisation=organisation).order_by("ends_on", "pk"):
            self.hold(contract)

    def hold(self, contract: RunningContract) -> None:
        if number := same_number(contract.number):
            self.numbers[number] = contract
        self.named[same_contract(contract.holder, contract.siret, contract.object)] = contract

    def find(self, line: ContractLine) -> RunningContract | None:
        """A contract that bears another number is another one, whatever its holder and object."""
        number = same_number(line.number)
        if number in self.numbers:
            return self.numbers[number]
        alike = self.named.get(same_contract(line.holder, line.siret, line.object))
        return alike if alike and not (number and alike.number) else None


def _take(agent: Agent, line: ContractLine, families: Iterable[str], known: _Known) -> RunningContract | None:
    """The contract of a line, added or brought up to date; None when nothing of it changed."""
    said: dict[str, Any] = {name: getattr(line, name) for name in SAID}
    said["families"] = [code for code in line.families if code in families]
    contract = known.find(line)
    if contract is None:
        known.added += 1
        contract = _new(agent, **said, used_cents=line.used_cents or 0)
        contract.save(force_insert=True)
        known.hold(contract)
        return contract
    if contract.maximum_cents and line.maximum_cents:
        known.compared.append((line.maximum_cents, contract.maximum_cents))
    said = {name: value for name, value in said.items() if value not in (None, "", [])}
    return _change(agent, contract, said, line.used_cents)


def _new(agent: Agent, **said: Any) -> RunningContract:
    now = timezone.now()
    return RunningContract(organisation=agent.organisation, said_at=now, saved_by=agent.user, saved_at=now, **said)


def _change(agent: Agent, contract: RunningContract, said: Mapping[str, Any], used_cents: int | None) -> RunningContract | None:
    """Write what differs. Another amount used counts from now on; the same one is no news, and forgets no order made here."""
    changed = {name: value for name, value in said.items() if getattr(contract, name) != value}
    now = timezone.now()
    if used_cents is not None and used_cents != contract.used_cents:
        changed |= {"used_cents": used_cents, "said_at": now}
    if not changed:
        return None
    for name, value in changed.items():
        setattr(contract, name, value)
    contract.saved_by, contract.saved_at = agent.user, now
    contract.save()
    return contract


@transaction.atomic
def save_contract(agent: Agent, contract_id: UUID | None, typed: Mapping[str, Any]) -> RunningContract:
    """A contract typed by hand, new when `contract_id` is None. Raises `Refused` beside the field at fault.

    `typed`: the fields of the row; « utilisé » left as it was said keeps what was ordered here since.
    """
    _check_buyer(agent)
    used = typed["used_cents"] or 0
    said = _clean(agent, typed)
    if contract_id is None:
        if twin := _Known(agent.organisation).numbers.get(same_number(said["number"]) or "-"):
            raise refuse("twin", f"Ce numéro est déjà celui du marché « {twin.object} » : ouvrez-le pour le changer.", "number")
        contract = _new(agent, **said, used_cents=used)
        contract.save(force_insert=True)
        _entry(agent, "contract.added", contract)
        return contract
    contract = RunningContract.objects.select_for_update().get(organisation=agent.organisation, pk=contract_id)
    if _change(agent, contract, said, used):
        _entry(agent, "contract.changed", contract)
    return contract


def _clean(agent: Agent, typed: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: typed[name] for name in SAID}
    for name, length, missing in (
        ("number", LENGTHS["number"], ""), ("object", LENGTHS["object"], "Dites l'objet du marché."),
        ("holder", LENGTHS["holder"], "Dites le titulaire."), ("how_to_order", LENGTHS["how"], ""),
    ):  # fmt: skip
        said[name] = " ".join(str(said[name] or "").split())
        if missing and not said[name]:
            raise refuse("required", missing, name)
        if len(said[name]) > length:
            raise refuse("too_long", f"{len(said[name])} caractères, et la limite est de {length}. Raccourcissez.", name)
    if said["siret"]:
        try:
            said["siret"] = parse_siret(said["siret"])
        except InvalidIdentifier as error:
            raise refuse("siret", str(error), "siret") from None
    known = set(
        Family.objects.filter(organisation=agent.organisation, code__in=said["families"]).values_list("code", flat=True)
    )
    if unknown := [code for code in said["families"] if code not in known]:
        raise refuse("families", f"Familles inconnues de votre nomenclature : {', '.join(unknown)}.", "families")
    if said["ends_on"] is None:
        raise refuse("ends_on", "Dites le dernier jour du marché.", "ends_on")
    if said["first_on"] and said["ends_on"] < said["first_on"]:
        raise refuse("dates", "La fin ne peut pas venir avant le début.", "ends_on")
    for name in ("maximum_cents", "used_cents"):
        if typed[name] is not None and typed[name] < 0:
            raise refuse("negative", "Un montant ne peut pas être négatif.", name)
    said["maximum_cents"] = said["maximum_cents"] or None
    return said


def order_on(agent: Agent, contract_id: UUID, operation_id: UUID, amount_cents: int | None, on: date) -> ContractOrder:
    """What an operation orders on a contract. For the room above: no entry of its own, the caller puts the row in `rows=`.

    Raises `Refused` when the contract does not run that day or has not that much left, `RunningContract.DoesNotExist`.
    """
    contract = RunningContract.objects.select_for_update().get(organisation=agent.organisation, pk=contract_id)
    standing = queries.standing(contract)
    if not queries.runs(contract, on):
        raise refuse("not_running", "Ce marché ne court pas ce jour-là : on ne peut pas y commander. Rien n'est perdu.")
    if refusal := order_refusal(standing.left_cents, amount_cents):
        raise Refused(refusal, "amount")
    return ContractOrder.objects.create(
        contract=contract, operation_id=operation_id, amount_cents=amount_cents, ordered_by=agent.user,
        ordered_at=timezone.now(),
    )  # fmt: skip


def _check_buyer(agent: Agent) -> None:
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un acheteur tient la liste des marchés en cours.")


def _entry(agent: Agent, verb: str, contract: RunningContract) -> None:
    facts = {"name": agent.user.name, "contract": contract.pk, "number": contract.number, "object": contract.object}
    append(agent.organisation.pk, None, verb, facts, actor=agent.id, rows=[contract])
