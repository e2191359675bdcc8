"""The verbs of a need. Each takes the agent, locks the row, asks `rules`, writes, and ends with its entry."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model, ProtectedError
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Organisation
from sourcier.journal.actions import append
from sourcier.kernel.activities import Activity
from sourcier.kernel.canonical import canonical
from sourcier.kernel.french import format_hour
from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching import engine, labels
from sourcier.needs import queries, rules
from sourcier.needs.models import Kind, Lot, Need, NeedActivity, NeedMessage, NeedPlace
from sourcier.needs.rules import Conflict, Verb
from sourcier.spend.models import Family
from sourcier.vault.actions import store


@transaction.atomic
def start(agent: Agent, sentence: str, department: Department | None = None) -> Need:
    """Begin a need with one sentence, for the agent's department (asked for only when he writes for several)."""
    need = _new(agent, _department(agent, department), sentence=_text("sentence", sentence, required=True))
    need.save(force_insert=True)
    _entry(agent, need, "need.started", {"reference": need.reference, "sentence": need.sentence})
    return need


@transaction.atomic
def take_over(agent: Agent, need_id: UUID) -> Need:
    """Start again last year's purchase: its words, lots, places and activities, dates a year later. The old one stays."""
    source = queries.visible(agent).select_related("department", "family").get(pk=need_id)
    copied = ("title", "what", "how_much", "where_note", "estimate_cents", "unknown", "kind", "family")
    need = _new(
        agent, _department(agent, source.department), sentence=source.sentence, taken_over_from=source,
        starts_on=rules.one_year_later(source.starts_on), ends_on=rules.one_year_later(source.ends_on),
        **{field: getattr(source, field) for field in copied},
    )  # fmt: skip
    need.save(force_insert=True)
    kept = ("nomenclature", "code", "label", "words", "proposed")
    rows: list[Model] = [
        *(NeedPlace(need=need, place_id=old.place_id, note=old.note) for old in source.places.filter(place__active=True)),
        *(Lot(need=need, number=old.number, title=old.title) for old in source.lots.all()),
        *(NeedActivity(need=need, **{f: getattr(old, f) for f in kept}) for old in source.activities.all()),
    ]
    for row in rows:
        row.save(force_insert=True)
    said = {"reference": need.reference, "source": source.reference, "from": source.pk}
    _entry(agent, need, "need.taken_over", said, rows)
    return need


@transaction.atomic
def save(agent: Agent, need_id: UUID, version: int, **fields: Any) -> Need:
    """Write the fields that differ (those of `rules.WORDS_OF_…`; `family` is a `Family` or None). Nothing differs: no entry.

    Raises `Conflict` for a stale version, with the row as it is now.
    """
    need = _load(agent, need_id)
    writing = need.state in rules.WITH_DEPARTMENT
    _check(agent, need, Verb.WRITE if writing else Verb.COMPLETE)
    allowed = rules.WORDS_OF_THE_DEPARTMENT if writing else rules.WORDS_OF_THE_BUYER
    if not allowed.issuperset(fields):
        raise refuse("wrong_field", "Cette information ne se modifie pas à cette étape.")
    cleaned = {name: _value(agent, name, value) for name, value in fields.items()}
    changed = {name: value for name, value in cleaned.items() if getattr(need, name) != value}
    if not changed:
        return need
    _same_version(agent, need, version)
    for name, value in changed.items():
        setattr(need, name, value)
    _check_answers(need)
    _drop_answered_unknowns(need)
    _touch(agent, need)
    need.save()
    said = {name: value.pk if isinstance(value, Family) else value for name, value in changed.items()}
    _entry(agent, need, "need.saved", {"fields": said})
    return need


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
    before = _load(agent, need_id).version
    need = save(agent, need_id, version, **fields)
    if places is not None:
        need = set_places(agent, need_id, places, version + need.version - before)
    if lots is not None:
        need = set_lots(agent, need_id, lots, version + need.version - before)
    return version + need.version - before


