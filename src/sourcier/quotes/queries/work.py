"""What the answers ask of a buyer: open, choose, tell."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.quotes.models import LastPriceRound, Notification
from sourcier.sourcing.models import Sourcing

States = Sourcing.State


def awaiting(agent: Agent) -> list[Awaiting]:
    """One line per operation of this buyer (or of any, for a head buyer) that waits after its deadline."""
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        return []
    sourcings = Sourcing.objects.filter(organisation=agent.organisation).select_related("need__department")
    if not agent.has(Role.HEAD_BUYER):
        sourcings = sourcings.filter(buyer=agent.user)
    pending = LastPriceRound.objects.filter(sourcing=OuterRef("pk"), opened_at=None)
    by_hand = Notification.objects.filter(sourcing=OuterRef("pk")).exclude(state=Notification.State.SENT)
    told = Notification.objects.filter(sourcing=OuterRef("pk"))
    found = sourcings.filter(state__in=(States.CLOSED, States.OPENED, States.CHOSEN)).annotate(
        last_price=Exists(pending), untold=Exists(by_hand), told=Exists(told)
    )
    return [line for sourcing in found if (line := _line(sourcing))]


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
