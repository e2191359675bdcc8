"""Anchors: a third party stamps the time of a signed checkpoint, and its answer goes back into the log.

The worker takes them, never a request, and no transaction waits for an authority. An act whose verb is `anchored` asks for
one in its own transaction; so does each new day. The token's entry makes the tree grow, so that there is one every day whether
firms answered or not: a day without would tell that none did.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from sourcier.journal import authorities
from sourcier.journal.actions import append, want_anchor
from sourcier.journal.authorities import Authority, Given, NoStamp
from sourcier.journal.keys import KeyMissing
from sourcier.journal.models import Anchor, Checkpoint, Log
from sourcier.journal.proofs import Inconsistent, NodeMissing, checkpoint
from sourcier.journal.verbs import ANCHORED
from sourcier.kernel.french import PARIS

# A worker that dies in the middle leaves its anchor to another after this.
LEASE = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)
UNSIGNED = "Le journal n'a pas pu être signé, et n'a donc pas été horodaté : lancez « sourcier doctor »."
WAITING = ~Q(state=Anchor.State.OBTAINED)


@dataclass
class _Pass:
    """One turn of the worker. An authority that failed once is not asked again in it: it would make every other city wait."""

    failed: dict[Authority, str] = field(default_factory=dict)

    def stamp(self, head: Checkpoint) -> tuple[Given | None, str]:
        """What the first good authority gave, and what those before it did."""
        wrong = []
        try:
            trusted = authorities.roots()
        except NoStamp as error:
            return None, str(error)
        for authority in authorities.configured():
            if authority not in self.failed:
                try:
                    return authorities.ask(authority, head.text.encode(), trusted), "\n".join(wrong)
                except NoStamp as error:
                    self.failed[authority] = str(error)
            wrong.append(self.failed[authority])
        return None, "\n".join(wrong)


def take_due(now: datetime) -> int:
    """Take the anchors that are due. Returns how many were obtained. Raises nothing for an authority: the row says it."""
    if not authorities.configured():
        return 0
    _want_daily(now)
    turn = _Pass()
    due = Anchor.objects.filter(WAITING, next_check__lte=now).order_by("next_check", "pk")
    return sum(_take(anchor_id, log_id, now, turn) for anchor_id, log_id in list(due.values_list("pk", "log_id")))


def _want_daily(now: datetime) -> None:
    """Ask for the anchor of the day (Paris) of every log that has none yet."""
    today = now.astimezone(PARIS).date()
    logs = Log.objects.filter(size__gt=0).exclude(anchors__in=Anchor.objects.filter(WAITING))
    for log_id, last in logs.annotate(last=Max("anchors__obtained_at")).order_by("pk").values_list("pk", "last"):
        if last is None or last.astimezone(PARIS).date() < today:
            with transaction.atomic():
                want_anchor(Log.objects.select_for_update().get(pk=log_id), now)


def _take(anchor_id: int, log_id: UUID, now: datetime, turn: _Pass) -> bool:
    claimed = _claim(anchor_id, log_id, now)
    if claimed is None:
        return False
    try:
        head = checkpoint(log_id)
    except (KeyMissing, Inconsistent, NodeMissing):
        given, wrong = None, UNSIGNED
    else:
        given, wrong = turn.stamp(head)
    if given is None:
        _put_off(claimed, wrong, now)
        return False
    return _keep(claimed, head, given, wrong)


@transaction.atomic
def _claim(anchor_id: int, log_id: UUID, now: datetime) -> Anchor | None:
    """Take it for ourselves; None when another worker did."""
    Log.objects.select_for_update().get(pk=log_id)
    anchor = Anchor.objects.filter(WAITING, pk=anchor_id, next_check__lte=now).first()
    if anchor:
        anchor.attempts += 1
        anchor.next_check = now + LEASE
        anchor.save(update_fields=["attempts", "next_check"])
    return anchor


def _locked(claimed: Anchor) -> tuple[Log, Anchor | None]:
    """The log, locked, and the anchor; None when another worker took it after our lease."""
    log = Log.objects.select_for_update().get(pk=claimed.log_id)
    return log, Anchor.objects.filter(WAITING, pk=claimed.pk, attempts=claimed.attempts).first()


@transaction.atomic
def _put_off(claimed: Anchor, wrong: str, now: datetime) -> None:
    _, anchor = _locked(claimed)
    if anchor:
        anchor.state, anchor.error = Anchor.State.FAILED, wrong
        anchor.next_check = now + wait_after(anchor.attempts)
        anchor.save(update_fields=["state", "error", "next_check"])


def wait_after(attempts: int) -> timedelta:
    """1, 2, 4… minutes, up to half an hour."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))


@transaction.atomic
def _keep(claimed: Anchor, head: Checkpoint, given: Given, wrong: str) -> bool:
    """Record the token, with its entry; ask again at once when an act went past the checkpoint meanwhile."""
    log, anchor = _locked(claimed)
    if anchor is None:
        return False
    anchor.state, anchor.checkpoint = Anchor.State.OBTAINED, head
    anchor.error = "\n".join(each for each in (wrong, given.kept.missing) if each)
    anchor.authority, anchor.reply, anchor.reply_sha256 = given.authority.url, given.reply, sha256(given.reply).hexdigest()
    anchor.told_at, anchor.obtained_at, anchor.serial = given.told_at, given.answered_at, given.serial
    anchor.certificates, anchor.trusted, anchor.entry_index = given.certificates, given.trusted, log.size
    anchor.revocations, anchor.answers = given.kept.lists or None, given.kept.answers or None
    anchor.save()
    told = {
        "authority": given.authority.name, "told_at": given.told_at, "serial": given.serial, "size": head.size,
        "root": head.root, "token_sha256": anchor.reply_sha256,
        "certificates_sha256": sha256(anchor.certificates.encode()).hexdigest(),
        "revocations_sha256": sha256(anchor.revocations or b"").hexdigest(),
        "answers_sha256": sha256(anchor.answers or b"").hexdigest(),
    }  # fmt: skip
    append(log.pk, None, ANCHORED, told, rows=[anchor])
    if anchor.wanted > head.size:
        want_anchor(Log.objects.get(pk=log.pk), given.answered_at)
    return True
