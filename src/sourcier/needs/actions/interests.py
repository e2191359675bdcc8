"""Interests: each person of an operation declares, who has one abstains, and the head buyer says who takes his place."""

from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role, User
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import interest_rules as rules
from sourcier.needs import queries, registry
from sourcier.needs.actions.common import entry, load
from sourcier.needs.interest_rules import Declared
from sourcier.needs.models import InterestDeclaration, Need, StandIn


@transaction.atomic
def declare(agent: Agent, need_id: UUID, step: str, declared: Declared) -> InterestDeclaration:
    """Declare no interest, by one tick or statement by statement as the lane asks, or an interest: its person then abstains."""
    need = load(agent, need_id)
    if need.state in (Need.State.AWARDED, Need.State.CLOSED):
        raise refuse("over", "Cet achat est choisi ou clos : il n'y a plus rien à déclarer.")
    if not queries.in_office(need).filter(pk=agent.id).exists():
        raise refuse("not_you", "Seuls ceux qui agissent dans cet achat déclarent leurs intérêts.")
    if refusal := queries.abstention(agent, need):
        raise Refused(refusal)
    cleaned = Declared(
        declared.none, tuple(each for each in rules.STATEMENTS if each in declared.statements), _one_line(declared.firm),
        declared.link, declared.words.replace("\x00", "").strip(),
    )  # fmt: skip
    if problem := rules.problem(queries.way_of(need), cleaned):
        raise Refused(problem[1], problem[0])
    made = InterestDeclaration.objects.create(
        need=need, user=agent.user, step=step, interest=cleaned.interest, statements=list(cleaned.statements),
        firm=cleaned.firm, link=cleaned.link, words=cleaned.words, declared_at=timezone.now(),
    )  # fmt: skip
    what = "un intérêt" if made.interest else "n'avoir aucun intérêt"
    facts = {
        "name": agent.user.name, "interest": made.interest, "what": f"{made.get_step_display()} {what}",
        "step": made.step, "statements": made.statements, "firm": made.firm, "link": rules.LINKS.get(made.link, ""),
        "words": made.words,
    }  # fmt: skip
    append(agent.organisation.pk, need.pk, "interest.declared", facts, actor=agent.id, rows=[made])
    return made


@transaction.atomic
def choose_stand_in(agent: Agent, need_id: UUID, absent_id: UUID, user_id: UUID) -> StandIn:
    """The head buyer says who takes the place of one who abstains or does not declare: the lead, if he led, goes with it."""
    need = load(agent, need_id)
    _check_head(agent, need)
    if need.state in (Need.State.AWARDED, Need.State.CLOSED):
        raise refuse("over", "Cet achat est choisi ou clos : il n'y a plus de place à prendre.")
    absent = User.objects.get(pk=absent_id, memberships__organisation=agent.organisation, pk__in=_concerned(need))
    user = queries.stand_ins_for(need, absent.pk).filter(pk=user_id).first()
    if user is None:
        raise refuse("not_of_the_role", "Choisissez une autre personne du même rôle, qui ne s'abstient pas.", "user")
    said = {"user": user, "chosen_by": agent.user, "chosen_at": timezone.now()}
    made, _ = StandIn.objects.update_or_create(need=need, absent=absent, defaults=said)
    rows: list[Model] = [made]
    if need.buyer_id == absent.pk:
        need.buyer = user
        need.save(update_fields=["buyer"])
        rows += registry.lead_given(need, user)
    entry(
        agent, need, "interest.stand_in", {"absent": absent.name, "stand_in": user.name, "led": need.buyer_id == user.pk}, rows
    )
    return made


def _concerned(need: Need) -> set[UUID]:
    """Those whose place may be taken: who abstains, the author, who leads, who stood in."""
    stand_ins = need.stand_ins.values_list("user_id", flat=True)
    declared = need.interests.values_list("user_id", flat=True)
    return {need.author_id, *stand_ins, *declared} | ({need.buyer_id} if need.buyer_id else set())


def _check_head(agent: Agent, need: Need) -> None:
    """A head buyer who abstains leaves it to another one, if there is one."""
    if Role.HEAD_BUYER not in queries.roles_for(agent, need.department_id):
        raise refuse("not_you", "Seul un responsable des achats désigne une autre personne.")
    others = queries.in_office(need, Role.HEAD_BUYER).exclude(pk__in=queries.set_apart(need))
    if (refusal := queries.abstention(agent, need)) and others.exists():
        raise Refused(refusal)


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
