"""From the opened answers to comparable ones: reference, marks, clarifications, last prices."""

import secrets
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.receipts import draw_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.mail.models import OutgoingMessage, OutgoingText
from sourcier.needs.interest_rules import ASKING
from sourcier.needs.models import Need
from sourcier.needs.queries import abstention, buys, undeclared
from sourcier.quotes import letters
from sourcier.quotes.acknowledgement import acknowledge_clarification
from sourcier.quotes.models import Clarification, LastPriceRound, SavingReference, Score, Submission
from sourcier.quotes.queries.marking import a_lot_is_chosen, heard, may_mark
from sourcier.quotes.rules import mark_problem, may_evaluate
from sourcier.sourcing.actions.invite import relay_failure, tell_one
from sourcier.sourcing.models import Criterion, Invitation, Relay, Sourcing
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts


def lock(agent: Agent, sourcing_id: UUID) -> Sourcing:
    """The sourcing of this city, locked for the rest of the transaction, unless this person abstains from it.

    Raises `Sourcing.DoesNotExist` or `Refused`.
    """
    found = Sourcing.objects.select_for_update(of=("self",)).select_related("need", "organisation")
    sourcing = found.get(pk=sourcing_id, organisation=agent.organisation)
    if refusal := abstention(agent, sourcing.need):
        raise Refused(refusal)
    return sourcing


def require_declared(agent: Agent, sourcing: Sourcing) -> None:
    """Who opens or marks has declared his interests first."""
    if refusal := undeclared(agent, sourcing.need, ASKING):
        raise Refused(refusal)


def require_buyer(agent: Agent, need: Need) -> None:
    """Refuse who does not do a buyer's steps on this need."""
    if not buys(agent, need):
        raise refuse("not_a_buyer", "Seul un acheteur peut le faire.")


def round_pending(sourcing: Sourcing) -> bool:
    """A last price was asked and not opened yet."""
    return LastPriceRound.objects.filter(sourcing=sourcing, opened_at=None).exists()


def _require_evaluation(sourcing: Sourcing) -> None:
    if refusal := may_evaluate(sourcing.state, round_pending(sourcing)):
        raise Refused(refusal)


def require_marking(sourcing: Sourcing) -> None:
    """What makes the ranking may still move: once a lot has its firm, each must be told the rank it was chosen by."""
    _require_evaluation(sourcing)
    if a_lot_is_chosen(sourcing):
        raise refuse("lot_chosen", "Un lot est déjà attribué : les notes et les prix ne changent plus.")


@transaction.atomic
def choose_reference(
    agent: Agent, sourcing_id: UUID, kind: str, amount_cents: int | None = None, document: File | None = None
) -> SavingReference:
    """Say, before the opening, what the price will be compared with (before tax, for the estimated quantities).

    A last price paid needs its amount and its document; an estimate its amount (the need's by default). Raises `Refused`.
    """
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    if sourcing.opened_at is not None:
        raise refuse("already_opened", "La référence se choisit avant l'ouverture des réponses : elle ne change plus.")
    if kind == SavingReference.Kind.NONE:
        amount_cents, document = None, None
    elif kind == SavingReference.Kind.ESTIMATE:
        amount_cents, document = amount_cents if amount_cents is not None else sourcing.need.estimate_cents, None
    if kind != SavingReference.Kind.NONE and (amount_cents is None or amount_cents <= 0):
        raise refuse("no_amount", "Écrivez le montant hors taxes pour les quantités demandées, par exemple 18 240.", "amount")
    if kind == SavingReference.Kind.LAST_PRICE and document is None:
        raise refuse("no_document", "Joignez la facture ou le bon de commande qui montre ce dernier prix.", "document")
    if document is not None and document.organisation_id != agent.organisation.pk:
        raise File.DoesNotExist
    reference, _ = SavingReference.objects.update_or_create(
        sourcing=sourcing,
        defaults={
            "kind": kind,
            "amount_cents": amount_cents,
            "document": document,
            "chosen_by": agent.user,
            "chosen_at": timezone.now(),
        },
    )
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "reference.chosen",
        {
            "name": agent.user.name,
            "reference": SavingReference.Kind(kind).label,
            "amount_cents": amount_cents,
            "document": file_facts(document) if document else None,
        },
        actor=agent.id,
        rows=[reference, document] if document else [reference],
    )
    return reference


