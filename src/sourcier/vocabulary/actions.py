"""Add, retire, import, promote, dismiss; and hear what was ticked, which only ever suggests."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role, User
from sourcier.journal.actions import append
from sourcier.kernel.activities import Activity
from sourcier.kernel.french import format_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.vocabulary import rules
from sourcier.vocabulary.meaning import meant, unknown
from sourcier.vocabulary.models import CityPhrase, Heard, Suggestion
from sourcier.vocabulary.reading import MAX_PHRASES, PhraseLine
from sourcier.vocabulary.suggested import suggested

MOST = format_number(MAX_PHRASES)


@transaction.atomic
def add(agent: Agent, phrase: str, activity: Activity) -> CityPhrase:
    """Give these words to an activity. Raises `Refused` beside `phrase` or `activity`."""
    organisation = _begin(agent)
    row = _new(agent, phrase, activity, CityPhrase.Origin.TYPED)
    _check_room(organisation, row)
    row.save(force_insert=True)
    _entry(agent, "city_phrase.added", row)
    return row


@transaction.atomic
def retire(agent: Agent, phrase_id: UUID) -> CityPhrase:
    """It counts no more, and stays in the history. Raises `CityPhrase.DoesNotExist` for another city's."""
    _begin(agent)
    row = CityPhrase.objects.select_for_update().get(organisation=agent.organisation, pk=phrase_id)
    if row.retired_at:
        raise refuse("retired", "Cette expression est déjà retirée. Rien n'est changé.")
    row.retired_by, row.retired_at = agent.user, timezone.now()
    row.save(update_fields=["retired_by", "retired_at"])
    _entry(agent, "city_phrase.retired", row)
    return row


@transaction.atomic
def import_phrases(agent: Agent, lines: Sequence[PhraseLine], source: str = "") -> list[CityPhrase]:
    """Add the lines that the city does not have yet, all or none; refused when there are none."""
    organisation = _begin(agent)
    kept = set(_live(organisation).values_list("key", "nomenclature", "code"))
    made: list[CityPhrase] = []
    for line in lines:
        row = _new(agent, line.phrase, line.activity, CityPhrase.Origin.IMPORTED)
        if (same := (row.key, row.nomenclature, row.code)) not in kept:
            kept.add(same)
            made.append(row)
    if not made:
        raise refuse("nothing_new", "Ce fichier n'ajoute rien aux mots de la ville. Rien n'est changé.", "file")
    if len(kept) > MAX_PHRASES:
        raise refuse("too_many", f"Une ville garde {MOST} expressions au plus. Rien n'est importé.", "file")
    CityPhrase.objects.bulk_create(made, batch_size=500)
    facts = {"name": agent.user.name, "added": len(made), "source": source[:160]}
    append(organisation.pk, None, "city_phrases.imported", facts, actor=agent.id, rows=made)
    return made


@transaction.atomic
def promote(agent: Agent, suggestion_id: UUID, phrase: str) -> CityPhrase:
    """Make it a phrase of the city, in its words or in these. Raises `Suggestion.DoesNotExist` for another city's."""
    organisation = _begin(agent)
    suggestion = _waiting(agent, suggestion_id)
    activity = Activity(suggestion.nomenclature, suggestion.code)
    row = _new(agent, phrase, activity, CityPhrase.Origin.SUGGESTED)
    _check_room(organisation, row)
    row.save(force_insert=True)
    _decide(agent, suggestion, Suggestion.State.PROMOTED)
    _entry(agent, "suggestion.promoted", row, suggestion=suggestion.pk)
    return row


@transaction.atomic
def dismiss(agent: Agent, suggestion_id: UUID) -> Suggestion:
    """Say that it is worth nothing: it waits no more, whatever is ticked. `Suggestion.DoesNotExist` for another city's."""
    _begin(agent)
    suggestion = _waiting(agent, suggestion_id)
    _decide(agent, suggestion, Suggestion.State.DISMISSED)
    facts = {
        "name": agent.user.name, "suggestion": suggestion.pk, "phrase": suggestion.phrase, "code": suggestion.code,
        "nomenclature": suggestion.nomenclature,
    }  # fmt: skip
    append(agent.organisation.pk, None, "suggestion.dismissed", facts, actor=agent.id)
    return suggestion


