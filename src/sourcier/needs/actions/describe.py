"""What a need says: its sentence, its answers, places, lots and activities."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, ProtectedError
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Organisation
from sourcier.accounts.queries import usual_places
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.correspondence import NAMES
from sourcier.kernel.transitions import Refused, refuse
from sourcier.law.retention import PROCEDURE
from sourcier.matching import engine, labels
from sourcier.needs import nomenclatures, queries, rules
from sourcier.needs.actions.common import (
    check,
    check_unit,
    clean_details,
    clean_text,
    clean_value,
    entry,
    load,
    same_version,
    touch,
)
from sourcier.needs.actions.leading import follow_lane
from sourcier.needs.models import Lot, Need, NeedActivity, NeedPlace
from sourcier.needs.recurrence import length_refusal
from sourcier.needs.rules import Verb
from sourcier.register.search import followed
from sourcier.retention.clocks import begin
from sourcier.retention.models import Clock
from sourcier.spend.models import Family
from sourcier.vocabulary.actions import hear
from sourcier.vocabulary.queries import phrases
from sourcier.vocabulary.rules import called


@transaction.atomic
def start(agent: Agent, sentence: str, department: Department | None = None) -> Need:
    """Begin a need with one sentence, for the agent's department (asked for only when he writes for several)."""
    need = new_need(agent, department_of(agent, department), sentence=clean_text("sentence", sentence, required=True))
    need.save(force_insert=True)
    places = tick_usual(need)
    said = {"reference": need.reference, "sentence": need.sentence, "places": said_places(places)}
    entry(agent, need, "need.started", said, [*places, begin_clock(need)])
    return need


@transaction.atomic
def start_whole(
    agent: Agent, need_id: UUID, department: Department, sentence: str, *, family: Family | None, sent: bool = False,
    **fields: Any,
) -> Need:  # fmt: skip
    """Begin, with all that a page has typed, a need for a department of who describes or buys; what nobody said is « je ne
    sais pas ». `need_id` is drawn by the caller: a page sent twice finds what it made. `sent`: by a buyer, for himself."""
    if department not in queries.served_departments(agent):
        raise refuse("wrong_role", "Vous n'achetez pas pour ce service.", field="department")
    words = clean_text("sentence", sentence, required=True)
    need = new_need(
        agent, department, pk=need_id, sentence=words, title=words[: rules.LENGTHS["title"]],
        family=clean_value(agent, "family", family), kind=family.kind if family else "", unknown=list(rules.QUESTIONS),
        **fields,
    )  # fmt: skip
    if sent:
        need.state, need.submitted_at = Need.State.SUBMITTED, need.created_at
    need.save(force_insert=True)
    places = tick_usual(need)
    _drop_answered_unknowns(need)
    need.save(update_fields=["unknown"])
    said = {"reference": need.reference, "sentence": need.sentence, "places": said_places(places)}
    entry(agent, need, "need.started", said, [*places, begin_clock(need)])
    return need


@transaction.atomic
def change_department(agent: Agent, need_id: UUID, department: Department) -> Need:
    """Describe a draft for another of the agent's departments; the places that the tool had ticked change with it."""
    need = load(agent, need_id)
    check(agent, need, Verb.MOVE)
    if department == need.department:
        return need
    held, new = list(need.places.all()), []
    as_proposed = {row.place_id for row in held} == set(usual_places(need.department).values_list("pk", flat=True))
    need.department = department_of(agent, department)
    if as_proposed:
        need.places.all().delete()
        new = tick_usual(need)
    touch(agent, need)
    need.save()
    said = {"department": need.department.name} | ({"places": said_places(new)} if as_proposed else {})
    entry(agent, need, "need.department_changed", said, new, held if as_proposed else [])
    return need


@transaction.atomic
def say_again(agent: Agent, need_id: UUID, version: int, sentence: str, department: Department | None) -> Need:
    """The first page of a draft, written again: its sentence, and its department when the agent writes for several."""
    need = save(agent, need_id, version, sentence=sentence)
    return change_department(agent, need_id, department) if department else need