@transaction.atomic
def score(agent: Agent, submission_id: UUID, criterion_id: UUID, value: int, note: str = "", reason: str = "") -> Score:
    """Give a mark (0 to 100) on a judged criterion; a correction is a new one, with its reason. Raises `Refused`."""
    submission = _own(agent, submission_id)
    sourcing = lock(agent, submission.sourcing_id)
    if not may_mark(agent, sourcing.need.department_id):
        raise refuse("not_an_evaluator", "Seuls les acheteurs et le service demandeur donnent des notes.")
    if heard(agent, sourcing):
        raise refuse("heard", "Vous avez entendu un prix avant l'ouverture : quelqu'un d'autre note ces réponses.")
    require_declared(agent, sourcing)
    require_marking(sourcing)
    if submission.state != Submission.State.RECEIVED or submission.round != 1 or submission.kind != Submission.Kind.QUOTE:
        raise refuse("not_compared", "Cette réponse n'est pas comparée : elle ne reçoit pas de note.")
    criterion = Criterion.objects.get(pk=criterion_id, sourcing=sourcing)
    if criterion.kind != Criterion.Kind.JUDGED:
        raise refuse("computed", "La note du prix se calcule avec la formule annoncée.", "value")
    previous = (
        Score.objects.select_for_update()
        .filter(submission=submission, criterion=criterion, evaluator=agent.user, current=True)
        .first()
    )
    if problem := mark_problem(value, note, reason, (previous.value, previous.note) if previous else None):
        raise Refused(problem[1], problem[0])
    rows: list[Score] = []
    if previous:
        if previous.value == value and previous.note == note:
            return previous
        previous.current = False
        previous.save(update_fields=["current"])
        rows.append(previous)
    given = Score.objects.create(
        submission=submission, criterion=criterion, evaluator=agent.user, value=value, note=note,
        reason=reason if previous else "", given_at=timezone.now(),
    )  # fmt: skip
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "score.corrected" if previous else "score.given",
        {
            "name": agent.user.name,
            "evaluator": agent.user.name,
            "firm": submission.invitation.named,
            "criterion": criterion.label,
            "value": value,
            "note": note,
            "reason": given.reason,
        },
        actor=agent.id,
        rows=[*rows, given],
    )
    return given


def _own(agent: Agent, submission_id: UUID) -> Submission:
    return Submission.objects.select_related("firm", "invitation__firm", "invitation__sourcing__organisation").get(
        pk=submission_id, organisation=agent.organisation
    )


@transaction.atomic
def clarify(agent: Agent, submission_id: UUID, question: str) -> Clarification:
    """Ask one firm to make its answer clear, by the channel that reached it. Raises `Refused`."""
    submission = _own(agent, submission_id)
    sourcing = lock(agent, submission.sourcing_id)
    require_buyer(agent, sourcing.need)
    _require_evaluation(sourcing)
    if not question.strip():
        raise refuse("empty", "Écrivez votre question.", "question")
    if submission.state != Submission.State.RECEIVED:
        raise refuse("not_compared", "Cette réponse n'a pas été ouverte.")
    clarification = Clarification.objects.create(
        submission=submission, question=question, asked_by=agent.user, asked_at=timezone.now()
    )
    subject, body = letters.clarification(sourcing, submission, question)
    relays = tell_one(
        submission.invitation, "clarification", clarification.pk, subject, body, Relay.Subject.CLARIFICATION,
        letters.clarification_on_paper(question),
    )  # fmt: skip
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "clarification.asked",
        {"name": agent.user.name, "firm": submission.invitation.named, "question": question},
        actor=agent.id,
        rows=[clarification, *relays],
    )
    return clarification


def record_failure(message: OutgoingMessage | OutgoingText) -> None:
    """Registered with the outbox and the SMS: a clarification or a last price that did not arrive is to be asked otherwise."""
    if not message.lost:
        return
    if message.kind == "clarification":
        asked = Clarification.objects.select_related("submission").get(pk=message.subject_id)
        submission, relay, text = asked.submission, Relay.Subject.CLARIFICATION, letters.clarification_on_paper(asked.question)
    else:
        submission, relay = Submission.objects.get(pk=message.subject_id), Relay.Subject.LAST_PRICE
        text = letters.last_price_on_paper(LastPriceRound.objects.get(sourcing=submission.sourcing_id).deadline)
    invitation = Invitation.objects.select_related("firm", "sourcing").get(pk=submission.invitation_id)
    relay_failure(invitation, relay, text)


