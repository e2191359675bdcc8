"""SMS asked for: queued with the act that asks for them; `text_outbox` sends them.

A text is always one SMS: the city's name is shortened, never the link.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sourcier.accounts.models import Organisation
from sourcier.kernel.sms import TooLong, one_sms
from sourcier.kernel.transitions import refuse
from sourcier.mail import secrets
from sourcier.mail.models import OutgoingText
from sourcier.mail.rules import SECRET_MARK
from sourcier.mail.tasks import wake_texts_soon


@sensitive_variables()
def enqueue_text(
    organisation: Organisation,
    *,
    kind: str,
    number: str,
    sentence: str,
    secret: str,
    to_name: str = "",
    operation_id: UUID | None = None,
    firm_id: UUID | None = None,
    subject_id: UUID | None = None,
    sealed: bool = False,
) -> OutgoingText:
    """Queue an SMS inside the caller's transaction; it leaves after the commit. `number` is E.164.

    `sentence` has the city at its `{nom}` and `secret` (a link, a code) at its `SECRET_MARK`. Like `mail.actions.enqueue` it
    writes no entry. Raises `Refused` when the link alone is too long for one SMS.
    """
    now = timezone.now()
    text = OutgoingText.objects.create(
        organisation=organisation, kind=kind, to_number=number, to_name=" ".join(to_name.split())[:200],
        body=_body(sentence, organisation.name, secret), secret=secrets.seal(secret), operation_id=operation_id,
        firm_id=firm_id, subject_id=subject_id, sealed=sealed, next_check=now, created_at=now,
    )  # fmt: skip
    transaction.on_commit(wake_texts_soon, robust=True)
    return text


def _body(sentence: str, city: str, secret: str) -> str:
    for said in (sentence, SECRET_MARK):
        try:
            return one_sms(said, city, SECRET_MARK, secret)
        except TooLong:
            continue
    raise refuse("sms_too_long", "L'adresse du site est trop longue pour un SMS. Prévenez l'administrateur (sourcier doctor).")
