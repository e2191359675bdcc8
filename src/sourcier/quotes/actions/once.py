"""The one-time code: who holds the link alone neither reads an answer again, nor replaces it, nor takes it back.

It goes to the address or the mobile that the city wrote to, and to the address left with the answer that counts: what only
the firm receives.
Sealed, as an acknowledgement is: asking for a code tells that there is an answer to read again.
"""

import hmac
import secrets
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.kernel.french import format_hour
from sourcier.kernel.transitions import Refused, refuse
from sourcier.mail.actions import enqueue
from sourcier.mail.rules import SECRET_MARK
from sourcier.mail.texts import enqueue_text
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.models import OneTimeCode, Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing import limits
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.queries import texted_at
from sourcier.sourcing.text_words import CODE
from sourcier.suppliers.tokens import once_hmac

SENT_BY_INVITATION = 6
TRIES_BY_SENDER = 40


@transaction.atomic
def send_code(invitation: Invitation) -> OneTimeCode:
    """Draw six digits and send them (`code.sent`, sealed); the former code is worth nothing any more. Raises `Refused`."""
    now = timezone.now()
    addresses = answers.proof_addresses(invitation)
    by_text = texted_at(invitation)
    if not addresses and not by_text:
        raise refuse("no_address", "La mairie n'a pas votre adresse électronique. Appelez-la.")
    limits.take("once-sent", invitation.pk.hex, SENT_BY_INVITATION, now)
    digits = f"{secrets.randbelow(10**6):06}"
    kept = {"code_hmac": _hmac(invitation.pk, digits), "sent_at": now, "tries": 0}
    code, _ = OneTimeCode.objects.update_or_create(invitation=invitation, defaults=kept)
    _write(invitation, "code.sent", {})
    for address in addresses:
        _post(invitation, address, digits, code)
    if by_text:
        _text(invitation, by_text, digits)
    return code


def prove(invitation: Invitation, typed: str, sender: str) -> Submission:
    """The answer that the code opens (`code.accepted`). Raises `Refused`; a wrong try stays counted (`code.refused`)."""
    limits.take("once", sender, TRIES_BY_SENDER, timezone.now())
    with transaction.atomic():
        good = _try(invitation, "".join(letter for letter in typed if letter.isdecimal()))
    found = answers.current(invitation) or answers.last_sent(invitation)
    if not good or found is None:
        raise Refused(rules.WRONG_CODE, "code")
    return found


def _try(invitation: Invitation, digits: str) -> bool:
    code = OneTimeCode.objects.select_for_update().filter(invitation=invitation).first()
    if code is None or not code.code_hmac or not rules.code_alive(code.sent_at, code.tries, timezone.now()):
        return False
    good = hmac.compare_digest(code.code_hmac, _hmac(invitation.pk, digits))
    code.tries += 1
    if good:
        code.code_hmac = ""
    code.save(update_fields=["tries", "code_hmac"])
    _write(invitation, "code.accepted" if good else "code.refused", {"tries": code.tries})
    return good


def _hmac(invitation_id: UUID, digits: str) -> str:
    return once_hmac(f"{invitation_id.hex}:{digits}")


def _post(invitation: Invitation, address: str, digits: str, code: OneTimeCode) -> None:
    sourcing = invitation.sourcing
    lines = [
        "Madame, Monsieur,",
        "",
        f"Votre code : {SECRET_MARK}",
        f"Il sert une fois, jusqu'à {format_hour(code.sent_at + rules.CODE_LIFE)}. Tapez-le sur la page de la demande.",
        "",
        f"Demande : {sourcing.title}",
        f"De : {sourcing.organisation.name}",
        "",
        "Vous n'avez pas demandé de code ? Ne le donnez à personne : sans lui, votre réponse reste fermée.",
    ]
    enqueue(
        sourcing.organisation, kind="code", to_address=address, to_name=invitation.firm.name,
        subject="Votre code à usage unique", body="\n".join(lines), operation_id=sourcing.need_id, firm_id=invitation.firm_id,
        subject_id=invitation.pk, sealed=True, secret=digits,
    )  # fmt: skip


def _text(invitation: Invitation, number: str, digits: str) -> None:
    sourcing = invitation.sourcing
    enqueue_text(
        sourcing.organisation, kind="code", number=number, to_name=invitation.firm.name, sentence=CODE, secret=digits,
        operation_id=sourcing.need_id, firm_id=invitation.firm_id, subject_id=invitation.pk, sealed=True,
    )  # fmt: skip


def _write(invitation: Invitation, verb: str, facts: dict[str, int]) -> None:
    sourcing = invitation.sourcing
    told = {"firm": invitation.named, "invitation": invitation.pk, **facts}
    append(sourcing.organisation_id, sourcing.need_id, verb, told, actor=invitation.author_id)
