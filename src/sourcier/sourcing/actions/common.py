"""What every action of the city begins and ends with: load and lock, ask the rules, one entry."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel.french import format_lately
from sourcier.kernel.transitions import Refusal, Refused, refuse
from sourcier.needs.rules import Conflict
from sourcier.sourcing import carrying, queries
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rules import Verb


def load(agent: Agent, sourcing_id: UUID, verb: Verb) -> Sourcing:
    """The sourcing, locked, if this agent may do `verb` to it now. Raises `DoesNotExist`, `PermissionDenied` or `Refused`."""
    visible = queries.visible(agent).select_for_update(of=("self",))
    # No join on a column that a save changes (`saved_by`): after waiting for the lock, PostgreSQL would find no such row.
    sourcing = visible.select_related("organisation", "need").get(pk=sourcing_id)
    check(agent, sourcing, verb)
    return sourcing


def check(agent: Agent, sourcing: Sourcing, verb: Verb) -> None:
    """Raise unless this agent may do `verb` now."""
    obey(carrying.refusal(agent, sourcing, verb))


def obey(refusal: Refusal | None) -> None:
    """Raise for a refusal: `PermissionDenied` to who has no right, else `Refused`."""
    if refusal and refusal.code == "forbidden":
        raise PermissionDenied(refusal.sentence)
    if refusal:
        raise Refused(refusal)


def to_compose(agent: Agent, sourcing_id: UUID) -> Sourcing:
    """The sourcing, not locked, if this agent may compose its panel now and has declared his interests before it."""
    sourcing = queries.get(agent, sourcing_id)
    obey(carrying.composing(agent, sourcing))
    return sourcing


def same_version(agent: Agent, sourcing: Sourcing, version: int) -> None:
    """Refuse a save made from an older reading, with the row as it is now."""
    if version != sourcing.version:
        own = "Votre compte, dans une autre fenêtre,"
        who = own if sourcing.saved_by_id == agent.id else sourcing.saved_by.name
        when = format_lately(sourcing.saved_at, timezone.now())
        raise Conflict(sourcing, f"{who} a modifié cette page {when}. Voici ses changements et les vôtres. Rien n'est perdu.")


def touch(agent: Agent, sourcing: Sourcing) -> None:
    """Save the sourcing under a new version."""
    sourcing.version += 1
    sourcing.saved_at = timezone.now()
    sourcing.saved_by = agent.user
    sourcing.save()


def entry(
    agent: Agent,
    sourcing: Sourcing,
    verb: str,
    payload: Mapping[str, Any] | None = None,
    rows: Iterable[Model] = (),
    gone: Iterable[Model] = (),
) -> Entry:
    """The entry of an act of the city, with the name of who acted and the sourcing itself among the rows."""
    body = {"name": agent.user.name, "sourcing": sourcing.pk, **(payload or {})}
    return append(sourcing.organisation_id, sourcing.need_id, verb, body, actor=agent.id, rows=[sourcing, *rows], gone=gone)


def words(text: str, limit: int, field: str, required: str = "") -> str:
    """A text as typed, trimmed. Refused beside its field when too long, or empty and `required` (the sentence to say)."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if required and not text:
        raise refuse("required", required, field)
    if len(text) > limit:
        raise refuse(
            "too_long", f"{len(text)} caractères, et la limite est de {limit}. Rien n'est perdu : raccourcissez.",
            field,
        )  # fmt: skip
    return text
