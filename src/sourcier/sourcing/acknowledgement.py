"""« Bien reçu »: what a firm sent has come in, under a number drawn at random. Words of a person are never repeated in it."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from sourcier.journal.keys import fingerprint_line
from sourcier.mail.actions import enqueue
from sourcier.sourcing.actions import texting
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.sourcing.queries import reached_at, texted_at
from sourcier.sourcing.replying import reply_to


def acknowledge(
    invitation: Invitation, subject: str, said: Sequence[str], what: str, subject_id: UUID, *, sealed: bool, number: str
) -> None:
    """Put it in the outbox, for a firm reached by e-mail or SMS; the others read it on their page.

    `what`: « cette question »; `number`: that of its receipt.
    """
    if texted_at(invitation):
        texting.text(invitation, "acknowledgement", subject_id, sealed=sealed, number=number)
        return
    if not (address := reached_at(invitation)):
        return
    sourcing, firm = invitation.sourcing, invitation.firm
    enqueue(
        sourcing.organisation, kind="acknowledgement", to_address=address, to_name=firm.name, subject=subject,
        body=body(sourcing, firm.name, said, what), operation_id=sourcing.need_id, firm_id=firm.pk, subject_id=subject_id,
        sealed=sealed, reply_to=reply_to(invitation),
    )  # fmt: skip


def body(sourcing: Sourcing, firm: str, said: Sequence[str], what: str) -> str:
    """The message: which request, what was received, whom to call when one did not send it, the key's fingerprint."""
    lines = [
        "Madame, Monsieur,",
        "",
        f"Demande : {sourcing.title}",
        f"De : {sourcing.organisation.name}",
        f"Entreprise : {firm}",
        "",
        *said,
        f"Le récépissé signé est joint. Il se vérifie sans la mairie : {settings.SITE_URL}{reverse('verifier')}",
        "",
        f"Vous n'avez pas envoyé {what} ? Appelez-nous : "
        + " ".join(part for part in (sourcing.contact_name, sourcing.contact_phone, sourcing.contact_hours) if part),
        "",
        fingerprint_line(sourcing.organisation_id),
    ]
    return "\n".join(lines)
