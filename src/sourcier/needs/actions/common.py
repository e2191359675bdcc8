"""What every verb of a need begins and ends with: load and lock, ask the rules, clean what was typed, one entry."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.french import format_lately
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import queries, rules
from sourcier.needs.models import Kind, Need
from sourcier.needs.refining.answers import merged
from sourcier.needs.rules import Conflict, Verb
from sourcier.spend.models import Family, Unit

BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a sign that are drawn empty: fillers of hangul, the braille cell without a dot."""


def load(agent: Agent, need_id: UUID) -> Need:
    """The need, locked, if this agent may read it. Raises `Need.DoesNotExist`."""
    return queries.visible(agent).select_for_update().get(pk=need_id)


def check(agent: Agent, need: Need, verb: Verb) -> None:
    """Raise `Refused` unless this agent may do `verb` now."""
    if refusal := queries.refusal(agent, need, verb):
        raise Refused(refusal)


def entry(
    agent: Agent, need: Need, verb: str, payload: dict[str, Any], rows: Sequence[Model] = (), gone: Sequence[Model] = ()
) -> None:
    """The entry of an act, with the name of who acted and the need itself among the rows."""
    said = {"name": agent.user.name, **payload}
    append(need.organisation_id, need.pk, verb, said, actor=agent.id, rows=[need, *rows], gone=gone)


def touch(agent: Agent, need: Need) -> None:
    """A new version, by this agent; the caller saves the row."""
    need.version += 1
    need.saved_at = timezone.now()
    need.saved_by = agent.user


def check_unit(need: Need) -> None:
    """Refuse works in a functional unit, which adds up supplies and services only (R.2121-6)."""
    if need.unit and need.unit.nature == Unit.Nature.FUNCTIONAL and need.kind == Kind.WORKS:
        raise refuse("unit", "Une unité fonctionnelle ne réunit pas des travaux. Choisissez une opération de travaux.", "unit")


def same_version(agent: Agent, need: Need, version: int | None) -> None:
    """Refuse a save made from an older reading. `None`: the caller is a program that has just read the row."""
    if version is None or version == need.version:
        return
    who = need.saved_by.name if need.saved_by and need.saved_by != agent.user else "Votre compte, dans une autre fenêtre,"
    when = format_lately(need.saved_at or need.created_at, timezone.now())
    raise Conflict(need, f"{who} a modifié cette page {when}. Voici ses changements et les vôtres. Rien n'est perdu.")


def _visible(character: str) -> bool:
    """A letter, a number or a sign: neither a space, an order to the page nor an accent alone."""
    return unicodedata.category(character)[0] in "LNPS" and character not in BLANK


def clean_text(name: str, value: str, *, required: bool = False, field: str | None = None) -> str:
    """A text as typed, trimmed. Refused beside its field when too long, or `required` and nothing can be seen of it."""
    text = value.replace("\x00", "").replace("\r\n", "\n").strip()
    if required and not text:
        raise refuse("required", "Écrivez quelques mots ici.", field=field or name)
    if required and not any(map(_visible, text)):
        raise refuse("invisible", "Ce texte n'a aucun caractère visible. Écrivez quelques mots ici.", field=field or name)
    if too_long := rules.too_long(name, text):
        raise Refused(too_long, field or name)
    return text


def clean_details(need: Need, typed: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """The answers to the questions of its family, once these are added; refused beside its field when one is too long."""
    cleaned = {
        question: None if answer is None else clean_text("detail", answer, field=f"detail_{question}")
        for question, answer in typed.items()
    }
    try:
        return merged(need.details, cleaned)
    except KeyError:
        raise refuse("unknown_question", "Cette question n'est pas dans la liste.", field="details") from None


def clean_value(agent: Agent, name: str, value: Any) -> Any:
    """The value of a field of `save`, cleaned; refused beside its field."""
    if name == "family":
        if value is not None and value.organisation_id != agent.organisation.pk:
            raise Family.DoesNotExist
        return value
    if name == "unit":
        if value is not None and value.organisation_id != agent.organisation.pk:
            raise Unit.DoesNotExist
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
    if name in ("starts_on", "ends_on", *rules.LENGTH_FIELDS):
        return value
    return clean_text(name, value, required=name == "sentence")
