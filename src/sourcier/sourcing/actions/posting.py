"""Letters: printed, posted together on a day at a cost, and those that the post brings back."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.french import PARIS, format_date
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import refuse
from sourcier.sourcing import queries
from sourcier.sourcing.actions import common
from sourcier.sourcing.actions.common import entry, load
from sourcier.sourcing.actions.invite import asked_by_the_city
from sourcier.sourcing.models import Invitation, Posting, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.suppliers.actions import mail_returned

HOW = "Dites comment : posté, remis en main propre, appelé."
WHY = "Dites ce que l'enveloppe porte : destinataire inconnu, boîte inaccessible, défaut d'adressage…"
NO_ADDRESS = "Cette adresse est à l'étranger ou incomplète : la poste ne la lirait pas. Appelez, ou écrivez par courriel."
# The post picks up in the afternoon: the hour of a letter whose day alone is told.
PICKED_UP = time(16)


@transaction.atomic
def by_letter(agent: Agent, invitation_id: UUID) -> Invitation:
    """Reach by letter a firm whose address fails or gives automatic answers; write once more when a letter came back."""
    invitation = asked_by_the_city(agent, invitation_id, Verb.POST)
    if invitation.state != Invitation.State.FAILED and invitation.away_at is None:
        raise refuse("not_failing", "Cette entreprise a reçu la demande, ou l'attend déjà par courrier.")
    invitation.channel, invitation.state, invitation.sent_at = Invitation.Channel.LETTER, Invitation.State.WAITING, None
    invitation.posting, invitation.away_at = None, None
    invitation.save()
    firm = {"firm": invitation.firm.name, "siret": invitation.firm.siret}
    entry(agent, invitation.sourcing, "invitation.by_letter", firm, [invitation])
    return invitation


@transaction.atomic
def print_letters(agent: Agent, sourcing_id: UUID, invitation_ids: Sequence[UUID] | None = None) -> list[Invitation]:
    """Note who printed which letters, and return them for the PDF. Printed again, a letter says the same thing."""
    sourcing = load(agent, sourcing_id, Verb.POST)
    letters = queries.invitations(sourcing).filter(channel=Invitation.Channel.LETTER)
    if invitation_ids is not None:
        letters = letters.filter(pk__in=invitation_ids)
    found = list(letters)
    if not found or (invitation_ids is not None and len(found) != len(set(invitation_ids))):
        raise refuse("no_letter", "Aucun courrier à imprimer.")
    found = [invitation for invitation in found if invitation.firm.can_be_posted_to]
    if not found:
        raise refuse("no_address", NO_ADDRESS)
    for invitation in found:
        invitation.sourcing = sourcing
    entry(agent, sourcing, "letter.printed", {"count": len(found), "firms": _firms(found)})
    return found


@transaction.atomic
def mark_posted(
    agent: Agent, invitation_id: UUID, how: str, posted_on: date | None = None, cost_cents: int | None = None
) -> Invitation:
    """The letter has left, or was handed over: how, which day (today), at what cost (euro cents, postage included)."""
    invitation = asked_by_the_city(agent, invitation_id, Verb.POST)
    if invitation.channel != Invitation.Channel.LETTER:
        raise refuse("not_a_letter", "Cette entreprise est jointe par courriel.")
    if invitation.state != Invitation.State.WAITING:
        raise refuse("already_posted", "Ce courrier est déjà noté comme parti.")
    posting = _post(agent, invitation.sourcing, [invitation], how, posted_on, cost_cents)
    payload = {"firm": invitation.firm.name, "siret": invitation.firm.siret, **_told(posting)}
    entry(agent, invitation.sourcing, "letter.posted", payload, [invitation, posting])
    return invitation


@transaction.atomic
def mark_all_posted(
    agent: Agent, sourcing_id: UUID, how: str, posted_on: date | None = None, cost_cents: int | None = None
) -> list[Invitation]:
    """Every letter still to post has left together: one batch, one entry, with the list. The cost is that of all of them."""
    sourcing = load(agent, sourcing_id, Verb.POST)
    waiting = Invitation.objects.select_for_update(of=("self",)).select_related("firm")
    left = list(waiting.filter(sourcing=sourcing, channel=Invitation.Channel.LETTER, state=Invitation.State.WAITING))
    if not left:
        raise refuse("already_posted", "Tous les courriers sont déjà notés comme partis.")
    posting = _post(agent, sourcing, left, how, posted_on, cost_cents)
    entry(agent, sourcing, "letters.posted", {"count": len(left), "firms": _firms(left), **_told(posting)}, [*left, posting])
    return left


@transaction.atomic
def mark_returned(agent: Agent, invitation_id: UUID, why: str) -> Invitation:
    """« Courrier revenu »: the post brought it back. The firm keeps the mark, so that nobody writes there again unaware."""
    invitation = asked_by_the_city(agent, invitation_id, Verb.RELAY)
    if invitation.channel != Invitation.Channel.LETTER or invitation.state != Invitation.State.SENT:
        raise refuse("not_posted", "Ce courrier n'est pas noté comme parti, ou il est déjà revenu.")
    invitation.how = common.words(why, 200, "why", required=WHY)
    invitation.state, invitation.returned_at = Invitation.State.FAILED, timezone.now()
    invitation.save()
    firm = mail_returned(invitation.firm, invitation.returned_at)
    payload = {"firm": firm.name, "siret": firm.siret, "why": invitation.how}
    entry(agent, invitation.sourcing, "letter.returned", payload, [invitation, firm])
    return invitation


def _post(
    agent: Agent, sourcing: Sourcing, left: Sequence[Invitation], how: str, posted_on: date | None, cost_cents: int | None
) -> Posting:
    """The batch, its letters marked. Raises `Refused` beside the field that is wrong."""
    how = common.words(how, 200, "how", required=HOW)
    now = timezone.now()
    today = now.astimezone(PARIS).date()
    posted_on = posted_on or today
    if sourcing.sent_at is None or not sourcing.sent_at.astimezone(PARIS).date() <= posted_on <= today:
        raise refuse("wrong_day", "Un courrier part entre le jour de la demande et aujourd'hui. Corrigez la date.", "posted_on")
    if cost_cents is not None and cost_cents < 0:
        raise refuse("wrong_cost", "Un coût ne peut pas être négatif.", "cost")
    posting = Posting.objects.create(
        sourcing=sourcing,
        posted_on=posted_on,
        how=how,
        letters=len(left),
        cost_cents=cost_cents,
        made_by=agent.user,
        made_at=now,
    )
    at = now if posted_on == today else max(sourcing.sent_at, datetime.combine(posted_on, PICKED_UP, PARIS))
    for invitation in left:
        invitation.posting, invitation.how = posting, how
        invitation.state, invitation.sent_at = Invitation.State.SENT, at
    Invitation.objects.bulk_update(left, ["posting", "how", "state", "sent_at"])
    return posting


def _told(posting: Posting) -> dict[str, Any]:
    """The day and the cost, in words beside the way it left: « Posté, le 3 mars 2026, 4,17 € »."""
    cost = "" if posting.cost_cents is None else f", {format_cents(posting.cost_cents)}"
    said = f"{posting.how}, le {format_date(posting.posted_on)}{cost}"
    return {"how": said, "posting": posting.pk, "posted_on": posting.posted_on, "cost_cents": posting.cost_cents}


def _firms(invitations: Sequence[Invitation]) -> list[dict[str, str]]:
    return [{"siret": invitation.firm.siret, "name": invitation.firm.name} for invitation in invitations]
