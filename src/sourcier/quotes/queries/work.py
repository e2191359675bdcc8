"""What the answers ask of a buyer: open, choose, tell."""

from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.accounts.queries import in_scope
from sourcier.kernel.transitions import Refusal
from sourcier.needs import queries as needs
from sourcier.needs.models import Lane
from sourcier.quotes.models import LastPriceRound, Notification, OpeningConsent, Submission
from sourcier.quotes.queries.opening import may_consent
from sourcier.sourcing.models import Sourcing

States = Sourcing.State


def awaiting(agent: Agent) -> list[Awaiting]:
    """One line per operation of this buyer (or of any, for a head buyer) that waits after its deadline."""
    buys, heads = (in_scope(agent, role, department="need__department") for role in (Role.BUYER, Role.HEAD_BUYER))
    led = needs.led_by(agent, "need__")
    held = Q(buyer=agent.user) & (buys | led) | Q(buyer_holds=False, need__buyer=agent.user) & buys
    held |= heads & (Q(need__lane=Lane.LED) | Q(buyer_holds=False))
    return [*_to_carry_on(agent, held), *_to_agree(agent, held)]


def _sourcings(agent: Agent) -> QuerySet[Sourcing]:
    """Those of this city, each with whether its buyer may still carry it."""
    return Sourcing.objects.filter(organisation=agent.organisation).annotate(buyer_holds=needs.buyer_holds("need__", "buyer"))


def _to_carry_on(agent: Agent, held: Q) -> list[Awaiting]:
    """To open, to choose, to tell."""
    if not agent.has(Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER):
        return []
    sourcings = _sourcings(agent).filter(held).select_related("need__department")
    pending = LastPriceRound.objects.filter(sourcing=OuterRef("pk"), opened_at=None)
    by_hand = Notification.objects.filter(sourcing=OuterRef("pk")).exclude(state=Notification.State.SENT)
    found = sourcings.filter(
        Q(state__in=(States.CLOSED, States.OPENED, States.CHOSEN)) | Q(pk__in=untold_ends(agent))
    ).annotate(last_price=Exists(pending), untold=Exists(by_hand))
    return [line for sourcing in found if (line := _line(sourcing))]


def _to_agree(agent: Agent, held: Q) -> list[Awaiting]:
    """The large purchases of others that wait for this person's agreement to be opened."""
    if not may_consent(agent):
        return []
    closed = _sourcings(agent).filter(state=States.CLOSED, two_openers=True).exclude(held)
    agreed = OpeningConsent.objects.filter(sourcing=OuterRef("pk"), user=agent.user)
    over = timezone.now() - settings.OPENING_WAIT
    waiting = closed.filter(~Exists(agreed), saving_reference__isnull=False, deadline__lte=over).select_related(
        "need__department"
    )
    return [
        Awaiting(
            since=sourcing.deadline or sourcing.created_at,
            sentence=f"Votre accord est attendu pour ouvrir les plis : {sourcing.title}",
            button="Donner mon accord",
            url=reverse("comparison", args=[sourcing.need_id, sourcing.pk]),
            department=sourcing.need.department.name,
        )
        for sourcing in waiting.select_related("need__department").order_by("deadline")
    ]


def untold_ends(agent: Agent) -> QuerySet[Sourcing]:
    """The requests of this city ended after their opening, of which a firm that answered has not been told."""
    ends = Sourcing.objects.filter(organisation=agent.organisation, state=States.ENDED, opened_at__isnull=False)
    return ends.filter(untold()).values("pk")


def untold() -> Q:
    """Someone answered and nothing was announced, or somebody remains to be reached."""
    of_it = Submission.objects.filter(sourcing=OuterRef("pk"), round=1).exclude(kind=Submission.Kind.DECLINE)
    answered = of_it.filter(state__in=(Submission.State.RECEIVED, Submission.State.LATE))
    told = Notification.objects.filter(sourcing=OuterRef("pk"))
    return (Exists(answered) & ~Exists(told)) | Exists(told.exclude(state=Notification.State.SENT))


def unannounced(need_id: UUID) -> Refusal | None:
    """No other request begins while firms that answered the former one were told nothing."""
    ends = Sourcing.objects.filter(need=need_id, state=States.ENDED, opened_at__isnull=False)
    if ends.filter(untold()).exclude(pk__in=Notification.objects.values("sourcing")).exists():
        return Refusal("untold", "Prévenez d'abord les entreprises qui ont répondu à la demande précédente.")
    return None


def untold_end(need_id: UUID) -> Sourcing | None:
    """The request of this need that ended after its opening, and whose firms do not all know it."""
    ends = Sourcing.objects.filter(need=need_id, state=States.ENDED, opened_at__isnull=False)
    return ends.filter(untold()).order_by("ended_at").first()


def may_close(need_id: UUID) -> Refusal | None:
    """A need is not closed by hand while a firm that answered does not know what became of its answer."""
    if untold_end(need_id) is None:
        return None
    return Refusal(
        "untold",
        "Des entreprises qui ont répondu ne connaissent pas encore le résultat. Prévenez-les d'abord : le besoin pourra "
        "ensuite être clos.",
    )


def _line(sourcing: Sourcing) -> Awaiting | None:
    """The words for one sourcing; None when a last price is still coming or mails are on their way."""
    title = sourcing.title
    if sourcing.state == States.CLOSED:
        words, button, view = f"La date limite est passée : {title}", "Ouvrir les réponses", "comparison"
        since = sourcing.deadline
    elif sourcing.state == States.OPENED:
        asked = LastPriceRound.objects.filter(sourcing=sourcing, opened_at=None).first() if sourcing.last_price else None
        if asked:
            since, words, button, view = asked.deadline, f"Derniers prix : {title}", "Voir la date limite", "comparison"
        else:
            since, words, button, view = sourcing.opened_at, f"Réponses ouvertes : {title}", "Comparer et choisir", "comparison"
    elif sourcing.state == States.ENDED:
        words, button, view = f"Fini sans choix : {title}", "Prévenir toutes les entreprises", "telling"
        since = sourcing.ended_at
    else:
        words, button, view = f"Choix fait : {title}", "Prévenir toutes les entreprises", "telling"
        since = sourcing.chosen_at
    return Awaiting(
        since=since or sourcing.created_at,
        sentence=words,
        button=button,
        url=reverse(view, args=[sourcing.need_id, sourcing.pk]),
        department=sourcing.need.department.name,
    )
