"""What a firm is written about its idea, in plain French: it came in; what the city answers."""

import logging

from django.conf import settings
from django.urls import reverse

from sourcier.accounts.models import Organisation
from sourcier.ideas.models import Idea
from sourcier.journal.keys import KeyMissing, fingerprint_line
from sourcier.journal.models import Entry
from sourcier.journal.proofs import Inconsistent, NodeMissing, receipt
from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.mail.actions import enqueue
from sourcier.mail.models import OutgoingMessage

logger = logging.getLogger(__name__)
RECEIVED, ANSWER = "idea_received", "idea_answer"


def _reach(city: Organisation) -> str:
    return ", ".join(filter(None, (city.phone, city.phone_hours))) or city.email


def send_received(idea: Idea) -> None:
    """« Bien reçu », with the signed receipt joined as it leaves. It never repeats the idea: the address may be another's."""
    body = [
        "Madame, Monsieur,",
        f"{idea.organisation.name} a bien reçu votre idée, le {format_moment(idea.received_at)}.",
        f"Votre récépissé : {idea.receipt_number}. Gardez ce message.",
        f"La mairie vous répond au plus tard le {format_date(idea.answer_by, weekday=True)}. Elle seule lit votre idée.",
        f"Le récépissé signé est joint. Il se vérifie sans la mairie : {settings.SITE_URL}{reverse('verifier')}",
        f"Vous n'avez rien proposé ? Dites-le-nous : {_reach(idea.organisation)}.",
        fingerprint_line(idea.organisation_id),
    ]
    _send(idea, RECEIVED, f"Bien reçu : votre idée, récépissé {idea.receipt_number}", body)


def send_answer(idea: Idea) -> None:
    """The city's words, whole; the only thing that they cite is the receipt."""
    body = [
        "Madame, Monsieur,",
        f"Vous avez proposé une idée le {format_date(idea.received_at.astimezone(PARIS).date())} "
        f"(récépissé {idea.receipt_number}). Voici la réponse.",
        idea.answer,
        f"Pour en parler : {_reach(idea.organisation)}.",
        idea.organisation.name,
    ]
    _send(idea, ANSWER, f"Réponse à votre idée, récépissé {idea.receipt_number}", body)


def _send(idea: Idea, kind: str, subject: str, body: list[str]) -> None:
    if idea.email:
        enqueue(
            idea.organisation, kind=kind, to_address=idea.email, to_name=idea.name, subject=subject, body="\n\n".join(body),
            firm_id=idea.firm_id, subject_id=idea.pk,
        )  # fmt: skip


def signed_receipt(message: OutgoingMessage) -> tuple[str, str] | None:
    """The `.tlog-proof` joined to « Bien reçu »; a key that is lost keeps no message back."""
    idea = Idea.objects.filter(pk=message.subject_id, entry_id__isnull=False).first()
    if idea is None:
        return None
    try:
        return f"{idea.receipt_number}.tlog-proof", receipt(Entry.objects.get(pk=idea.entry_id))
    except (KeyMissing, Inconsistent, NodeMissing) as error:
        logger.error("« bien reçu » leaves without its signed receipt: %s", type(error).__name__)
        return None
