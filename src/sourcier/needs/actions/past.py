"""A need that begins with a past one: all of it taken over, or its answers given to a sentence just typed."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.queries import usual_places
from sourcier.kernel.transitions import refuse
from sourcier.needs import queries, rules
from sourcier.needs.actions.common import check, entry, load, same_version, touch
from sourcier.needs.actions.describe import begin_clock, department_of, new_need, said_places
from sourcier.needs.models import Lot, Need, NeedActivity, NeedPlace
from sourcier.needs.rules import Verb

ESTIMATE = ("estimate_cents", *rules.LENGTH_FIELDS)
WORDS = ("title", "what", "how_much", "where_note", "details", "kind", "family")


@transaction.atomic
def take_over(agent: Agent, need_id: UUID) -> Need:
    """Start again a past purchase: its words, lots, places and activities, its dates in the first year to come."""
    source = queries.visible(agent).select_related("department", "family").get(pk=need_id)
    need = new_need(
        agent, department_of(agent, source.department), sentence=source.sentence, taken_over_from=source,
        unknown=source.unknown, **_answers(source),
    )  # fmt: skip
    need.save(force_insert=True)
    places = _places(source, need)
    rows: list[Model] = [*places, *_lots(source, need), *_activities(source, need)]
    for row in rows:
        row.save(force_insert=True)
    said = {"reference": need.reference, "source": source.reference, "from": source.pk, "places": said_places(places)}
    entry(agent, need, "need.taken_over", said, [*rows, begin_clock(need)])
    return need


@transaction.atomic
def begin_from(agent: Agent, need_id: UUID, version: int, source_id: UUID) -> Need:
    """Give a draft the answers, lots, activities and places of a past need. What was typed stays, its sentence first.

    Raises `Need.DoesNotExist` for a source that is not one of `queries.examples`.
    """
    need = load(agent, need_id)
    check(agent, need, Verb.WRITE)
    if need.state != Need.State.DRAFT:
        raise refuse("not_draft", "On part d'un achat passé avant d'envoyer son besoin.")
    source = queries.examples(agent).select_related("department", "family").get(pk=source_id)
    same_version(agent, need, version)
    keep = ESTIMATE if need.estimate_cents is not None else ()
    for name, value in _answers(source).items():
        if name not in keep and (name in ESTIMATE or not getattr(need, name)):
            setattr(need, name, value)
    gone, rows = _rows(source, need)
    need.places.filter(pk__in=[row.pk for row in gone]).delete()  # by the query: a row deleted itself forgets its id
    for row in rows:
        row.save(force_insert=True)
    need.unknown = [question for question in source.unknown if question in queries.unanswered(need, unknown=())]
    need.taken_over_from = source
    touch(agent, need)
    need.save()
    said: dict[str, Any] = {"reference": need.reference, "source": source.reference, "from": source.pk}
    if places := [row for row in rows if isinstance(row, NeedPlace)]:
        said["places"] = said_places(places)
    entry(agent, need, "need.begun_from", said, rows, gone)
    return need


def _answers(source: Need) -> dict[str, Any]:
    """What a past need says, its dates in the first year to come."""
    starts_on, ends_on = rules.years_later(source.starts_on, source.ends_on, timezone.localdate())
    return {name: getattr(source, name) for name in (*WORDS, *ESTIMATE)} | {"starts_on": starts_on, "ends_on": ends_on}


def _rows(source: Need, need: Need) -> tuple[list[NeedPlace], list[Model]]:
    """Those that go and those that come: nothing of what a person ticked or wrote, only the places that the tool had ticked."""
    gone: list[NeedPlace] = []
    rows: list[Model] = []
    held = list(need.places.all())
    proposed = {row.place_id for row in held} == set(usual_places(need.department).values_list("pk", flat=True))
    if proposed and source.department_id == need.department_id and (places := _places(source, need)):
        gone, rows = [*held], [*places]
    if not need.lots.exists():
        rows += _lots(source, need)
    if not need.activities.exists():
        rows += _activities(source, need)
    return gone, rows


def _places(source: Need, need: Need) -> list[NeedPlace]:
    """Those still offered, by name."""
    old_places = source.places.filter(place__active=True).select_related("place").order_by("place__name")
    return [NeedPlace(need=need, place=old.place, note=old.note) for old in old_places]


def _lots(source: Need, need: Need) -> list[Lot]:
    return [Lot(need=need, number=old.number, title=old.title) for old in source.lots.all()]


def _activities(source: Need, need: Need) -> list[NeedActivity]:
    kept = ("nomenclature", "code", "label", "words", "proposed", "contracts")
    return [NeedActivity(need=need, **{field: getattr(old, field) for field in kept}) for old in source.activities.all()]
