"""The opening: by the server or by two people once the deadline is over and a third party agrees; seals are lifted then.

Rules first, then the seals and their files, outside any lock; then one transaction that asks the rules again and writes.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Opener, Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs.queries import abstention
from sourcier.quotes import opening_rules as rules
from sourcier.quotes.actions.evaluate import lock, require_declared
from sourcier.quotes.answer_content import fill
from sourcier.quotes.clocks import clock_of
from sourcier.quotes.models import LastPriceRound, OpeningConsent, SavingReference, Submission
from sourcier.quotes.opening_rules import How, Seal
from sourcier.quotes.queries.opening import consents, may_consent, opens, seal_of, standing
from sourcier.quotes.rules import may_open
from sourcier.quotes.sealing import Unsealed, lift, seals, still_sealed
from sourcier.sourcing.actions import progress
from sourcier.sourcing.models import Sourcing
from sourcier.vault.queries import file_facts

logger = logging.getLogger(__name__)
SERVER = "Le serveur"


def open_answers(agent: Agent, sourcing_id: UUID, *, alone: str | None = None) -> Sourcing:
    """Open what stood at the deadline, or agree to it where two are needed and this is the first. Late answers stay closed.

    `alone` is the reason of a head buyer who opens without a second person. Raises `Refused`.
    """
    sourcing = Sourcing.objects.select_related("need").get(pk=sourcing_id, organisation=agent.organisation)
    _may_begin(sourcing, timezone.now())
    act = _act(agent, sourcing, 1, alone)
    if act is None:
        return sourcing
    return _open(sourcing.pk, act, _lifted(sourcing, 1))


def open_last_prices(agent: Agent, sourcing_id: UUID, *, alone: str | None = None) -> LastPriceRound:
    """Open the last prices after their common deadline, as `open_answers` does. Raises `Refused`."""
    asked = LastPriceRound.objects.select_related("sourcing__need").get(
        sourcing=sourcing_id, sourcing__organisation=agent.organisation
    )
    _may_begin_last_prices(asked, timezone.now())
    act = _act(agent, asked.sourcing, 2, alone)
    if act is None:
        return asked
    return _open_last_prices(asked.pk, act, _lifted(asked.sourcing, 2))


def open_due(now: datetime) -> int:
    """Open by the server alone what waits for nobody: small purchases whose reference is chosen. For `tick`.

    One that cannot be opened keeps none of the others closed; who tries it on its page reads why.
    """
    closed = Sourcing.objects.filter(kind=Sourcing.Kind.RFQ, state=Sourcing.State.CLOSED, two_openers=False)
    opened = 0
    for sourcing in closed.filter(saving_reference__isnull=False).select_related("organisation").order_by("deadline", "pk"):
        seal = seal_of(sourcing, 1)
        if seal is None or rules.may_lift(seal, now):
            continue
        try:
            _open(sourcing.pk, Act(None, How.SERVER), _lifted(sourcing, 1))
            opened += 1
        except Refused as refused:
            logger.critical("the server opens nothing of %s: %s", sourcing.pk, refused.refusal.code)
    return opened


def _lifted(sourcing: Sourcing, round_: int) -> dict[UUID, Unsealed]:
    """What the seals of that round hold, by answer. Raises `Refused` when one is broken."""
    return {each.pk: lift(each) for each in standing(sourcing, round_) if still_sealed(each)}


# --- who opens -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """Who opens (None: the server by itself), in which of the three ways, and the reason of who opens alone."""

    agent: Agent | None
    how: How
    reason: str = ""

    @property
    def name(self) -> str:
        return self.agent.user.name if self.agent else SERVER

    @property
    def actor(self) -> UUID | None:
        return self.agent.id if self.agent else None


def _may_begin(sourcing: Sourcing, now: datetime) -> None:
    priced = sourcing.kind != Sourcing.Kind.RFI
    reference = SavingReference.objects.filter(sourcing=sourcing).exists()
    if refusal := may_open(sourcing.state, sourcing.deadline, now, reference, priced):
        raise Refused(refusal)


def _may_begin_last_prices(asked: LastPriceRound, now: datetime) -> None:
    if asked.opened_at is not None:
        raise refuse("already_opened", "Les derniers prix sont déjà ouverts.")
    if now <= asked.deadline:
        raise refuse("before_deadline", "Personne ne voit les derniers prix avant la date limite. Vous non plus.")


def _act(agent: Agent, sourcing: Sourcing, round_: int, alone: str | None) -> Act | None:
    """How this person opens now; None when he has just agreed and another must. Raises `Refused`."""
    seal, now = seal_of(sourcing, round_), timezone.now()
    if refusal := abstention(agent, sourcing.need):
        raise Refused(refusal)
    if seal is None:
        _require_opener(agent, sourcing)
        return Act(agent, How.SERVER)
    if alone is not None:
        if refusal := rules.may_lift_alone(seal, now, agent.has(Role.HEAD_BUYER), alone):
            raise Refused(refusal)
        require_declared(agent, sourcing)
        return Act(agent, How.ALONE, alone.strip())
    if not seal.needs_two:
        _require_opener(agent, sourcing)
        if refusal := rules.may_lift(seal, now):
            raise Refused(refusal)
        return Act(agent, How.SERVER)
    _agree(agent, sourcing, round_, seal, now)
    together = replace(seal, consents=consents(sourcing, round_).count())
    return None if rules.may_lift(together, now) else Act(agent, How.TWO)


def _require_opener(agent: Agent, sourcing: Sourcing) -> None:
    """Refuse who does not open the quotes of this purchase: on a lane of the department, the city says which of the two."""
    if refusal := opens(agent, sourcing):
        raise Refused(refusal)


@transaction.atomic
def _agree(agent: Agent, sourcing: Sourcing, round_: int, seal: Seal, now: datetime) -> None:
    """Note that this person agrees (`opening.agreed`); once."""
    if refusal := rules.may_agree(seal, now):
        raise Refused(refusal)
    if not may_consent(agent):
        raise refuse("not_an_opener", "Vous n'êtes pas de ceux que la ville a nommés pour ouvrir ces plis.")
    require_declared(agent, lock(agent, sourcing.pk))
    named = Opener.objects.filter(organisation=agent.organisation, user=agent.user).first()
    substitute = named is not None and named.substitute
    consent, new = OpeningConsent.objects.get_or_create(
        sourcing=sourcing, round=round_, user=agent.user, defaults={"substitute": substitute, "agreed_at": now}
    )
    if new:
        said = {
            "name": agent.user.name, "sourcing": sourcing.pk, "round": round_,
            "quality": ("suppléant" if substitute else "titulaire") if named else "acheteur",
        }  # fmt: skip
        append(sourcing.organisation_id, sourcing.need_id, "opening.agreed", said, actor=agent.id, rows=[consent])


# --- what is written -------------------------------------------------------------------------------------------------------


@transaction.atomic
def _open(sourcing_id: UUID, act: Act, unsealed: Mapping[UUID, Unsealed]) -> Sourcing:
    now = timezone.now()
    sourcing = Sourcing.objects.select_for_update(of=("self",)).select_related("need", "organisation").get(pk=sourcing_id)
    _may_begin(sourcing, now)
    progress.mark_opened(sourcing, now)
    received = list(standing(sourcing, 1))
    late = Submission.objects.filter(sourcing=sourcing, state=Submission.State.LATE).count()
    said = {
        "name": act.name,
        "count": len(received),
        "late": late,
        "opened": [_named(s) | {"submission": s.pk, "kind": s.kind} for s in received],
        **_manner(act, sourcing, 1),
    }
    append(sourcing.organisation_id, sourcing.need_id, "answers.opened", said, actor=act.actor, rows=[sourcing])
    _unseal(received, unsealed, now, act)
    return sourcing


@transaction.atomic
def _open_last_prices(round_id: int, act: Act, unsealed: Mapping[UUID, Unsealed]) -> LastPriceRound:
    now = timezone.now()
    asked = LastPriceRound.objects.select_for_update(of=("self",)).select_related("sourcing").get(pk=round_id)
    sourcing = asked.sourcing
    _may_begin_last_prices(asked, now)
    asked.opened_at = now
    asked.save(update_fields=["opened_at"])
    received = list(standing(sourcing, 2))
    said = {
        "name": act.name,
        "count": len(received),
        "firms": [{"siret": s.firm.siret, "name": s.invitation.named} for s in received],
        **_manner(act, sourcing, 2),
    }
    append(sourcing.organisation_id, sourcing.need_id, "last_price.opened", said, actor=act.actor, rows=[asked])
    _unseal(received, unsealed, now, act)
    return asked


def _manner(act: Act, sourcing: Sourcing, round_: int) -> dict[str, Any]:
    """In which way the round was opened, who agreed, who vouches for the time."""
    if not seals(sourcing):
        return {}
    clock, check = clock_of(sourcing, round_)
    return {
        "how": act.how.value,
        "reason": act.reason,
        "openers": [each.user.name for each in consents(sourcing, round_)],
        "clock": clock.value,
        "told_at": check.told_at if check else None,
    }


def _named(submission: Submission) -> dict[str, str]:
    """Who answers, for an entry: the SIRET given, by which channel, and whether the city has checked it."""
    invitation = submission.invitation
    identity = "to_check" if invitation.unverified else "checked" if invitation.came else ""
    return {
        "siret": invitation.firm.siret, "firm": invitation.named, "channel": invitation.channel, "identity": identity,
    }  # fmt: skip


def _unseal(submissions: list[Submission], unsealed: Mapping[UUID, Unsealed], now: datetime, act: Act) -> None:
    """Write what the seals held, one entry for each quote: the content as it was hashed at its deposit, salt included."""
    for submission in submissions:
        if not still_sealed(submission):
            continue
        if submission.pk not in unsealed:
            raise refuse("just_arrived", "Une réponse vient d'être rangée. Rien n'est ouvert : recommencez.")
        found = unsealed[submission.pk]
        rows = fill(submission, found.content)
        submission.unsealed_at = now
        submission.save()
        written = [submission, *rows.save(), *_readable(submission, found), *submission.answers.all()]
        said = {
            "submission": submission.pk,
            "firm": submission.invitation.named,
            "siret": submission.firm.siret,
            "receipt": submission.receipt_number,
            "content": found.encoded.decode(),
            "commitment": found.commitment,
            "documents": [file_facts(file) for file in found.files.values()],
        }
        append(
            submission.organisation_id, submission.sourcing.need_id, "answer.unsealed", said, actor=act.actor,
            rows=[*written, *found.files.values()],
        )  # fmt: skip


def _readable(submission: Submission, found: Unsealed) -> list[Model]:
    """Put the readable copy of each file in the place of the sealed one."""
    documents = list(submission.documents.filter(file__in=found.files))
    replies = list(submission.answers.filter(file__in=found.files))
    for each in (*documents, *replies):
        each.box_id, each.file = each.file_id, found.files[each.file_id]
        each.save(update_fields=["file", "box"])
    return list(documents)
