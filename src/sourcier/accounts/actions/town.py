"""The buyer itself: its name, its look, how to reach it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model

from sourcier.accounts.agents import Agent
from sourcier.accounts.changes import label, to_write
from sourcier.accounts.models import Organisation
from sourcier.accounts.rules import check_colour, direct_problem, insist, may_govern, tiles_problem
from sourcier.journal.actions import append, open_log
from sourcier.kernel.transitions import Refused

# What the head of purchasing may change; the rest (SIRET, address, territory) is set when the organisation is opened.
IDENTITY = (
    "name", "phone", "phone_hours", "email", "dpo_email", "counter", "colour", "logo_file_id", "archives_identifier",
    "archives_agreement", "archives_producer", "asks_a_year", "idea_days", "direct_below_cents", "rotation_percent",
    "tiles_address", "tiles_attribution",
)  # fmt: skip


@transaction.atomic
def create_organisation(**fields: Any) -> Organisation:
    """Create the buyer and its journal. `fields` are those of `Organisation`."""
    organisation = Organisation.objects.create(**fields)
    open_log(organisation.pk, f"sourcier/{organisation.slug}")
    append(
        organisation.pk,
        None,
        "organisation.created",
        {"name": organisation.name, "siret": organisation.siret},
        rows=[organisation],
    )
    return organisation


@transaction.atomic
def update_organisation(
    agent: Agent, *, logo: Model | None = None, shown: Mapping[str, Any] | None = None, **fields: Any
) -> Organisation:
    """Change some of `IDENTITY`. A colour on which white words cannot be read is refused.

    `logo`: the stored file of `logo_file_id`, which the entry vouches for. `shown`: the values that the page had, so that only
    what the person changed is written (see `changes.to_write`).
    """
    insist(may_govern(agent.roles, "identity"))
    organisation = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    if unknown := set(fields) - set(IDENTITY):
        raise TypeError(f"not part of the identity: {sorted(unknown)}")
    if "colour" in fields:
        fields["colour"] = check_colour(fields["colour"])
    if refusal := direct_problem(fields.get("direct_below_cents", 0)):
        raise Refused(refusal, "direct_below_cents")
    tiles = {name: fields.get(name, getattr(organisation, name)) for name in ("tiles_address", "tiles_attribution")}
    if refusal := tiles_problem(*tiles.values()):
        raise Refused(refusal, refusal.code)
    changed = to_write(agent, organisation, fields, shown)
    for name in changed:
        setattr(organisation, name, fields[name])
    organisation.save(update_fields=changed)
    append(
        organisation.pk,
        None,
        "organisation.updated",
        {
            "changed": ", ".join(label(organisation, name) for name in changed),
            "values": {name: fields[name] for name in changed},
        },
        actor=agent.id,
        rows=[organisation, logo] if logo else [organisation],
    )
    return organisation
