"""The choice, lot by lot if need be, with its reasons; or the end without one."""

from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.french import PARIS
from sourcier.kernel.transitions import Refused, refuse
from sourcier.law.retention import CONTRACT
from sourcier.needs import queries as needs
from sourcier.needs.actions import keep_from_now, mark_awarded, mark_closed
from sourcier.needs.models import Lot
from sourcier.quotes import single
from sourcier.quotes.actions.evaluate import lock, require_buyer, round_pending
from sourcier.quotes.interests import choice_refusal
from sourcier.quotes.models import Award
from sourcier.quotes.queries import marking
from sourcier.quotes.queries.comparison import Offer, compare
from sourcier.quotes.queries.opening import untyped
from sourcier.quotes.rules import may_bind, may_choose, may_evaluate, too_short
from sourcier.retention.clocks import begin
from sourcier.sourcing.actions import progress
from sourcier.sourcing.models import Sourcing
from sourcier.spend.actions import commit

SHORTEST_PLAN = 10


def lots_of(sourcing: Sourcing) -> list[Lot | None]:
    """The lots of the request that are to be chosen, or `[None]` for the whole."""
    lots = list(Lot.objects.filter(need_id=sourcing.need_id))
    return list(lots) or [None]


@transaction.atomic
def choose(
    agent: Agent,
    sourcing_id: UUID,
    lot_id: UUID | None,
    submission_id: UUID,
    stand_in_id: UUID | None,
    rationale: str,
    other_places: str = "",
) -> Award:
    """Choose an answer for a lot (or the whole), with a stand-in if any, and say why. Writes the commitment. Raises `Refused`.

    `other_places`: what will be done for the places that the chosen firm does not serve; asked for when there are some.
    The last lot chosen closes the evaluation: the sourcing is `CHOSEN`, the need awarded, and everyone is to be told.
    """
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    lot = _open_lot(sourcing, lot_id)
    comparison = compare(agent, sourcing, lot)
    left = [(each.evaluator.name, each.remaining) for each in marking.unfinished(sourcing) if each.evaluator.pk != agent.id]
    if marking.heard(agent, sourcing) and marking.lacks_marks(agent, sourcing):
        raise refuse(
            "nobody_marked",
            "Vous avez entendu un prix avant l'ouverture : quelqu'un d'autre doit d'abord noter ces réponses. S'il ne reste "
            "personne, faites donner le rôle d'acheteur ou de demandeur à un autre agent (Réglages, Personnes).",
        )
    if refusal := may_choose(marking.lacks_marks(agent, sourcing), left, rationale):
        raise Refused(refusal)
    if papers := [each.invitation.named for each in untyped(sourcing)]:
        raise refuse("untyped", f"Un devis papier n'est pas encore tapé : {', '.join(papers)}. Tapez-le, puis choisissez.")
    offer = comparison.offer(submission_id)
    if offer is None:
        raise refuse("not_compared", "Choisissez une des réponses comparées.", "submission")
    if offer.total_cents is None:
        raise refuse("incomplete", "Il manque un prix à cette réponse : demandez une précision.", "submission")
    if offer.unserved and len(other_places.strip()) < SHORTEST_PLAN:
        left = ", ".join(offer.unserved)
        raise refuse("places_left", f"Cette entreprise ne sert pas : {left}. Dites ce que vous ferez pour eux.", "other_places")
    _require_identity(offer, "submission")
    _require_lane(agent, sourcing, offer.total_cents)
    if refusal := choice_refusal(agent, sourcing, offer.total_cents):
        raise Refused(refusal, "interests")
    stand_in = comparison.offer(stand_in_id) if stand_in_id else None
    if stand_in_id and (stand_in is None or stand_in_id == submission_id):
        raise refuse("bad_stand_in", "La remplaçante est une autre réponse de la comparaison.", "stand_in")
    if stand_in:
        _require_identity(stand_in, "stand_in")
    note = single.note_of(sourcing, lot, offer, rationale) if single.is_single(comparison) else None
    award = Award.objects.create(
        sourcing=sourcing, lot=lot, submission=offer.submission, stand_in=stand_in.submission if stand_in else None,
        amount_cents=offer.total_cents, rationale=rationale, chosen_by=agent.user, chosen_at=timezone.now(),
    )  # fmt: skip
    need, firm = sourcing.need, offer.submission.firm
    commitment = commit(
        agent, award_id=award.pk, operation_id=need.pk, family=need.family, unit=need.unit,
        department=need.department, siret=firm.siret, supplier=firm.name, label=sourcing.title, amount_cents=award.amount_cents,
        engaged_on=award.chosen_at.astimezone(PARIS).date(),
    )  # fmt: skip
    contract = begin(agent.organisation.pk, CONTRACT, need.pk, operation_id=need.pk, nature=need.kind)
    append(
        agent.organisation.pk,
        need.pk,
        "choice.made",
        {
            "name": agent.user.name,
            **_lot_words(lot),
            "firm": offer.submission.invitation.named,
            "siret": firm.siret,
            "amount_cents": award.amount_cents,
            "stand_in": stand_in.submission.invitation.named if stand_in else None,
            "rationale": rationale,
            "ranking": [_ranked(each) for each in comparison.offers],
        },
        actor=agent.id,
        rows=[award, commitment, contract, *_finish(sourcing)],
    )
    if note:
        append(agent.organisation.pk, need.pk, single.VERB, {"name": agent.user.name, **note}, actor=agent.id)
    if offer.unserved:
        plan = {"places": list(offer.unserved), "plan": other_places.strip()}
        told = {**_lot_words(lot), "firm": offer.submission.invitation.named, **plan}
        append(agent.organisation.pk, need.pk, "choice.places_left", told, actor=agent.id)
    return award


