"""What needs expect of a person: to finish or complete one, to read it, to begin or take up the search, to answer a message."""

from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.accounts.queries import in_scope, still_holds
from sourcier.needs import registry, standing_rules
from sourcier.needs.models import Lane, Need, NeedMessage
from sourcier.needs.queries.leading import buyer_holds, led_by
from sourcier.needs.queries.reading import visible
from sourcier.needs.rules import Side
from sourcier.needs.standing_rules import Asking

WITH_AUTHOR = (Need.State.DRAFT, Need.State.RETURNED)
WITH_BUYER = (Need.State.ACCEPTED, Need.State.ASKED)


def awaiting(agent: Agent) -> list[Awaiting]:
    """Each for the departments where this person may do it. What someone left goes to his colleagues of the same role."""
    if not agent.has(Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER):
        return []
    return sorted([*_needs(agent), *_messages(agent)], key=lambda line: line.since)


def _needs(agent: Agent) -> Iterator[Awaiting]:
    writes, buys, heads = (in_scope(agent, role) for role in (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER))
    own, left = Q(author=agent.user), Q(author_holds=False)
    held = Q(buyer=agent.user) | Q(buyer_holds=False)
    wanted = Q(state__in=WITH_AUTHOR) & writes & (own | left)
    wanted |= Q(state=Need.State.SUBMITTED) & buys & held | Q(state=Need.State.SUBMITTED) & heads
    wanted |= Q(state__in=WITH_BUYER) & (
        buys & Q(buyer=agent.user) | led_by(agent) | heads & (Q(lane=Lane.LED) | Q(buyer_holds=False))
    )
    found = visible(agent).annotate(
        author_holds=still_holds(Role.REQUESTER, person="author"),
        buyer_holds=buyer_holds(),
        ticked=Count("activities"),
    )
    needs = list(found.filter(wanted).select_related("department"))
    askings = registry.askings([need.pk for need in needs if need.state in WITH_BUYER])
    for need in needs:
        asking = askings.get(need.pk)
        if asking is None or not asking.live:
            yield _line(need, asking)


def _line(need: Need, asking: Asking | None) -> Awaiting:
    """The words of one line, and the page where the next step is."""
    since = need.waiting_since
    if standing_rules.is_idle(need.state, asking):
        words, button, view = "À reprendre ou à clore", "Décider", "need"
        since = max(since, asking.since) if asking else since
    else:
        words, button, view = {
            Need.State.DRAFT: ("À finir", "Continuer", "need_edit"),
            Need.State.RETURNED: ("À compléter", "Compléter", "need"),
            Need.State.SUBMITTED: ("Besoin reçu", "Lire ce besoin", "need"),
            Need.State.ACCEPTED: ("À préparer", "Continuer", "activities"),
        }[Need.State(need.state)]
        if need.state == Need.State.ACCEPTED and need.ticked:  # type: ignore[attr-defined]
            button, view = "Voir la règle du jour", "rule"
    return Awaiting(since, f"{words} : {_name(need)}", button, reverse(view, args=[need.pk]), need.department.name)


def _name(need: Need) -> str:
    return need.title or need.sentence


def _last_messages() -> QuerySet[NeedMessage]:
    """The last message of each need, unless it was said that it needs no answer."""
    later = NeedMessage.objects.filter(need=OuterRef("need"), created_at__gt=OuterRef("created_at"))
    return NeedMessage.objects.filter(~Exists(later), settled_at=None)


def waiting_message(need: Need, side: Side) -> NeedMessage | None:
    """The last message of the need when it waits for this side."""
    return _last_messages().filter(need=need).exclude(side=side).first()


def _messages(agent: Agent) -> Iterator[Awaiting]:
    """The other side's last words, for the author and for the buyer; for their colleagues when they have left."""
    writes, buys = (
        in_scope(agent, *roles, department="need__department") for roles in ((Role.REQUESTER,), (Role.BUYER, Role.HEAD_BUYER))
    )
    to_department = Q(side=Side.PURCHASING) & writes & (Q(need__author=agent.user) | Q(author_holds=False))
    to_purchasing = Q(side=Side.DEPARTMENT) & buys & (Q(need__buyer=agent.user) | Q(buyer_holds=False))
    found = _last_messages().filter(need__in=visible(agent)).exclude(author=agent.user)
    where = {"organisation": "need__organisation", "department": "need__department"}
    found = found.annotate(
        author_holds=still_holds(Role.REQUESTER, person="need__author", **where),
        buyer_holds=buyer_holds("need__", "need__buyer"),
    )
    for message in found.filter(to_department | to_purchasing).select_related("author", "need__department"):
        url = reverse("need", args=[message.need_id]) + "#messages"
        sentence = f"Message de {message.author.name} : {_name(message.need)}"
        yield Awaiting(message.created_at, sentence, "Lire et répondre", url, message.need.department.name)
