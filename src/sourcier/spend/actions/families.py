"""The starting nomenclature."""

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.spend.models import Family
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
