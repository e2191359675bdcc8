"""The public notice: any firm, from anywhere, with a SIRET and an e-mail confirmed by link. Its identity is checked later."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.transitions import Refused, refuse
from sourcier.mail.actions import enqueue
from sourcier.register import search as register
from sourcier.register.establishment import Establishment
from sourcier.register.search import RegisterMissing
from sourcier.sourcing import limits, rules, words
from sourcier.sourcing.actions import common
from sourcier.sourcing.actions.invite import new_invitation, one_seed, write
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import Invitation, NoticeVisit, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.suppliers import rules as suppliers
from sourcier.suppliers import tokens
from sourcier.suppliers.actions import meet

LIFETIME = timedelta(days=2)


class Used(Refused):
    """The link has already served: `invitation` is what it gave."""

    def __init__(self, invitation: Invitation) -> None:
        sentence = "Ce lien a déjà servi : votre adresse est confirmée. Votre page vous a été envoyée par courriel."
        super().__init__(rules.Refusal("used", sentence))
        self.invitation = invitation


def come(sourcing: Sourcing, siret: str, email: str, name: str = "", sender: str = "") -> NoticeVisit:
    """Ask to answer a notice: a link goes to the address. `name` is for a firm that the register does not name; `sender` (the
    visitor's network address) is only counted, as an HMAC. Raises `Refused` beside its field."""
    try:
        siret = parse_siret(siret)
        email = suppliers.clean_email(email)
    except InvalidIdentifier as error:
        raise refuse("siret", str(error), "siret") from None
    except suppliers.Invalid as error:
        raise refuse("email", str(error), "email") from None
    known = _establishment(siret)
    if known and not known.active:
        raise refuse("closed", "Le répertoire dit cet établissement fermé. Donnez le SIRET de celui qui travaille.", "siret")
    shown = known.name if known and known.disclosed else ""
    name = shown or common.words(
        name, 200, "name", required="Écrivez le nom de votre entreprise : le répertoire ne le donne pas."
    )
    return _come(sourcing, siret, name, email, sender)


def _establishment(siret: str) -> Establishment | None:
    """A visitor must not suffer from a register that is missing: he then gives his name."""
    try:
        return register.by_siret(siret)
    except RegisterMissing:
        return None


@transaction.atomic
def _come(sourcing: Sourcing, siret: str, name: str, email: str, sender: str) -> NoticeVisit:
    now = timezone.now()
    sourcing = _open(sourcing, now)
    limits.take("notice.sender", sender, limits.NOTICE_BY_SENDER, now)
    limits.take("notice.email", email, limits.NOTICE_BY_EMAIL, now)
    limits.take("notice.sourcing", sourcing.pk.hex, limits.NOTICE_BY_SOURCING, now)
    seed = tokens.new_seed()
    token = tokens.token(seed)
    visit = NoticeVisit.objects.create(
        sourcing=sourcing, siret=siret, name=name, email=email, seed=seed, token_sha256=tokens.token_hash(token),
        created_at=now, expires_at=now + LIFETIME,
    )  # fmt: skip
    _sealed(visit, "notice.come")
    subject, body = words.confirmation_mail(brief(sourcing), name)
    enqueue(
        sourcing.organisation, kind="confirmation", to_address=email, to_name=name, subject=subject, body=body,
        operation_id=sourcing.need_id, subject_id=visit.pk, sealed=True,
        secret=settings.SITE_URL + reverse("notice_confirm", args=[token]),
    )  # fmt: skip
    return visit


def _open(sourcing: Sourcing, now: datetime) -> Sourcing:
    """The sourcing, locked, as long as its notice may be answered."""
    locked = Sourcing.objects.select_for_update(of=("self",)).select_related("organisation", "need").get(pk=sourcing.pk)
    if not locked.public_notice or rules.state_guard(locked.state, Verb.COME) or not rules.in_time(locked.deadline, now):
        raise refuse("too_late", "La date limite est passée : cet avis n'attend plus de réponse.")
    return locked


def visit_by_token(token: str) -> NoticeVisit | None:
    """The visit of a confirmation link, used or expired ones included; None for a link that never was."""
    visits = NoticeVisit.objects.select_related("sourcing__organisation", "sourcing__need", "invitation")
    return visits.filter(token_sha256=tokens.token_hash(token)).first()


@transaction.atomic
def confirm(token: str) -> Invitation:
    """The address is the visitor's: he gets his page, and its link by e-mail. Raises `Used` or `Refused`."""
    visit = NoticeVisit.objects.select_for_update().filter(token_sha256=tokens.token_hash(token)).first()
    now = timezone.now()
    if visit is None:
        raise refuse("unknown", "Ce lien n'est pas bon. Reprenez-le en entier dans le message reçu, ou revenez à l'avis.")
    if visit.invitation_id:
        raise Used(Invitation.objects.get(pk=visit.invitation_id))
    sourcing = _open(visit.sourcing, now)
    if visit.expires_at <= now:
        raise refuse("expired", "Ce lien a plus de deux jours. Revenez à l'avis : un nouveau lien vous sera envoyé.")
    firm = meet(sourcing.organisation, _facts(visit), "notice")
    invitation = new_invitation(sourcing, firm, visit.email, one_seed(), now, Invitation.Channel.NOTICE)
    invitation.state, invitation.sent_at = Invitation.State.SENT, now
    invitation.save(force_insert=True)
    visit.invitation, visit.confirmed_at = invitation, now
    visit.save()
    _sealed(visit, "notice.confirmed", [firm, invitation])
    subject, body = words.personal_page_mail(brief(sourcing))
    write(invitation, "personal_page", subject, body, invitation.pk)
    return invitation


def _facts(visit: NoticeVisit) -> Any:
    """What is known of the firm: the register's row, else what the visitor gave."""
    known = _establishment(visit.siret)
    return known if known and known.disclosed else {"siret": visit.siret, "name": visit.name}


def _sealed(visit: NoticeVisit, verb: str, rows: Any = ()) -> None:
    sourcing = visit.sourcing
    payload = {"sourcing": sourcing.pk, "siret": visit.siret, "firm": visit.name, "email": visit.email}
    append(sourcing.organisation_id, sourcing.need_id, verb, payload, rows=rows)
