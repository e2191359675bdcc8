"""Where needs stand, for their author: on their page, at home, and what there is to tell him by e-mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.french import PARIS
from sourcier.needs import registry, standing_rules
from sourcier.needs.lanes import BY_AUTHOR
from sourcier.needs.models import Need
from sourcier.needs.queries.leading import buyer_holds
from sourcier.needs.queries.reading import visible
from sourcier.needs.standing_rules import Asking, Stage, Standing

# What ended is still shown to its author, and told if it was not, for this long.
STILL_NEWS = timedelta(days=30)
ENDED = (Need.State.AWARDED, Need.State.CLOSED)


def standing(need: Need) -> Standing:
    """Of one need."""
    return standings([need])[need.pk]


def standings(needs: Iterable[Need]) -> dict[UUID, Standing]:
    """Of several, in two queries. Each need comes with its author and its buyer."""
    found = list(needs)
    return _standings(found, registry.askings([need.pk for need in found]))


def _standings(needs: list[Need], askings: dict[UUID, Asking]) -> dict[UUID, Standing]:
    held = Need.objects.annotate(holds=buyer_holds()).filter(holds=True, pk__in=[need.pk for need in needs])
    with_buyer = set(held.values_list("pk", flat=True)) if any(need.buyer_id for need in needs) else set()
    today = timezone.now().astimezone(PARIS).date()
    return {
        need.pk: standing_rules.standing(
            standing_rules.Facts(
                state=need.state,
                author=need.author.name,
                buyer=need.buyer.name if need.buyer and need.pk in with_buyer else "",
                waiting_since=need.waiting_since,
                starts_on=need.starts_on,
                today=today,
                asking=askings.get(need.pk),
                led=need.pk in with_buyer and need.lane in BY_AUTHOR and need.buyer_id == need.author_id,
                direct=need.direct,
            )
        )
        for need in needs
    }


def _of_author(agent: Agent, now: datetime) -> QuerySet[Need]:
    """The needs that this person described and sent, but those that ended long ago, and what he bought himself."""
    own = visible(agent).filter(author=agent.user, direct=False).exclude(state=Need.State.DRAFT)
    recent = own.filter(~Q(state__in=ENDED) | Q(waiting_since__gte=now - STILL_NEWS))
    return recent.select_related("author", "buyer", "department").order_by("-waiting_since", "-reference")


def in_progress(agent: Agent, now: datetime) -> list[tuple[Need, Standing]]:
    """What this person asked for and that goes on, or was just chosen, the latest move first."""
    found = list(_of_author(agent, now).exclude(state=Need.State.CLOSED))
    told = standings(found)
    return [(need, told[need.pk]) for need in found]


@dataclass(frozen=True, slots=True)
class Step:
    """What happened last to a need, and when; `until` is the deadline that goes with it."""

    what: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A step of a need that its author is told of, with who has it now and what comes next."""

    need: Need
    step: Step
    standing: Standing

    @property
    def key(self) -> str:
        """The same as long as it is the same step with the same deadline."""
        return f"{self.need.pk.hex} {self.step.what} {self.step.since.isoformat()} {self.step.until}"


def moved(agent: Agent, now: datetime) -> list[Move]:
    """The last step of each need of this author; he may know it already. What he completes, or leads, awaits him otherwise."""
    to_tell = _of_author(agent, now).exclude(state=Need.State.RETURNED).exclude(lane__in=BY_AUTHOR, buyer=agent.user)
    found = list(to_tell)
    askings = registry.askings([need.pk for need in found])
    told = _standings(found, askings)
    steps = {need.pk: _step(need, askings.get(need.pk)) for need in found}
    return [Move(need, step, told[need.pk]) for need in found if (step := steps[need.pk])]


WHAT = {
    Need.State.SUBMITTED: "Votre besoin est envoyé",
    Need.State.ACCEPTED: "Votre besoin est accepté",
    Need.State.AWARDED: "Le choix est fait",
    Need.State.CLOSED: "Votre besoin est clos",
}


def _step(need: Need, asking: Asking | None) -> Step | None:
    """None for what makes no difference to the department: a new draft, the opening of the answers."""
    if asking and standing_rules.is_idle(need.state, asking):
        return Step("La demande aux entreprises s'est arrêtée", asking.since)
    if need.state != Need.State.ASKED:
        return Step(WHAT[Need.State(need.state)], need.waiting_since)
    if asking and asking.stage is Stage.ASKED:
        return Step("Les entreprises sont interrogées", asking.since, asking.deadline)
    if asking and asking.stage is Stage.PAST:
        return Step("La date limite des réponses est passée", asking.since)
    return None