@transaction.atomic
def leave_lot(agent: Agent, sourcing_id: UUID, lot_id: UUID, rationale: str) -> Award:
    """Leave one lot without a choice, with its reason; the others go on. Raises `Refused`."""
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    lot = _open_lot(sourcing, lot_id)
    _require_reason(rationale)
    award = Award.objects.create(
        sourcing=sourcing, lot=lot, submission=None, amount_cents=0, rationale=rationale, chosen_by=agent.user,
        chosen_at=timezone.now(),
    )  # fmt: skip
    rows = _finish(sourcing)
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "lot.left",
        {"name": agent.user.name, **_lot_words(lot), "rationale": rationale},
        actor=agent.id,
        rows=[award, *rows],
    )
    return award


@transaction.atomic
def end_without_choice(agent: Agent, sourcing_id: UUID, reason: str, *, close_need: bool) -> Sourcing:
    """End after the opening without choosing anyone; the need is closed too, or stays for another request. Raises `Refused`."""
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    if refusal := may_evaluate(sourcing.state, round_pending(sourcing)):
        raise Refused(refusal)
    if Award.objects.filter(sourcing=sourcing, submission__isnull=False).exists():
        raise refuse("chosen", "Un lot est déjà attribué : laissez les autres sans suite, un par un.")
    _require_reason(reason)
    progress.mark_ended(sourcing, timezone.now(), reason)
    rows: list[object] = [sourcing]
    if close_need:
        rows += [mark_closed(sourcing.need, reason), *keep_from_now(sourcing.need)]
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "sourcing.ended_after_opening",
        {"name": agent.user.name, "reason": reason, "need_closed": close_need},
        actor=agent.id,
        rows=rows,
    )
    return sourcing


@transaction.atomic
def finish_information(agent: Agent, sourcing_id: UUID, used: str) -> Sourcing:
    """End an information request, with what the city keeps of it (R.2111-1); the need goes on. Raises `Refused`."""
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    if sourcing.kind != Sourcing.Kind.RFI:
        raise refuse("not_information", "Une demande de prix finit par un choix, ou sans suite.")
    if refusal := may_evaluate(sourcing.state, False):
        raise Refused(refusal)
    _require_reason(used)
    progress.mark_done(sourcing, timezone.now())
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "information.finished",
        {"name": agent.user.name, "used": used},
        actor=agent.id,
        rows=[sourcing],
    )
    return sourcing


def _require_lane(agent: Agent, sourcing: Sourcing, cents: int) -> None:
    """Refuse who may not choose at this price: on a lane of the department, beyond what the city trusted its author with.

    The one place for what a city asks of who chooses, above what it asks of a buyer.
    """
    if not needs.only_leads(agent, sourcing.need):
        return
    chosen = Award.objects.filter(sourcing=sourcing).aggregate(total=Sum("amount_cents"))["total"] or 0
    if outgrown := needs.outgrown(sourcing.need, chosen + cents):
        raise refuse("lane", f"À ce prix, un acheteur choisit. {outgrown.sentence}")


def _require_identity(offer: Offer, field: str) -> None:
    """Whoever came by the notice may have typed the SIRET of another: nobody is bound by his price before the check."""
    invitation = offer.submission.invitation
    if refusal := may_bind(invitation.unverified, invitation.who):
        raise Refused(refusal, field)


def _require_reason(reason: str) -> None:
    if refusal := too_short(reason):
        raise Refused(refusal, "rationale")


def _open_lot(sourcing: Sourcing, lot_id: UUID | None) -> Lot | None:
    """The lot to choose for, checked: of this need, not chosen yet. Raises `Refused` or `Lot.DoesNotExist`."""
    if refusal := may_evaluate(sourcing.state, round_pending(sourcing)):
        raise Refused(refusal)
    lots = lots_of(sourcing)
    lot = next((lot for lot in lots if (lot.pk if lot else None) == lot_id), False)
    if lot is False:
        raise Lot.DoesNotExist
    if Award.objects.filter(sourcing=sourcing, lot=lot).exists():
        raise refuse("chosen", "Le choix est fait : il ne change plus.")
    return lot or None


def _finish(sourcing: Sourcing) -> list[object]:
    """After the last lot: nothing more to choose. Returns the rows changed."""
    awards = list(Award.objects.filter(sourcing=sourcing))
    if len(awards) < len(lots_of(sourcing)):
        return []
    progress.mark_chosen(sourcing, timezone.now())
    if any(award.submission_id for award in awards):
        return [sourcing, mark_awarded(sourcing.need)]
    return [sourcing, mark_closed(sourcing.need, "Aucun lot n'a été attribué."), *keep_from_now(sourcing.need)]


def _lot_words(lot: Lot | None) -> dict[str, object]:
    return {"lot": lot.number if lot else None, "lot_title": lot.title if lot else ""}


def _ranked(offer: Offer) -> dict[str, object]:
    """What the journal keeps of one compared answer."""
    return {
        "firm": offer.submission.invitation.named,
        "siret": offer.submission.firm.siret,
        "unverified": offer.submission.invitation.unverified,
        "total_cents": offer.total_cents,
        "mark_e2": offer.total_mark,
        "rank": offer.rank,
    }
