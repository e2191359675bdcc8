"""Questions of the firms: the asker is hidden, the answer goes to all."""

import secrets
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.french import format_moment
from sourcier.kernel.receipts import draw_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.sourcing import limits, queries, rules, words
from sourcier.sourcing.acknowledgement import acknowledge
from sourcier.sourcing.actions import common
from sourcier.sourcing.actions.common import entry, load
from sourcier.sourcing.actions.invite import tell_all
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import FirmQuestion, Invitation, Relay, Sourcing
from sourcier.sourcing.rules import Verb

MAX_TEXT = 2_000
BY_FIRM_AND_HOUR = 10


@transaction.atomic
def ask(invitation: Invitation, text: str) -> FirmQuestion:
    """A firm asks, before the deadline. The city reads the text; the entry that says who is sealed until the opening."""
    sourcing = (
        Sourcing.objects.select_for_update(of=("self",))
        .select_related("organisation", "need", "buyer")
        .get(pk=invitation.sourcing_id)
    )
    now = timezone.now()
    if (refusal := rules.state_guard(sourcing.state, Verb.ASK)) or not rules.in_time(sourcing.deadline, now):
        raise Refused(refusal) if refusal else refuse("too_late", rules.WRONG_STATE[Verb.ASK])
    text = common.words(text, MAX_TEXT, "text", required="Écrivez votre question.")
    limits.take("question", invitation.pk.hex, BY_FIRM_AND_HOUR, now)
    taken = FirmQuestion.objects.filter(sourcing__organisation=sourcing.organisation_id)
    number = draw_number(secrets.choice, lambda drawn: taken.filter(receipt_number=drawn).exists())
    question = FirmQuestion.objects.create(
        sourcing=sourcing, invitation=invitation, text=text, asked_at=now, receipt_number=number
    )
    facts = {
        "sourcing": sourcing.pk, "question": question.pk, "invitation": invitation.pk, "firm": invitation.named, "text": text,
        "receipt": number,
    }  # fmt: skip
    asked = append(
        sourcing.organisation_id, sourcing.need_id, "question.asked", facts, actor=invitation.author_id, rows=[question]
    )
    question.entry_id = asked.pk
    question.save(update_fields=["entry_id"])
    _acknowledge(question)
    return question


def _acknowledge(question: FirmQuestion) -> None:
    """Sealed, as the entry is: it would tell the city who asks."""
    said = [
        f"Votre question est bien reçue, le {format_moment(question.asked_at)}.",
        f"Votre récépissé : {question.receipt_number}. Gardez ce message.",
        "La réponse ira à toutes les entreprises, sans votre nom.",
    ]
    subject = f"Bien reçu : votre question, récépissé {question.receipt_number}"
    acknowledge(question.invitation, subject, said, "cette question", question.pk, sealed=True, number=question.receipt_number)


@transaction.atomic
def answer(agent: Agent, question_id: UUID, text: str, wording: str = "") -> FirmQuestion:
    """Answer for all: by e-mail to each firm asked or come by the notice, by a relay to those reached by letter.

    `wording` is the question as all will read it, when its own words would tell who asks; the city keeps the original.
    """
    found = FirmQuestion.objects.filter(sourcing__in=queries.visible(agent)).only("sourcing_id").get(pk=question_id)
    sourcing = load(agent, found.sourcing_id, Verb.REPLY)
    now = timezone.now()
    if not rules.in_time(sourcing.deadline, now):
        raise refuse("too_late", rules.WRONG_STATE[Verb.REPLY])
    question = FirmQuestion.objects.defer("invitation").get(pk=question_id)
    if question.answered_at is not None:
        raise refuse("already_answered", "Cette question a déjà reçu sa réponse, envoyée à tous.", "text")
    question.answer = common.words(text, MAX_TEXT, "text", required="Écrivez votre réponse.")
    question.wording = common.words(wording, MAX_TEXT, "wording") or question.text
    question.answered_by, question.answered_at = agent.user, now
    question.save(update_fields=["wording", "answer", "answered_by", "answered_at"])
    subject, body = words.answer_mail(brief(sourcing), question.told, question.answer)
    told = f"Question : {question.told}\nRéponse : {question.answer}"
    relays = tell_all(sourcing, "answer", question.pk, subject, body, Relay.Subject.ANSWER, told)
    payload = {"question": question.told, "answer": question.answer, "question_id": question.pk}
    entry(agent, sourcing, "question.answered", payload, [question, *relays])
    return question
