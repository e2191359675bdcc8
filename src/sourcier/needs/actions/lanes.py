"""The lanes of a city: set, proposed to begin with, ended. Each changes the needs that are sent afterwards, no other."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.needs import rules
from sourcier.needs.lanes import BY_AUTHOR, Declaration, Lane, Opener
from sourcier.needs.models import Kind, LaneRule
from sourcier.needs.queries import lane_words
from sourcier.spend.models import Family

# What a city that has set nothing may begin with: small purchases at once, the next ones seen by a buyer.
PROPOSED = (
    (Lane.ALONE, 4_000_00, Opener.AUTHOR),
    (Lane.GLANCE, 15_000_00, Opener.BUYER),
)


@transaction.atomic
def add_lane(
    agent: Agent, *, lane: str, up_to_cents: int | None, family: Family | None = None, kind: str = "",
    declaration: str = Declaration.TICK, opener: str = Opener.BUYER,
) -> LaneRule:  # fmt: skip
    """Below this amount before tax, who carries the purchases of a family, else of a kind, else all."""
    _check(agent)
    if lane not in set(Lane) or declaration not in set(Declaration) or opener not in set(Opener):
        raise refuse("choice", "Choisissez dans la liste.", "lane")
    if family is not None and family.organisation_id != agent.organisation.pk:
        raise Family.DoesNotExist
    if kind and (kind not in Kind.values or kind == Kind.WORKS):
        raise refuse("kind", "Choisissez fournitures ou services : un acheteur conduit toujours les travaux.", "kind")
    if (family.kind if family else "") == Kind.WORKS:
        raise refuse("kind", "Un acheteur conduit toujours les travaux.", "family")
    if up_to_cents is None and Lane(lane) in BY_AUTHOR:
        raise refuse("amount", "Écrivez un montant hors taxes, par exemple 4 000.", "up_to_cents")
    if up_to_cents is not None and not 0 < up_to_cents <= rules.MAX_CENTS:
        raise refuse("amount", "Écrivez un montant plus grand que zéro, par exemple 4 000.", "up_to_cents")
    return _add(agent, Lane(lane), up_to_cents, family, kind, declaration, opener)


@transaction.atomic
def propose_lanes(agent: Agent) -> list[LaneRule]:
    """The lanes to begin with, when none is set."""
    _check(agent)
    Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    if LaneRule.objects.filter(organisation=agent.organisation, ended_at=None).exists():
        raise refuse("known", "Des voies sont déjà réglées : rien n'est changé.")
    return [_add(agent, lane, cents, None, "", Declaration.TICK, opener) for lane, cents, opener in PROPOSED]


@transaction.atomic
def end_lane(agent: Agent, rule_id: UUID) -> LaneRule:
    """It holds for no need sent from now on, and stays in the history. Raises `LaneRule.DoesNotExist` for another city's."""
    _check(agent)
    rule = LaneRule.objects.select_for_update(of=("self",)).get(organisation=agent.organisation, pk=rule_id)
    if rule.ended_at is not None:
        raise refuse("ended", "Cette voie est déjà arrêtée. Rien n'est changé.")
    rule.ended_at = timezone.now()
    rule.save(update_fields=["ended_at"])
    _entry(agent, "lane_rule.ended", rule)
    return rule


def _add(
    agent: Agent, lane: Lane, up_to_cents: int | None, family: Family | None, kind: str, declaration: str, opener: str
) -> LaneRule:
    kind = "" if family else kind
    Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    alike = LaneRule.objects.filter(organisation=agent.organisation, ended_at=None, family=family, kind=kind)
    if alike.filter(up_to_cents=up_to_cents).exists():
        raise refuse("known", "Une voie est déjà réglée pour ces achats et ce montant : arrêtez-la d'abord.", "up_to_cents")
    if lane is Lane.LED:
        declaration, opener = Declaration.FORM, Opener.BUYER
    rule = LaneRule.objects.create(
        organisation=agent.organisation, family=family, kind=kind, up_to_cents=up_to_cents, lane=lane,
        declaration=declaration, opener=opener, added_by=agent.user, added_at=timezone.now(),
    )  # fmt: skip
    _entry(agent, "lane_rule.added", rule)
    return rule


def _check(agent: Agent) -> None:
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats règle les voies.")


def _entry(agent: Agent, verb: str, rule: LaneRule) -> None:
    facts = {
        "name": agent.user.name, "rule": rule.pk, "words": lane_words(rule), "lane": rule.lane, "family": rule.family_id,
        "kind": rule.kind, "up_to_cents": rule.up_to_cents, "declaration": rule.declaration, "opener": rule.opener,
    }  # fmt: skip
    append(agent.organisation.pk, None, verb, {key: value for key, value in facts.items() if value is not None},
           actor=agent.id, rows=[rule])  # fmt: skip