@transaction.atomic
def save(agent: Agent, need_id: UUID, version: int, **fields: Any) -> Need:
    """Write the fields that differ (those of `rules.WORDS_OF_…`; `family` is a `Family` or None). Nothing differs: no entry.

    `details`: id of a question of its family → answer, None for « je ne sais pas »; those not given stay as they are.

    Raises `Conflict` for a stale version, with the row as it is now.
    """
    need = load(agent, need_id)
    writing = need.state in rules.WITH_DEPARTMENT
    check(agent, need, Verb.WRITE if writing else Verb.COMPLETE)
    allowed = rules.WORDS_OF_THE_DEPARTMENT if writing else rules.WORDS_OF_THE_BUYER
    if not allowed.issuperset(fields):
        raise refuse("wrong_field", "Cette information ne se modifie pas à cette étape.")
    cleaned = {name: clean_value(agent, name, value) for name, value in fields.items() if name != "details"}
    if "details" in fields:
        cleaned["details"] = clean_details(need, fields["details"])
    changed = {name: value for name, value in cleaned.items() if getattr(need, name) != value}
    if not changed:
        return need
    same_version(agent, need, version)
    for name, value in changed.items():
        setattr(need, name, value)
    _check_answers(need)
    _drop_answered_unknowns(need)
    touch(agent, need)
    need.save()
    said = {name: value.pk if isinstance(value, Model) else value for name, value in changed.items()}
    entry(agent, need, "need.saved", {"fields": said})
    return need if writing else follow_lane(need)


@transaction.atomic
def describe(
    agent: Agent,
    need_id: UUID,
    version: int,
    fields: Mapping[str, Any],
    places: Mapping[UUID, str] | None = None,
    lots: Sequence[str] | None = None,
) -> int:
    """What a page of answers says, all of it or nothing: `save`, then the places and the lots when they are given.

    Returns the version that the page now holds: a page that had nothing to write stays at the one it read.
    """
    before = load(agent, need_id).version
    need = save(agent, need_id, version, **fields)
    if places is not None:
        need = set_places(agent, need_id, places, version + need.version - before)
    if lots is not None:
        need = set_lots(agent, need_id, lots, version + need.version - before)
    return version + need.version - before


@transaction.atomic
def set_places(agent: Agent, need_id: UUID, places: Mapping[UUID, str], version: int | None = None) -> Need:
    """Replace the places of delivery: id of a place of the city → note (quantity or instruction)."""
    need = load(agent, need_id)
    check(agent, need, Verb.WRITE if need.state in rules.WITH_DEPARTMENT else Verb.COMPLETE)
    notes = {place_id: clean_text("note", note) for place_id, note in places.items()}
    if dict(need.places.values_list("place_id", "note")) == notes:
        return need
    same_version(agent, need, version)
    rows = list(queries.places(agent).filter(pk__in=notes))
    if len(rows) != len(notes):
        raise refuse("unknown_place", "Ce lieu n'est pas dans la liste de la ville.", field="places")
    gone = list(need.places.all())
    need.places.all().delete()
    new = NeedPlace.objects.bulk_create(NeedPlace(need=need, place=place, note=notes[place.pk]) for place in rows)
    _drop_answered_unknowns(need)
    touch(agent, need)
    need.save()
    entry(agent, need, "need.places_set", {"places": said_places(new)}, new, gone)
    return need


@transaction.atomic
def set_lots(agent: Agent, need_id: UUID, titles: Sequence[str], version: int | None = None) -> Need:
    """Number the lots in the order given; an empty list means no lots. A lot already in a request cannot go."""
    need = load(agent, need_id)
    check(agent, need, Verb.WRITE if need.state in rules.WITH_DEPARTMENT else Verb.COMPLETE)
    cleaned = [clean_text("lot", title, required=True, field="lots") for title in titles]
    if len(cleaned) > rules.MAX_LOTS:
        raise refuse("too_many", f"Un besoin compte {rules.MAX_LOTS} lots au plus.", field="lots")
    existing = list(need.lots.all())
    if [lot.title for lot in existing] == cleaned:
        return need
    same_version(agent, need, version)
    gone = existing[len(cleaned) :]
    try:
        need.lots.filter(pk__in=[lot.pk for lot in gone]).delete()
    except ProtectedError:
        raise refuse("lot_used", "Un lot déjà présent dans la demande ne peut plus être retiré.", field="lots") from None
    lots = [
        Lot.objects.update_or_create(need=need, number=number, defaults={"title": title})[0]
        for number, title in enumerate(cleaned, start=1)
    ]
    touch(agent, need)
    need.save()
    entry(agent, need, "need.lots_set", {"lots": cleaned}, lots, gone)
    return need


