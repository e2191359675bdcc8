"""The lane of one need: kept when it is sent, led by its author when the city allows it, handed over to a buyer."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.accounts.queries import still_holds
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.needs import lanes, queries, rules
from sourcier.needs.actions.common import check, clean_text, load
from sourcier.needs.lanes import BY_AUTHOR, LaneChoice
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb


def keep_lane(need: Need) -> LaneChoice:
    """The lane as it is today, kept on the need with its reason. The caller saves the row and writes the entry."""
    lane = queries.lane_today(need)
    if lane.lane in BY_AUTHOR and not Need.objects.filter(still_holds(Role.REQUESTER, person="author"), pk=need.pk).exists():
        lane = lanes.led("qui a décrit ce besoin n'est pas demandeur de ce service.")
    _keep(need, lane)
    return lane


def _keep(need: Need, lane: LaneChoice) -> None:
    kept = {
        "sentence": lane.sentence, "rule": lane.rule and lane.rule.hex, "declaration": lane.declaration.value,
        "opener": lane.opener.value, "up_to_cents": lane.up_to_cents,
    }  # fmt: skip
    need.lane, need.lane_choice = lane.lane.value, {key: value for key, value in kept.items() if value is not None}


def take_lead(need: Need) -> Need:
    """A need just sent on a lane of the department is accepted at once, its author leading it; with its own entry."""
    need.state = rules.after(need.state, Verb.ACCEPT)
    need.buyer = need.author
    need.save()
    return _tell(need, "need.led_by_author", {"name": need.author.name, "lane": need.lane, "sentence": _sentence(need)})


@transaction.atomic
def hand_over(agent: Agent, need_id: UUID, reason: str) -> Need:
    """Give a purchase of the department to the buyers, or take it, with the reason; a buyer leads from then on.

    The reason is the agent's own words: it is kept apart from the lane's sentence, which goes out to third parties.
    """
    need = load(agent, need_id)
    check(agent, need, Verb.HAND_OVER)
    if need.lane not in BY_AUTHOR:
        raise refuse("led", "Un acheteur conduit déjà cet achat.")
    need.reason = clean_text("reason", reason, required=True)
    why = "le service lui a confié cet achat." if queries.leads(agent, need) else "il l'a pris en main."
    outgrown = queries.outgrown(need)
    return _hand_over(need, outgrown if outgrown and outgrown.lane not in BY_AUTHOR else lanes.led(why), agent)


def follow_lane(need: Need) -> Need:
    """After a change of what its lane was read from: a purchase that has outgrown it goes to the buyers, with its entry."""
    outgrown = queries.outgrown(need)
    if outgrown is None:
        return need
    if outgrown.lane not in BY_AUTHOR:
        return _hand_over(need, outgrown)
    _keep(need, outgrown)
    need.save()
    return _tell(need, "need.lane_raised", {"lane": need.lane, "sentence": outgrown.sentence})


def _hand_over(need: Need, lane: LaneChoice, agent: Agent | None = None) -> Need:
    buyer = agent is not None and not queries.leads(agent, need)
    _keep(need, lane)
    need.buyer = agent.user if agent and buyer else None
    if not buyer:
        need.state = rules.after(need.state, Verb.HAND_OVER)
        need.waiting_since = timezone.now()
    need.version += 1
    need.save()
    said = {"sentence": lane.sentence} | ({"by": agent.user.name, "reason": need.reason} if agent else {})
    return _tell(need, "need.handed_over", said, agent)


def _tell(need: Need, verb: str, said: dict[str, str], agent: Agent | None = None) -> Need:
    append(need.organisation_id, need.pk, verb, said, actor=agent.id if agent else None, rows=[need])
    return need


def _sentence(need: Need) -> str:
    return str(need.lane_choice["sentence"])