@transaction.atomic
def answer_clarification(invitation: Invitation, clarification_id: UUID, text: str) -> Clarification:
    """The firm's explanation; once. It is told by e-mail, if reached so, that it came in. Raises `Refused`."""
    clarification = _answer(invitation, clarification_id, text)
    acknowledge_clarification(clarification)
    return clarification


def _answer(invitation: Invitation, clarification_id: UUID, text: str) -> Clarification:
    clarification = (
        Clarification.objects.select_for_update(of=("self",))
        .select_related("submission__sourcing", "submission__invitation__firm")
        .get(pk=clarification_id, submission__invitation=invitation)
    )
    sourcing = clarification.submission.sourcing
    if clarification.answered_at is not None:
        raise refuse("answered", "Votre précision est déjà arrivée. Elle est gardée.")
    if sourcing.state != Sourcing.State.OPENED:
        raise refuse("too_late", "Le choix est fait : cette précision n'est plus attendue.")
    if not text.strip():
        raise refuse("empty", "Écrivez votre précision.", "text")
    clarification.answer = text
    clarification.answered_at = timezone.now()
    given = Clarification.objects.filter(submission__organisation=sourcing.organisation_id)
    clarification.receipt_number = draw_number(secrets.choice, lambda number: given.filter(receipt_number=number).exists())
    clarification.save(update_fields=["answer", "answered_at", "receipt_number"])
    facts = {"firm": clarification.submission.invitation.named, "text": text, "receipt": clarification.receipt_number}
    entry = append(
        sourcing.organisation_id, sourcing.need_id, "clarification.answered", facts, actor=invitation.pk, rows=[clarification]
    )
    clarification.entry_id = entry.pk
    clarification.save(update_fields=["entry_id"])
    return clarification


@transaction.atomic
def record_clarification(agent: Agent, clarification_id: UUID, text: str) -> Clarification:
    """Write down an explanation that came by telephone or letter. Raises `Refused`."""
    clarification = Clarification.objects.select_related("submission__invitation", "submission__sourcing__need").get(
        pk=clarification_id, submission__organisation=agent.organisation
    )
    require_buyer(agent, clarification.submission.sourcing.need)
    try:
        return _answer(clarification.submission.invitation, clarification_id, f"{text}\n(noté par {agent.user.name})")
    except ObjectDoesNotExist:
        raise Clarification.DoesNotExist from None


@transaction.atomic
def ask_last_price(agent: Agent, sourcing_id: UUID, submission_ids: list[UUID], deadline: datetime) -> LastPriceRound:
    """Ask all those kept for a last price, closed again until one common deadline; once. Raises `Refused`."""
    sourcing = lock(agent, sourcing_id)
    require_buyer(agent, sourcing.need)
    require_marking(sourcing)
    if LastPriceRound.objects.filter(sourcing=sourcing).exists():
        raise refuse("already_asked", "Un dernier prix a déjà été demandé : on ne le demande qu'une fois.")
    if deadline <= timezone.now():
        raise refuse("past", "La date limite doit être dans l'avenir.", "deadline")
    kept = list(
        Submission.objects.filter(
            pk__in=submission_ids, sourcing=sourcing, round=1, state=Submission.State.RECEIVED, kind=Submission.Kind.QUOTE
        ).select_related("firm", "invitation__firm", "invitation__sourcing__organisation")
    )
    if not kept:
        raise refuse("nobody", "Cochez au moins une entreprise.", "submissions")
    asked = LastPriceRound.objects.create(sourcing=sourcing, asked_by=agent.user, asked_at=timezone.now(), deadline=deadline)
    asked.submissions.set(kept)
    relays: list[Relay] = []
    for submission in kept:
        subject, body = letters.last_price(sourcing, submission, deadline)
        relays += tell_one(
            submission.invitation, "last_price", submission.pk, subject, body, Relay.Subject.LAST_PRICE,
            letters.last_price_on_paper(deadline),
        )  # fmt: skip
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "last_price.asked",
        {
            "name": agent.user.name,
            "deadline": deadline,
            "count": len(kept),
            "firms": [{"siret": s.firm.siret, "name": s.invitation.named} for s in kept],
        },
        actor=agent.id,
        rows=[asked, *relays],
    )
    return asked