def hear(organisation: Organisation, need_id: UUID, reference: str, sentence: str, uncalled: Collection[Activity]) -> None:
    """Keep as suggestions what is ticked now for a need against its words; what it no longer suggests leaves.

    For the room above, in the transaction of its tick and under the lock of its need. It changes nothing of any match.
    """
    people = User.objects.filter(memberships__organisation=organisation).values_list("name", flat=True) if uncalled else ()
    phrase = suggested(sentence, people) if uncalled else ""
    kept = []
    # The matching proposes no others. In one order: two needs that suggest the same at once must not wait for each other.
    for activity in sorted(filter(meant, uncalled)) if phrase else ():
        same = {"organisation": organisation, "key": rules.key(phrase)}
        same |= {"nomenclature": activity.nomenclature, "code": activity.code}
        suggestion, _ = Suggestion.objects.get_or_create(**same, defaults={"phrase": phrase})
        Heard.objects.get_or_create(
            suggestion=suggestion, need_id=need_id, defaults={"reference": reference, "at": timezone.now()}
        )
        kept.append(suggestion.pk)
    Heard.objects.filter(suggestion__organisation=organisation, need_id=need_id).exclude(suggestion__in=kept).delete()


def check_activity(activity: Activity) -> None:
    """Refuse beside `activity` a code that does not exist, with those near it, or that corresponds to nothing."""
    if not meant(activity):
        raise refuse("unknown_activity", unknown(activity), "activity")


def _begin(agent: Agent) -> Organisation:
    """The city, locked: two people never add the same words."""
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats change les mots de la ville.")
    return Organisation.objects.select_for_update().get(pk=agent.organisation.pk)


def _live(organisation: Organisation) -> QuerySet[CityPhrase]:
    return CityPhrase.objects.filter(organisation=organisation, retired_at=None)


def _new(agent: Agent, phrase: str, activity: Activity, origin: CityPhrase.Origin) -> CityPhrase:
    """A phrase not saved yet."""
    phrase = rules.clean(phrase)
    if wrong := rules.refusal(phrase):
        raise Refused(wrong, "phrase")
    check_activity(activity)
    return CityPhrase(
        organisation=agent.organisation, phrase=phrase, key=rules.key(phrase), nomenclature=activity.nomenclature,
        code=activity.code, origin=origin, added_by=agent.user, added_at=timezone.now(),
    )  # fmt: skip


def _check_room(organisation: Organisation, row: CityPhrase) -> None:
    live = _live(organisation)
    if same := live.filter(key=row.key, nomenclature=row.nomenclature, code=row.code).first():
        raise refuse("known", f"La ville a déjà « {same.phrase} » pour cette activité. Rien n'est changé.", "phrase")
    if live.count() >= MAX_PHRASES:
        raise refuse("too_many", f"Une ville garde {MOST} expressions au plus : retirez-en d'abord.", "phrase")


def _waiting(agent: Agent, suggestion_id: UUID) -> Suggestion:
    suggestion = Suggestion.objects.select_for_update().get(organisation=agent.organisation, pk=suggestion_id)
    if suggestion.state != Suggestion.State.WAITING:
        who = suggestion.decided_by.name if suggestion.decided_by else "Quelqu'un"
        done = "ajoutée aux mots de la ville" if suggestion.state == Suggestion.State.PROMOTED else "écartée"
        raise refuse("decided", f"{who} a déjà décidé : cette expression est {done}. Rien n'est changé.")
    return suggestion


def _decide(agent: Agent, suggestion: Suggestion, state: Suggestion.State) -> None:
    suggestion.state, suggestion.decided_by, suggestion.decided_at = state, agent.user, timezone.now()
    suggestion.save(update_fields=["state", "decided_by", "decided_at"])


def _entry(agent: Agent, verb: str, row: CityPhrase, **more: object) -> None:
    facts = {
        "name": agent.user.name, "phrase": row.phrase, "nomenclature": row.nomenclature, "code": row.code, "id": row.pk, **more,
    }  # fmt: skip
    append(agent.organisation.pk, None, verb, facts, actor=agent.id, rows=[row])
