"""What a choice, or a direct purchase, engages."""

from datetime import date
from uuid import UUID

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department
from sourcier.kernel.transitions import refuse
from sourcier.spend.models import Commitment, Family, Unit


def commit(
    agent: Agent,
    *,
    award_id: UUID,
    operation_id: UUID,
    family: Family | None,
    department: Department | None,
    siret: str,
    supplier: str,
    label: str,
    amount_cents: int,
    engaged_on: date,
    unit: Unit | None = None,
) -> Commitment:
    """Write what a choice engages, before tax. For the room above: no entry of its own, the caller puts the row in `rows=`.

    Raises `Refused` for an amount below zero, `ValueError` for a family, a unit or a department of another city.
    """
    if amount_cents < 0:
        raise refuse("negative", "Un montant engagé ne peut pas être négatif.")
    if any(owned and owned.organisation_id != agent.organisation.pk for owned in (family, unit, department)):
        raise ValueError("family, unit and department belong to the agent's organisation")
    return Commitment.objects.create(
        organisation=agent.organisation,
        family=family,
        unit=unit,
        department=department,
        operation_id=operation_id,
        award_id=award_id,
        siret=siret,
        supplier=supplier[:200],
        label=label[:200],
        amount_cents=amount_cents,
        engaged_on=engaged_on,
    )


def undo(award_id: UUID) -> Commitment:
    """Nothing is engaged any more: the row stays, at zero. For the room above: the caller puts it in `rows=`."""
    commitment = Commitment.objects.select_for_update().get(award_id=award_id)
    commitment.amount_cents = 0
    commitment.save(update_fields=["amount_cents"])
    return commitment