@transaction.atomic
def set_places(agent: Agent, need_id: UUID, places: Mapping[UUID, str], version: int | None = None) -> Need:
    """Replace the places of delivery: id of a place of the city → note (quantity or instruction)."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.WRITE if need.state in rules.WITH_DEPARTMENT else Verb.COMPLETE)
    notes = {place_id: _text("note", note) for place_id, note in places.items()}
    if dict(need.places.values_list("place_id", "note")) == notes:
        return need
    _same_version(agent, need, version)
    rows = list(queries.places(agent).filter(pk__in=notes))
    if len(rows) != len(notes):
        raise refuse("unknown_place", "Ce lieu n'est pas dans la liste de la ville.", field="places")
    gone = list(need.places.all())
    need.places.all().delete()
    new = NeedPlace.objects.bulk_create(NeedPlace(need=need, place=place, note=notes[place.pk]) for place in rows)
    _drop_answered_unknowns(need)
    _touch(agent, need)
    need.save()
    said = [{"place": place.pk, "name": place.name, "address": place.address, "note": notes[place.pk]} for place in rows]
    _entry(agent, need, "need.places_set", {"places": said}, new, gone)
    return need


@transaction.atomic
def set_lots(agent: Agent, need_id: UUID, titles: Sequence[str], version: int | None = None) -> Need:
    """Number the lots in the order given; an empty list means no lots. A lot already in a request cannot go."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.WRITE if need.state in rules.WITH_DEPARTMENT else Verb.COMPLETE)
    cleaned = [_text("lot", title, required=True, field="lots") for title in titles]
    if len(cleaned) > rules.MAX_LOTS:
        raise refuse("too_many", f"Un besoin compte {rules.MAX_LOTS} lots au plus.", field="lots")
    existing = list(need.lots.all())
    if [lot.title for lot in existing] == cleaned:
        return need
    _same_version(agent, need, version)
    gone = existing[len(cleaned) :]
    try:
        need.lots.filter(pk__in=[lot.pk for lot in gone]).delete()
    except ProtectedError:
        raise refuse("lot_used", "Un lot déjà présent dans la demande ne peut plus être retiré.", field="lots") from None
    lots = [
        Lot.objects.update_or_create(need=need, number=number, defaults={"title": title})[0]
        for number, title in enumerate(cleaned, start=1)
    ]
    _touch(agent, need)
    need.save()
    _entry(agent, need, "need.lots_set", {"lots": cleaned}, lots, gone)
    return need


@transaction.atomic
def tick_activities(agent: Agent, need_id: UUID, activities: Sequence[Activity]) -> Need:
    """Replace the ticked activities. Labels, and the words that matched, are read again here: a page cannot invent them."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.TICK)
    proposed = {match.activity: match for match in engine.match(queries.words(need)).activities}
    known = labels.labels()
    rows = []
    for activity in dict.fromkeys(activities):
        label = known.get(activity)
        if label is None:
            raise refuse("unknown_activity", f"Le code {activity.code} n'existe pas dans la nomenclature.", field="activities")
        match = proposed.get(activity)
        rows.append(
            NeedActivity(
                need=need,
                nomenclature=activity.nomenclature,
                code=activity.code,
                label=label[:200],
                words=list(match.words) if match else [],
                proposed=match is not None,
            )
        )
    gone = list(need.activities.all())
    need.activities.all().delete()
    NeedActivity.objects.bulk_create(rows)
    said = [{f: getattr(row, f) for f in ("nomenclature", "code", "label", "words", "proposed")} for row in rows]
    codes = ", ".join(row.code for row in rows) or "(aucune)"
    _entry(agent, need, "need.activities_ticked", {"codes": codes, "activities": said}, rows, gone)
    return need


@transaction.atomic
def submit(agent: Agent, need_id: UUID) -> Need:
    """Send the need to the buyers: each question is answered, or « je ne sais pas »."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.SUBMIT)
    if missing := queries.unanswered(need):
        raise refuse("unanswered", "Répondez, ou cochez « Je ne sais pas ».", field=missing[0])
    need.submitted_at = timezone.now()
    need.reason = ""
    return _move(agent, need, Verb.SUBMIT, "need.submitted", {})


@transaction.atomic
def accept(agent: Agent, need_id: UUID) -> Need:
    """Take the need: the agent becomes its buyer."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.ACCEPT)
    need.buyer = agent.user
    return _move(agent, need, Verb.ACCEPT, "need.accepted", {})


@transaction.atomic
def send_back(agent: Agent, need_id: UUID, reason: str) -> Need:
    """Give the need back to its department, with what is to be completed."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.SEND_BACK)
    need.reason = _text("reason", reason, required=True)
    need.buyer = need.buyer or agent.user
    return _move(agent, need, Verb.SEND_BACK, "need.sent_back", {"reason": need.reason})


@transaction.atomic
def close(agent: Agent, need_id: UUID, reason: str) -> Need:
    """End the need before any firm is asked, with its reason."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.CLOSE)
    need.reason = _text("reason", reason, required=True)
    return _move(agent, need, Verb.CLOSE, "need.closed", {"reason": need.reason})


@transaction.atomic
def keep_rule(agent: Agent, need_id: UUID, family: Family | None, kind: str, rule: Mapping[str, Any]) -> Need:
    """Keep the law's advice of the day as it was (strings and integers), with the family and the kind it was given for."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.KEEP_RULE)
    need.family = _value(agent, "family", family)
    need.kind = _value(agent, "kind", kind)
    canonical(rule)
    need.rule = dict(rule)
    _touch(agent, need)
    need.save()
    family_words = f"{family.code} {family.label}" if family else ""
    _entry(agent, need, "need.rule_kept", {"family": family_words, "kind": need.kind, "rule": need.rule})
    return need


