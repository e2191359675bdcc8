"""Before a choice: everybody in the operation has declared his interests, and its author does not choose large ones alone."""

from uuid import UUID

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refusal
from sourcier.needs import queries as needs
from sourcier.needs.interest_rules import CHOICE, author_refusal
from sourcier.quotes.models import Award, OpeningConsent, Score
from sourcier.sourcing.models import Sourcing


def people_of(sourcing: Sourcing) -> set[UUID]:
    """The author, the buyers, who stands in, who agreed to open, who marked."""
    need = sourcing.need
    found = {need.author_id, sourcing.buyer_id, *need.stand_ins.values_list("user_id", flat=True)}
    found |= set(OpeningConsent.objects.filter(sourcing=sourcing).values_list("user_id", flat=True))
    found |= set(Score.objects.filter(submission__sourcing=sourcing, current=True).values_list("evaluator_id", flat=True))
    return found | ({need.buyer_id} if need.buyer_id else set())


def choice_refusal(agent: Agent, sourcing: Sourcing, cents: int) -> Refusal | None:
    """Why this person may not choose now for this amount, counted with the lots already chosen."""
    need, limit = sourcing.need, sourcing.organisation.author_chooses_up_to_cents
    total = cents + sum(Award.objects.filter(sourcing=sourcing).values_list("amount_cents", flat=True))
    is_author = need.author_id == agent.id
    others = needs.in_office(need, Role.BUYER, Role.HEAD_BUYER).exclude(pk__in={agent.id, *needs.set_apart(need)})
    if refusal := author_refusal(is_author, total, limit, list(others.order_by("name").values_list("name", flat=True))):
        return refusal
    if refusal := needs.undeclared(agent, need, CHOICE):
        return refusal
    missing = [user.name for user in needs.silent(need, people_of(sourcing) - {agent.id})]
    if not missing:
        return None
    return Refusal(
        "others_undeclared",
        f"Pas encore de déclaration d'intérêts : {', '.join(missing)}. Chacun la fait en un geste sur la page du besoin ; "
        "sinon un responsable des achats y désigne une autre personne. Rien n'est perdu.",
    )
