"""What a person writes over a row of the settings; and who wrote it while he was writing, as the journal tells."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import Model
from django.utils import timezone

from sourcier.accounts import rules
from sourcier.accounts.agents import Agent
from sourcier.accounts.models import DeliveryPlace, Department, Organisation, User
from sourcier.accounts.rules import Change, Overtaken
from sourcier.journal.models import Entry
from sourcier.journal.queries import entries, moment_of, payload_of
from sourcier.kernel.french import format_lately

VERBS: dict[type[Model], str] = {
    Organisation: "organisation.updated",
    Department: "department.renamed",
    DeliveryPlace: "place.edited",
    User: "user.updated",
}


def to_write(agent: Agent, row: Model, wanted: Mapping[str, Any], shown: Mapping[str, Any] | None) -> list[str]:
    """`rules.to_write`, over a row already locked; `Overtaken` also tells who changed each field, and when."""
    try:
        return rules.to_write({name: getattr(row, name) for name in wanted}, wanted, shown)
    except Overtaken as overtaken:
        raise Overtaken(overtaken.saved, _changes(agent, row, overtaken.saved)) from None


def label(row: Model, name: str) -> str:
    """A field as an entry names it."""
    return str(getattr(row._meta.get_field(name), "verbose_name", name))


def _changes(agent: Agent, row: Model, names: Collection[str]) -> dict[str, Change]:
    """`{field: its last change}`, the newest first; without a field that was changed for another organisation."""
    found: dict[str, Change] = {}
    for entry, payload in _entries_of(agent, row):
        named = payload["changed"].split(", ") if "changed" in payload else None
        news = [name for name in names if name not in found and (named is None or label(row, name) in named)]
        if news:
            found |= dict.fromkeys(news, _change(agent, entry))
        if len(found) == len(names):
            break
    return found


def _entries_of(agent: Agent, row: Model) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """The entries that changed a row, the newest first, with what they say."""
    verb = VERBS[type(row)]
    for entry in entries(agent.organisation.pk).filter(verb=verb).order_by("-index").iterator(chunk_size=50):
        payload = payload_of(entry) or {}
        ids = {payload.get("user"), *(each["id"] for each in payload.get("rows", ()))}
        if row.pk.hex in ids:
            yield entry, payload


def _change(agent: Agent, entry: Entry) -> Change:
    author = User.objects.filter(pk=entry.actor).first()
    own = "votre compte, dans une autre fenêtre,"
    who = own if author == agent.user else author.name if author else "quelqu'un"
    return Change(who, format_lately(moment_of(entry), timezone.now()))