@transaction.atomic
def say(agent: Agent, need_id: UUID, text: str, files: Sequence[UploadedFile] = ()) -> NeedMessage:
    """Write a message on the need, with files: they are checked and on disk before anything else is written."""
    need = _load(agent, need_id)
    _check(agent, need, Verb.SAY)
    text = _text("text", text, required=True)
    stored = [store(agent.organisation.pk, upload) for upload in files]
    message = NeedMessage.objects.create(need=need, author=agent.user, text=text, created_at=timezone.now())
    message.files.set(stored)
    attached = [{"file": file.pk, "name": file.name, "sha256": file.sha256, "size": file.size} for file in stored]
    payload = {"name": agent.user.name, "text": text, "files": attached}
    append(agent.organisation.pk, need.pk, "need.said", payload, actor=agent.id, rows=[message])
    return message


def mark_asked(need: Need) -> Need:
    """Firms are asked. For the room above: no entry of its own, the caller puts the returned row in `rows=`."""
    return _mark(need, Verb.MARK_ASKED)


def mark_awarded(need: Need) -> Need:
    """The choice is made. For the room above, as `mark_asked`."""
    return _mark(need, Verb.MARK_AWARDED)


def mark_closed(need: Need, reason: str) -> Need:
    """Ended without a choice. For the room above, as `mark_asked`."""
    return _mark(need, Verb.MARK_CLOSED, reason=_text("reason", reason, required=True))


def _mark(need: Need, verb: Verb, **fields: Any) -> Need:
    locked = Need.objects.select_for_update().get(pk=need.pk)
    locked.state = rules.after(locked.state, verb)
    locked.waiting_since = timezone.now()
    for name, value in fields.items():
        setattr(locked, name, value)
    locked.save()
    return locked


def _load(agent: Agent, need_id: UUID) -> Need:
    return queries.visible(agent).select_for_update().get(pk=need_id)


def _check(agent: Agent, need: Need, verb: Verb) -> None:
    if refusal := rules.refusal(need.state, verb, queries.roles_for(agent, need.department_id)):
        raise Refused(refusal)


def _move(agent: Agent, need: Need, verb: Verb, journal_verb: str, payload: dict[str, Any]) -> Need:
    need.state = rules.after(need.state, verb)
    need.waiting_since = timezone.now()
    _touch(agent, need)
    need.save()
    _entry(agent, need, journal_verb, payload)
    return need


def _entry(
    agent: Agent, need: Need, verb: str, payload: dict[str, Any], rows: Sequence[Model] = (), gone: Sequence[Model] = ()
) -> None:
    said = {"name": agent.user.name, **payload}
    append(need.organisation_id, need.pk, verb, said, actor=agent.id, rows=[need, *rows], gone=gone)


def _touch(agent: Agent, need: Need) -> None:
    need.version += 1
    need.saved_at = timezone.now()
    need.saved_by = agent.user


def _same_version(agent: Agent, need: Need, version: int | None) -> None:
    """Refuse a save made from an older reading. `None`: the caller is a program that has just read the row."""
    if version is None or version == need.version:
        return
    who = need.saved_by.name if need.saved_by and need.saved_by != agent.user else "Votre compte, dans une autre fenêtre,"
    hour = format_hour(need.saved_at or need.created_at)
    raise Conflict(need, f"{who} a modifié cette page à {hour}. Voici ses changements et les vôtres. Rien n'est perdu.")


def _department(agent: Agent, department: Department | None) -> Department:
    writable = list(queries.writable_departments(agent))
    if department is None and len(writable) == 1:
        return writable[0]
    if department is None and writable:
        raise refuse("department", "Vous écrivez pour plusieurs services : choisissez celui de ce besoin.", field="department")
    if department not in writable:
        raise refuse("wrong_role", "Seul un demandeur du service décrit ses besoins.", field="department")
    return department


def _new(agent: Agent, department: Department, **fields: Any) -> Need:
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


def _text(name: str, value: str, *, required: bool = False, field: str | None = None) -> str:
    text = value.replace("\x00", "").replace("\r\n", "\n").strip()
    if required and not text:
        raise refuse("required", "Écrivez quelques mots ici.", field=field or name)
    if too_long := rules.too_long(name, text):
        raise Refused(too_long, field or name)
    return text


def _value(agent: Agent, name: str, value: Any) -> Any:
    """The value of a field of `save`, cleaned; refused beside its field."""
    if name == "family":
        if value is not None and value.organisation_id != agent.organisation.pk:
            raise Family.DoesNotExist
        return value
    if name == "kind":
        if value and value not in Kind.values:
            raise refuse("kind", "Choisissez fournitures, services ou travaux.", field="kind")
        return value
    if name == "unknown":
        return [question for question in rules.QUESTIONS if question in value]
    if name == "estimate_cents":
        if refusal := rules.estimate_refusal(value):
            raise Refused(refusal, "estimate_cents")
        return value
    if name in ("starts_on", "ends_on"):
        return value
    return _text(name, value, required=name == "sentence")


def _check_answers(need: Need) -> None:
    if refusal := rules.dates_refusal(need.starts_on, need.ends_on):
        raise Refused(refusal, "ends_on")


def _drop_answered_unknowns(need: Need) -> None:
    """An answer wins over « je ne sais pas »."""
    open_questions = queries.unanswered(need, unknown=())
    need.unknown = [question for question in need.unknown if question in open_questions]
