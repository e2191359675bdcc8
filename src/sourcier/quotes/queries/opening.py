"""What decides of an opening, and who has agreed to it."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Opener, Role
from sourcier.journal.models import Entry
from sourcier.journal.queries import entries, payload_of
from sourcier.kernel.transitions import Refusal
from sourcier.needs import queries as needs
from sourcier.needs.lanes import Opener as Opens
from sourcier.quotes.clocks import clock_of
from sourcier.quotes.models import LastPriceRound, OpeningConsent, Submission
from sourcier.quotes.opening_rules import Seal
from sourcier.quotes.sealing import seals
from sourcier.sourcing.models import Sourcing


def seal_of(sourcing: Sourcing, round_: int) -> Seal | None:
    """What decides of the opening of that round; None when nothing of it is sealed."""
    deadline = sourcing.deadline if round_ == 1 else LastPriceRound.objects.get(sourcing=sourcing).deadline
    if not seals(sourcing) or deadline is None:
        return None
    clock, check = clock_of(sourcing, round_)
    return Seal(
        deadline=deadline,
        wait=settings.OPENING_WAIT,
        clock=clock,
        clock_sentence=check.sentence if check else "",
        two_openers=sourcing.two_openers,
        consents=consents(sourcing, round_).count(),
        days=sourcing.organisation.opening_days,
    )


def consents(sourcing: Sourcing, round_: int) -> QuerySet[OpeningConsent]:
    """Who agreed to open that round, first first."""
    return OpeningConsent.objects.filter(sourcing=sourcing, round=round_).select_related("user").order_by("agreed_at")


def may_consent(agent: Agent) -> bool:
    """Whether this person is one of those who open together: named by the city, or any buyer when it named nobody."""
    named = Opener.objects.filter(organisation=agent.organisation)
    return named.filter(user=agent.user).exists() if named.exists() else agent.has(Role.BUYER, Role.HEAD_BUYER)


def opens(agent: Agent, sourcing: Sourcing) -> Refusal | None:
    """Why this person does not open these quotes where one is enough; None when he does. The lane says it of the author."""
    if not needs.buys(agent, sourcing.need):
        return Refusal("not_a_buyer", "Seul un acheteur peut le faire.")
    if needs.only_leads(agent, sourcing.need) and needs.lane_of(sourcing.need).opener is not Opens.AUTHOR:
        return Refusal("buyer_opens", "Un acheteur ouvre les devis de cet achat : c'est la règle de sa voie.")
    return None


def agreed(agent: Agent, sourcing: Sourcing) -> int:
    """How many rounds of this request the person has agreed to open."""
    return OpeningConsent.objects.filter(sourcing=sourcing, user=agent.user).count()


def standing(sourcing: Sourcing, round_: int) -> QuerySet[Submission]:
    """The answers that an opening of that round opens, in the order they came."""
    received = Submission.objects.filter(sourcing=sourcing, round=round_, state=Submission.State.RECEIVED)
    return received.select_related("firm", "invitation__firm").order_by("received_at", "pk")


def untyped(sourcing: Sourcing) -> QuerySet[Submission]:
    """The paper quotes that were opened and that nobody has typed."""
    papers = Submission.objects.filter(sourcing=sourcing, paper=True, state=Submission.State.RECEIVED, typed_at=None)
    return papers.filter(unsealed_at__isnull=False).select_related("invitation__firm")


def registered_paper(agent: Agent, need_id: UUID, submission_id: UUID) -> tuple[Submission, Entry]:
    """A closed envelope and the entry of its registering; before the opening, for who registered it alone.

    Raises `Submission.DoesNotExist`.
    """
    papers = Submission.objects.filter(organisation=agent.organisation, sourcing__need=need_id, paper=True)
    submission = papers.select_related("invitation__firm", "firm", "sourcing__organisation").get(pk=submission_id)
    for entry in entries(agent.organisation.pk, need_id).filter(verb="answer.paper_registered"):
        said = payload_of(entry)
        if said and UUID(said["submission"]) == submission_id and (submission.unsealed_at or entry.actor == agent.id.hex):
            return submission, entry
    raise Submission.DoesNotExist
