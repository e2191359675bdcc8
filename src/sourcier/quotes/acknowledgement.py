"""The acknowledgement by e-mail: sealed, so that nobody in the city sees that someone answered."""

import logging

from sourcier.journal.keys import KeyMissing
from sourcier.journal.proofs import Inconsistent, NodeMissing
from sourcier.kernel.french import format_moment
from sourcier.mail.actions import enqueue
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.rules import SECRET_MARK
from sourcier.quotes.models import Clarification, Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing import acknowledgement
from sourcier.sourcing.actions import texting
from sourcier.sourcing.models import FirmQuestion
from sourcier.sourcing.queries import texted_at
from sourcier.sourcing.replying import reply_to
from sourcier.suppliers.queries import email_of

logger = logging.getLogger(__name__)
SUBJECTS = {
    Submission.State.RECEIVED: "Bien reçu : récépissé {number}",
    Submission.State.LATE: "Arrivé trop tard : {number}",
    Submission.State.WITHDRAWN: "Réponse retirée : {number}",
}


def acknowledge(submission: Submission, understood: str = "") -> None:
    """Put one acknowledgement in the outbox for each address known: the one asked (or its mobile), and the one just left.

    `understood`: what was read of a reply, which rests encrypted until the message leaves since it may hold a price.
    """
    invitation, number = submission.invitation, submission.receipt_number
    by_text = texted_at(invitation)
    if by_text:
        texting.text(invitation, "acknowledgement", submission.pk, sealed=True, number=number)
    known = "" if by_text else invitation.address or email_of(submission.firm)
    addresses = {address.strip().lower(): address.strip() for address in (known, submission.email) if address}
    for address in addresses.values():
        enqueue(
            submission.organisation,
            kind="acknowledgement",
            to_address=address,
            to_name=submission.firm.name,
            subject=SUBJECTS[Submission.State(submission.state)].format(number=submission.receipt_number),
            body=body(submission),
            reply_to=reply_to(submission.invitation),
            secret=understood,
            operation_id=submission.sourcing.need_id,
            firm_id=submission.firm_id,
            subject_id=submission.pk,
            sealed=True,
        )


def acknowledge_clarification(clarification: Clarification) -> None:
    """Tell the firm, if an e-mail reaches it, that its explanation came in. After the opening, nothing of it is sealed."""
    received = format_moment(clarification.answered_at) if clarification.answered_at else ""
    number = clarification.receipt_number
    said = [
        f"Votre précision est bien reçue, le {received}.",
        f"Votre récépissé : {number}. Gardez ce message.",
        "La mairie la lira. Votre prix ne change pas.",
    ]
    acknowledgement.acknowledge(
        clarification.submission.invitation, f"Bien reçu : votre précision, récépissé {number}", said, "cette précision",
        clarification.pk, sealed=False, number=number,
    )  # fmt: skip


def signed_receipt(message: OutgoingMessage) -> tuple[str, str] | None:
    """The `.tlog-proof` of what a firm sent, joined to its acknowledgement; a key that is lost keeps no message back."""
    for sent in (Submission, FirmQuestion, Clarification):
        row = sent.objects.filter(pk=message.subject_id, entry_id__isnull=False).first()
        if row is None:
            continue
        try:
            return f"{row.receipt_number}.tlog-proof", answers.receipt_text(row)
        except (KeyMissing, Inconsistent, NodeMissing) as error:
            logger.error("an acknowledgement leaves without its signed receipt: %s", type(error).__name__)
    return None


def body(submission: Submission) -> str:
    """Plain sentences. Never a price: the message may be read by others at the firm, or forwarded."""
    return acknowledgement.body(submission.sourcing, submission.firm.name, _verdict(submission), "cette réponse")


def _verdict(submission: Submission) -> list[str]:
    received = format_moment(submission.received_at) if submission.received_at else ""
    if submission.state == Submission.State.LATE:
        said = [
            f"Votre réponse est arrivée le {received}.",
            "La date limite était passée. Votre réponse n'a pas été prise.",
            f"Elle est gardée fermée, sous le numéro {submission.receipt_number}. Personne ne la lira.",
        ]
        # Without its receipt's number, which opens the answer: this message also goes to an address just typed.
        if (earlier := answers.current(submission.invitation)) and earlier.received_at:
            said.append(f"Votre réponse du {format_moment(earlier.received_at)} reste valable : c'est elle qui compte.")
        return said
    if submission.state == Submission.State.WITHDRAWN:
        return [f"Votre réponse {submission.receipt_number} est retirée. La mairie ne la lira pas."]
    lines = [f"Bien reçu le {received}.", f"Votre récépissé : {submission.receipt_number}. Gardez ce message."]
    if submission.by_email:
        return [*lines, "", SECRET_MARK, "", "Personne ne lit votre prix avant la date limite."]
    if submission.replaces:
        lines.append(f"Cette réponse remplace celle du récépissé {submission.replaces.receipt_number}.")
    if submission.round > 1:
        lines.append("Ce que vous n'avez pas changé garde votre premier prix.")
    if submission.kind != Submission.Kind.DECLINE:
        lines.append("Vous pouvez changer votre réponse jusqu'à la date limite, avec le même lien.")
        lines.append("Personne ne lit votre prix avant cette date.")
    return lines
