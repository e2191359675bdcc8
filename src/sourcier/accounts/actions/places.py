"""The city's lists: departments, where needs come from; delivery places, where things arrive."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.changes import label, to_write
from sourcier.accounts.models import DeliveryPlace, Department, UsualPlace
from sourcier.accounts.rules import insist, may_govern
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse

PLACE = (
    "name", "address", "postal_code", "commune", "lat_e6", "lon_e6", "uncertainty_m", "hours", "contact_name", "contact_phone",
)  # fmt: skip


@transaction.atomic
def add_department(agent: Agent, name: str) -> Department:
    insist(may_govern(agent.roles, "departments"))
    _free(agent.organisation.departments, name, "Une direction porte déjà ce nom.")
    department = Department.objects.create(organisation=agent.organisation, name=name)
    append(agent.organisation.pk, None, "department.added", {"name": name}, actor=agent.id, rows=[department])
    return department


@transaction.atomic
def rename_department(agent: Agent, department_id: UUID, name: str, *, shown: Mapping[str, Any] | None = None) -> Department:
    insist(may_govern(agent.roles, "departments"))
    department = agent.organisation.departments.select_for_update().get(pk=department_id)
    to_write(agent, department, {"name": name}, shown)
    _free(agent.organisation.departments.exclude(pk=department.pk), name, "Une direction porte déjà ce nom.")
    before, department.name = department.name, name
    department.save(update_fields=["name"])
    append(
        agent.organisation.pk,
        None,
        "department.renamed",
        {"before": before, "name": name},
        actor=agent.id,
        rows=[department],
    )
    return department


@transaction.atomic
def set_usual_places(
    agent: Agent, department_id: UUID, place_ids: Collection[UUID], *, shown: Collection[UUID] | None = None
) -> list[UsualPlace]:
    """Say where a department is usually delivered; an empty list means nowhere in particular.

    `shown`: the places that the page had ticked; what somebody else ticked or unticked meanwhile stays.
    """
    insist(may_govern(agent.roles, "departments"))
    department = agent.organisation.departments.select_for_update().get(pk=department_id)
    held, wanted = list(department.usual_places.all()), set(place_ids)
    known = {row.place_id for row in held}
    if shown is not None:
        wanted = (known | (wanted - set(shown))) - (set(shown) - wanted)
    if known == wanted:
        raise refuse("nothing_changed", "Rien n'a changé : il n'y a rien à enregistrer.", "places")
    places = list(agent.organisation.places.filter(pk__in=wanted))
    if len(places) != len(wanted):
        raise refuse("unknown_place", "Ce lieu n'est pas dans la liste de la ville.", "places")
    gone = [row for row in held if row.place_id not in wanted]
    UsualPlace.objects.filter(pk__in=[row.pk for row in gone]).delete()
    new = UsualPlace.objects.bulk_create(
        UsualPlace(department=department, place=place) for place in places if place.pk not in known
    )
    said = {"department": department.name, "places": ", ".join(place.name for place in places) or "(aucun)"}
    append(agent.organisation.pk, None, "department.places_set", said, actor=agent.id, rows=new, gone=gone)
    return new


@transaction.atomic
def add_place(agent: Agent, **fields: Any) -> DeliveryPlace:
    """`fields`: those of `PLACE`; coordinates in micro-degrees, their uncertainty in metres."""
    insist(may_govern(agent.roles, "places"))
    _check_place(fields)
    _free(agent.organisation.places, fields["name"], "Un lieu porte déjà ce nom.")
    place = DeliveryPlace.objects.create(organisation=agent.organisation, **fields)
    append(agent.organisation.pk, None, "place.added", {"name": place.name}, actor=agent.id, rows=[place])
    return place


@transaction.atomic
def edit_place(agent: Agent, place_id: UUID, *, shown: Mapping[str, Any] | None = None, **fields: Any) -> DeliveryPlace:
    """Change some of `PLACE`; of these, what differs from what the page had `shown` is written (see `changes.to_write`)."""
    insist(may_govern(agent.roles, "places"))
    _check_place(fields)
    place = agent.organisation.places.select_for_update().get(pk=place_id)
    changed = to_write(agent, place, fields, shown)
    if "name" in changed:
        _free(agent.organisation.places.exclude(pk=place.pk), fields["name"], "Un lieu porte déjà ce nom.")
    for name in changed:
        setattr(place, name, fields[name])
    place.save(update_fields=changed)
    append(
        agent.organisation.pk,
        None,
        "place.edited",
        {"name": place.name, "changed": ", ".join(label(place, name) for name in changed)},
        actor=agent.id,
        rows=[place],
    )
    return place


@transaction.atomic
def deactivate_place(agent: Agent, place_id: UUID) -> DeliveryPlace:
    """No longer offered to new needs; those that name it keep it."""
    return _switch(agent, place_id, False)


@transaction.atomic
def reactivate_place(agent: Agent, place_id: UUID) -> DeliveryPlace:
    return _switch(agent, place_id, True)


def _switch(agent: Agent, place_id: UUID, active: bool) -> DeliveryPlace:
    insist(may_govern(agent.roles, "places"))
    place = agent.organisation.places.select_for_update().get(pk=place_id)
    if place.active == active:
        raise refuse("already_done", "C'est déjà fait.")
    place.active = active
    place.save(update_fields=["active"])
    verb = "place.reactivated" if active else "place.deactivated"
    append(agent.organisation.pk, None, verb, {"name": place.name}, actor=agent.id, rows=[place])
    return place


def _check_place(fields: dict[str, Any]) -> None:
    if unknown := set(fields) - set(PLACE):
        raise TypeError(f"not part of a place: {sorted(unknown)}")


def _free(rows: Any, name: str, sentence: str) -> None:
    if rows.filter(name__iexact=name).exists():
        raise refuse("name_taken", sentence, "name")
