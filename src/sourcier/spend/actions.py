"""The verbs of spend."""

from datetime import date
from uuid import UUID

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.spend.models import Commitment, Family
from sourcier.spend.nomenclature import lines


@transaction.atomic
def load_families(organisation: Organisation, agent: Agent | None = None) -> int:
    """Add the families of the starting nomenclature that the city has not, and return their number.

    Raises `Refused` when nothing is missing, or when `agent` (None for the program) is not a head buyer of the city.
    """
    if agent and (agent.organisation != organisation or not agent.has(Role.HEAD_BUYER)):
        raise refuse("not_you", "Seul un responsable des achats charge la nomenclature.")
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    known = set(Family.objects.filter(organisation=organisation).values_list("code", flat=True))
    added = [line for line in lines() if line.code not in known]
    if not added:
        raise refuse("nothing_new", "Toutes les familles de départ sont déjà là.")
    Family.objects.bulk_create(
        Family(
            organisation=organisation, code=line.code, label=line.label, kind=line.kind, cpv=line.cpv,
            activities=[[activity.nomenclature, activity.code] for activity in line.activities],
        )
        for line in added
    )  # fmt: skip
    append(
        organisation.pk,
        None,
        "families.loaded",
        {
            "name": agent.user.name if agent else "",
            "count": len(added),
            "families": [{"code": line.code, "label": line.label, "kind": line.kind, "cpv": line.cpv} for line in added],
        },
        actor=agent.id if agent else None,
    )
    return len(added)


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
) -> Commitment:
    """Write what a choice engages, before tax. For the room above: no entry of its own, the caller puts the row in `rows=`.

    Raises `Refused` for an amount below zero, `ValueError` for a family or department of another city.
    """
    if amount_cents < 0:
        raise refuse("negative", "Un montant engagé ne peut pas être négatif.")
    if any(owned and owned.organisation_id != agent.organisation.pk for owned in (family, department)):
        raise ValueError("family and department belong to the agent's organisation")
    return Commitment.objects.create(
        organisation=agent.organisation,
        family=family,
        department=department,
        operation_id=operation_id,
        award_id=award_id,
        siret=siret,
        supplier=supplier[:200],
        label=label[:200],
        amount_cents=amount_cents,
        engaged_on=engaged_on,
    )