@transaction.atomic
def tick_activities(agent: Agent, need_id: UUID, activities: Sequence[Activity], *, by_hand: bool = True) -> Need:
    """Replace the ticked activities. Labels, words that matched and counts are read again here: a page cannot invent them.

    What a person ticks `by_hand` against the words of the need is kept as a suggestion for the city's own words.
    """
    need = load(agent, need_id)
    check(agent, need, Verb.TICK)
    matches = engine.match(queries.words(need), added=phrases(need.organisation)).activities
    proposed = {match.activity: match for match in matches}
    told = {activity.nomenclature for activity in activities}
    learned = {each.activity: each for nomenclature in NAMES.keys() & told for each in queries.bought(need, nomenclature)}
    rows = []
    for activity in dict.fromkeys(activities):
        label = nomenclatures.named(activity)
        if label is None:
            raise refuse("unknown_activity", labels.unknown(activity.code), field="activities")
        match, bought = proposed.get(activity), learned.get(activity)
        rows.append(
            NeedActivity(
                need=need,
                nomenclature=activity.nomenclature,
                code=activity.code,
                label=label[:200],
                words=list(match.words if match else bought.words if bought else ()),
                proposed=match is not None,
                contracts=bought.contracts if bought else 0,
            )
        )
    gone = list(need.activities.all())
    if not rows and not gone:
        return need
    need.activities.all().delete()
    NeedActivity.objects.bulk_create(rows)
    said = [{f: getattr(row, f) for f in ("nomenclature", "code", "label", "words", "proposed", "contracts")} for row in rows]
    codes = ", ".join(row.code for row in rows) or "(aucune)"
    if by_hand:
        by_words = called(queries.words(need), matches)
        ticked = [Activity(row.nomenclature, row.code) for row in rows]
        uncalled = [each for each in ticked if by_words.isdisjoint(followed().within(NAF_REV2, each))]
        hear(need.organisation, need.pk, need.reference, need.sentence, uncalled)
    entry(agent, need, "need.activities_ticked", {"codes": codes, "activities": said}, rows, gone)
    return need


def tick_usual(need: Need) -> list[NeedPlace]:
    """The places where the department is usually delivered, ticked for a need that has none."""
    return NeedPlace.objects.bulk_create(NeedPlace(need=need, place=place) for place in usual_places(need.department))


def begin_clock(need: Need) -> Clock:
    """How long its file is kept, from the first day: the term waits for the notification."""
    return begin(need.organisation_id, PROCEDURE, need.pk, operation_id=need.pk)


def said_places(places: Sequence[NeedPlace]) -> list[dict[str, Any]]:
    """What an entry tells of places of delivery."""
    return [{"place": row.place_id, "name": row.place.name, "address": row.place.address, "note": row.note} for row in places]


def department_of(agent: Agent, department: Department | None) -> Department:
    """The department a need is written for: the only one of the agent, else the one he chose."""
    writable = list(queries.writable_departments(agent))
    if department is None and len(writable) == 1:
        return writable[0]
    if department is None and writable:
        raise refuse("department", "Vous écrivez pour plusieurs services : choisissez celui de ce besoin.", field="department")
    if department not in writable:
        raise refuse("wrong_role", "Seul un demandeur du service décrit ses besoins.", field="department")
    return department


def new_need(agent: Agent, department: Department, **fields: Any) -> Need:
    """A need not saved yet, with the next reference of the city."""
    now = timezone.now()
    return Need(
        organisation=agent.organisation, department=department, author=agent.user, reference=_reference(agent.organisation),
        created_at=now, waiting_since=now, saved_at=now, saved_by=agent.user, **fields,
    )  # fmt: skip


def _reference(organisation: Organisation) -> str:
    """« B-2026-0001 »: the next of the city and the year, the city's row being locked so that no number is given twice."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    prefix = f"B-{timezone.localdate().year}-"
    taken = Need.objects.filter(organisation=organisation, reference__startswith=prefix).values_list("reference", flat=True)
    return f"{prefix}{max((int(text.removeprefix(prefix)) for text in taken), default=0) + 1:04d}"


def _check_answers(need: Need) -> None:
    check_unit(need)
    if wrong := length_refusal(need.duration_months, need.options_months):
        raise Refused(*wrong)
    if refusal := rules.dates_refusal(need.starts_on, need.ends_on):
        raise Refused(refusal, "ends_on")


def _drop_answered_unknowns(need: Need) -> None:
    """An answer wins over « je ne sais pas »."""
    open_questions = queries.unanswered(need, unknown=())
    need.unknown = [question for question in need.unknown if question in open_questions]
