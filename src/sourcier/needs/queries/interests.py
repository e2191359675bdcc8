"""Who abstains from an operation, who has still to declare his interests, and who may take the place of whom."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Membership, Role, User
from sourcier.accounts.queries import in_scope, still_holds
from sourcier.kernel.transitions import Refusal
from sourcier.needs.interest_rules import ASKING, COUNTED, FIRMS, PANEL
from sourcier.needs.models import InterestDeclaration, Need, StandIn
from sourcier.needs.queries.apart import set_apart
from sourcier.needs.queries.lanes import lane_of
from sourcier.needs.queries.reading import visible

ACTING = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER)
DECLARES = (Need.State.ACCEPTED, Need.State.ASKED)


def way_of(need: Need) -> str:
    """« tick » or « form », by the lane."""
    return lane_of(need).declaration.value


def has_declared(need: Need, user_id: UUID, step: str) -> bool:
    return InterestDeclaration.objects.filter(need=need, user=user_id, step__in=COUNTED[step]).exists()


def undeclared(agent: Agent, need: Need, step: str) -> Refusal | None:
    """Why this person may not act yet: he has declared nothing that counts before this step."""
    if has_declared(need, agent.id, step):
        return None
    page = "des entreprises" if step == PANEL else "du besoin"
    return Refusal(
        "undeclared",
        f"Dites d'abord si vous avez un intérêt dans {FIRMS[step]}, sur la page {page}. Rien n'est parti, rien n'est perdu.",
    )


def next_step(need: Need) -> str:
    """What one declares for from the page of a need: the firms to look for, then, once they are, the firms asked."""
    return PANEL if need.state == Need.State.ACCEPTED else ASKING


def silent(need: Need, people: Iterable[UUID]) -> list[User]:
    """Of these, those still in office who have declared nothing of the firms asked, by name."""
    people = set(people) - set_apart(need)
    spoken = InterestDeclaration.objects.filter(need=need, user__in=people, step__in=COUNTED[ASKING]).values("user")
    found = in_office(need).filter(pk__in=people).exclude(pk__in=spoken)
    return list(found.order_by("name", "pk"))


def in_office(need: Need, *roles: Role) -> QuerySet[User]:
    """The people of the city who hold one of these roles (any that acts) for the department of the need."""
    held = Membership.objects.filter(
        Q(department=None) | Q(department=need.department_id), organisation=need.organisation_id, active=True,
        role__in=roles or ACTING,
    )  # fmt: skip
    return User.objects.filter(pk__in=held.values("user"), is_active=True)


def stand_ins_for(need: Need, absent_id: UUID) -> QuerySet[User]:
    """Who may take his place: the others of his roles, but those who abstain."""
    held = Membership.objects.filter(
        Q(department=None) | Q(department=need.department_id), organisation=need.organisation_id, user=absent_id,
        role__in=ACTING,
    ).values_list("role", flat=True)  # fmt: skip
    buys = {Role.BUYER, Role.HEAD_BUYER}
    roles = {Role(role) for role in held}
    if need.buyer_id == absent_id:  # the lead, also of an author who leads by his lane, goes to a buyer
        roles = buys
    elif buys & roles:
        roles |= buys
    left_out = {absent_id, *set_apart(need)}
    return in_office(need, *roles).exclude(pk__in=left_out).order_by("name", "pk")


def must_declare(agent: Agent, need: Need) -> bool:
    """This person acts in the operation and has declared nothing yet."""
    if need.state not in DECLARES or agent.id in set_apart(need) or has_declared(need, agent.id, next_step(need)):
        return False
    return in_office(need).filter(pk=agent.id).exists()


def interests_of(need: Need) -> QuerySet[InterestDeclaration]:
    """All that was declared, in order; for the head buyer and the auditor."""
    return need.interests.select_related("user").order_by("declared_at", "pk")


def to_route(need: Need) -> list[User]:
    """Those who declared an interest and whom nobody replaces yet."""
    declared = InterestDeclaration.objects.filter(need=need, interest=True).values("user")
    replaced = need.stand_ins.values("absent")
    return list(User.objects.filter(pk__in=declared).exclude(pk__in=replaced).order_by("name", "pk"))


def awaiting_interests(agent: Agent) -> list[Awaiting]:
    """To the author, the buyer and who stands in: one tick, once firms are asked. To the head buyer: who takes a place."""
    return [*_to_declare(agent), *_to_route(agent)]


def _to_declare(agent: Agent) -> list[Awaiting]:
    spoken = InterestDeclaration.objects.filter(need=OuterRef("pk"), user=agent.user, step__in=COUNTED[ASKING])
    placed = StandIn.objects.filter(need=OuterRef("pk"))
    asked = visible(agent).filter(state=Need.State.ASKED).annotate(author_holds=still_holds(Role.REQUESTER, person="author"))
    own = Q(author=agent.user, author_holds=True) | Q(buyer=agent.user) | Exists(placed.filter(user=agent.user))
    found = asked.filter(own).exclude(Exists(spoken)).exclude(Exists(placed.filter(absent=agent.user)))
    return [
        _line(need, need.waiting_since, f"Vos intérêts à déclarer : {_name(need)}", "Déclarer")
        for need in found.select_related("department")
    ]


def _to_route(agent: Agent) -> list[Awaiting]:
    replaced = StandIn.objects.filter(need=OuterRef("need"), absent=OuterRef("user"))
    heads = in_scope(agent, Role.HEAD_BUYER, department="need__department")
    live = ~Q(need__state__in=(Need.State.AWARDED, Need.State.CLOSED))
    found = InterestDeclaration.objects.filter(heads & live, interest=True, need__organisation=agent.organisation)
    found = found.exclude(Exists(replaced)).exclude(user=agent.user).select_related("user", "need__department")
    lines = {(each.need_id, each.user_id): each for each in found.order_by("-declared_at", "pk")}
    return [
        _line(each.need, each.declared_at, f"{each.user.name} s'abstient : {_name(each.need)}", "Désigner une autre personne")
        for each in lines.values()
    ]


def _line(need: Need, since: datetime, sentence: str, button: str) -> Awaiting:
    return Awaiting(since, sentence, button, reverse("interests", args=[need.pk]), need.department.name)


def _name(need: Need) -> str:
    return need.title or need.sentence
