"""What the answers give up: those not chosen when their term is over, all of them with the operation."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from sourcier.mail.retention import (
    EMPTY,
    EMPTY_INCOMING_TEXT,
    EMPTY_TEXT,
    give_up_incoming,
    messages_about,
    received_about,
    texts_about,
    texts_from,
)
from sourcier.quotes.actions.after_opening import sealed
from sourcier.quotes.models import (
    Award,
    CallBack,
    Clarification,
    Contest,
    HeardPrice,
    NewsWish,
    Notification,
    QuestionAnswer,
    QuotedLine,
    SavingReference,
    Score,
    Submission,
    SubmissionDocument,
)
from sourcier.retention.registry import ERASED, Emptied, Scope, Trace
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.rules import Invalid, clean_phone
from sourcier.vault.models import SealingKey


def give_up(scope: Scope) -> Emptied:
    """The words, prices, files and marks of the answers; of those not chosen alone when `losing`."""
    inside = {"sourcing__need_id": scope.subject_id, "sourcing__organisation_id": scope.organisation_id}
    answers = Submission.objects.filter(**inside)
    made = Emptied()
    if scope.losing:
        answers = answers.exclude(pk__in=_chosen(inside))
        about = {*answers.values_list("pk", flat=True), *_notified(answers)}
        made.empty(messages_about(scope.organisation_id, scope.subject_id, about), **EMPTY)
        made.empty(texts_about(scope.organisation_id, scope.subject_id, about), **EMPTY_TEXT)
        kept = Submission.objects.filter(pk__in=_chosen(inside)).values("invitation_id")
        lost = answers.exclude(invitation_id__in=kept).values_list("invitation_id", flat=True)
        give_up_incoming(made, received_about(scope.organisation_id, scope.subject_id, set(lost)))
        made.empty(texts_from(scope.organisation_id, scope.subject_id, set(lost)), **EMPTY_INCOMING_TEXT)
    else:
        _whole(made, inside)
    made.empty(
        answers, daily_maximum="", reservation="", note="", decline_note="", signer="", email="", envelope="",
        sealed=None, sealed_sha256="",
    )  # fmt: skip
    of_these = {"submission__in": answers}
    made.gone += QuotedLine.objects.filter(**of_these)
    made.empty(QuestionAnswer.objects.filter(**of_these), text="")
    made.empty(Score.objects.filter(**of_these), note="", reason="")
    made.empty(Clarification.objects.filter(**of_these), question=ERASED, answer="")
    made.empty(Contest.objects.filter(**of_these), sealed=None, sealed_sha256="", answer="")
    made.empty(Notification.objects.filter(**of_these), sentence="", body=ERASED, how="")
    documents, replies = SubmissionDocument.objects.filter(**of_these), QuestionAnswer.objects.filter(**of_these)
    for joined in (documents, replies):
        made.files.update(pk for pair in joined.values_list("file_id", "box_id") for pk in pair if pk)
    return made


def _whole(made: Emptied, inside: dict[str, Any]) -> None:
    made.empty(Award.objects.filter(**inside), rationale=ERASED)
    # Without its key, whatever copy of a sealed quote is left anywhere is read by nobody.
    sourcings = Sourcing.objects.filter(**{path.removeprefix("sourcing__"): value for path, value in inside.items()})
    made.gone += SealingKey.objects.filter(operation_id__in=sourcings.values("pk"))
    made.empty(HeardPrice.objects.filter(**inside), how=ERASED, allowed_reason="")
    calls = CallBack.objects.filter(**{f"invitation__{path}": value for path, value in inside.items()})
    made.empty(calls, number="")
    wishes = NewsWish.objects.filter(**{f"invitation__{path}": value for path, value in inside.items()})
    made.empty(wishes, email=lambda wish: f"{wish.pk.hex}@efface.invalid")
    references = SavingReference.objects.filter(**inside).exclude(document=None)
    made.files.update(references.values_list("document_id", flat=True))


def _chosen(inside: dict[str, Any]) -> set[UUID]:
    """The answers kept with the contract: chosen, or standing in for one."""
    awards = Award.objects.filter(**inside).filter(~Q(submission=None))
    return {pk for pair in awards.values_list("submission_id", "stand_in_id") for pk in pair if pk}


def _notified(answers: QuerySet[Submission]) -> set[UUID]:
    return set(Notification.objects.filter(submission__in=answers).values_list("pk", flat=True))


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Who signed an answer, and where to write to him, once the answers are open; the numbers left to be called back."""
    opened = Submission.objects.filter(organisation_id=organisation_id, sourcing__opened_at__isnull=False)
    asked = opened.filter(Q(signer__icontains=text) | Q(email__icontains=text)).select_related("sourcing", "firm")
    kept = "Réponse à un achat : gardée avec son dossier (code de la commande publique, R.2184-12 et R.2184-13)."
    for submission in asked.order_by("received_at"):
        said = f"{submission.firm.name}, {submission.signer} {submission.email} : {submission.sourcing.title}"
        yield Trace("Réponse", said, submission.received_at, submission.sourcing.need_id, kept=kept)
    yield from _numbers_left(organisation_id, text)


def _numbers_left(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """« Rappelez-moi »: of a request still closed, what the list of the agents shows, neither the firm nor the purchase."""
    try:
        number = clean_phone(text)
    except Invalid:
        number = text
    calls = CallBack.objects.filter(invitation__sourcing__organisation_id=organisation_id, number__icontains=number)
    kept = (
        "Laissé pour être rappelé pendant un achat : effacé avec son dossier (code de la commande publique, R.2184-12 et "
        "R.2184-13). Faux ? L'entreprise en laisse un autre sur la page de sa demande : il remplace celui qui attend."
    )
    for call in calls.select_related("invitation__sourcing", "invitation__firm").order_by("asked_at", "pk"):
        sourcing = call.invitation.sourcing
        hour = f"{call.number}, {call.get_when_display().lower()}"
        if sealed(sourcing):
            yield Trace("Numéro à rappeler", hour, call.asked_at, kept=kept)
        else:
            said = f"{call.invitation.firm.name}, {hour} : {sourcing.title}"
            yield Trace("Numéro à rappeler", said, call.asked_at, sourcing.need_id, kept=kept)
