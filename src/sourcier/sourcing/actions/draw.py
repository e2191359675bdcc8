"""« Proposez-m'en 12 »: freeze the list, wait for a chance that nobody chose, draw, and keep what was drawn.

The list is an entry; the seed comes after it, from the token of a third party over the checkpoint that includes it. Without an
authority, or when it fails for `WAIT`, it is the root of the journal just after that entry: the draw can be replayed all the
same, and its chance is not proved.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal import proofs
from sourcier.journal.actions import append
from sourcier.journal.authorities import configured
from sourcier.journal.models import Anchor, Entry
from sourcier.journal.queries import payload_of
from sourcier.kernel.transitions import refuse
from sourcier.register.establishment import Establishment, SearchResult
from sourcier.sourcing import balanced, finding, known_firms, queries, rules
from sourcier.sourcing.actions.common import entry, load, to_compose, touch, words
from sourcier.sourcing.balanced import Listed
from sourcier.sourcing.models import Candidate, Draw, Search, Sourcing
from sourcier.sourcing.rules import Verb

WAIT = timedelta(seconds=30)


def propose(agent: Agent, sourcing_id: UUID, count: int, reason: str = "") -> Draw:
    """Freeze what the last search finds and may be asked, and draw `count` of them: now, or once the token is there.

    One draw for a consultation: another takes a reason. The register is read before any lock.
    """
    sourcing = to_compose(agent, sourcing_id)
    if not balanced.FEWEST <= count <= balanced.MOST:
        raise refuse("count", f"Demandez de {balanced.FEWEST} à {balanced.MOST} entreprises.", "count")
    last = queries.last_search(sourcing)
    if last is None:
        raise refuse("no_search", "Cherchez d'abord les entreprises.", "count")
    if last.total > rules.MAX_FIRMS:
        raise refuse("too_many_firms", f"Au plus {rules.MAX_FIRMS} entreprises à la fois : réduisez le rayon.", "count")
    found = finding.again(last, limit=rules.MAX_FIRMS)
    left_out = _left_out(sourcing, found.rows)
    firms = [item for item in found.rows if item.siret not in left_out]
    if not firms:
        raise refuse("no_firm", "Cette recherche ne trouve aucune entreprise à proposer.", "count")
    facts = _facts(sourcing, last, firms)
    with transaction.atomic():
        sourcing = load(agent, sourcing_id, Verb.PANEL)
        draw = _new(agent, sourcing, count, _reason(sourcing, reason), len(firms), len(left_out))
        _freeze(agent, sourcing, draw, last, found, facts, left_out)
        if not configured():
            _finish(draw, None)
    return draw


def _left_out(sourcing: Sourcing, found: Sequence[Establishment]) -> dict[str, str]:
    """SIRET → why this firm is not to be asked: it said no, was put aside, was asked already, or is asked too often."""
    sirets = [item.siret for item in found]
    often = known_firms.often_asked(sourcing.organisation, sirets, timezone.now())
    dropped = sourcing.candidates.filter(state=Candidate.State.DROPPED, firm__siret__in=sirets)
    asked = queries.invitations(sourcing).filter(firm__siret__in=sirets)
    return (
        {siret: f"déjà interrogée {times} fois en un an" for siret, times in often.items()}
        | {siret: f"écartée : {reason}" for siret, reason in dropped.values_list("firm__siret", "reason")}
        | dict.fromkeys(asked.values_list("firm__siret", flat=True), "déjà interrogée pour cet achat")
        | {siret: f"elle {why}" for siret, why in known_firms.exclusions(sourcing.organisation_id, sirets).items()}
    )


def _facts(sourcing: Sourcing, last: Search, firms: Sequence[Establishment]) -> list[dict[str, Any]]:
    """What the list says of each firm: all that the rules look at, whether it is paid already, and what each scorer gave."""
    sirets = {item.siret for item in firms}
    asked, paid = known_firms.ever_asked(sourcing.organisation_id, sirets), known_firms.incumbents(sourcing, sirets)
    searched = finding.context(sourcing, last)
    facts = []
    for item in firms:
        since = item.created_on.isoformat() if item.created_on else ""
        listed = Listed(item.siret, item.distance_m, since, item.size_class, item.category, item.siret in asked)
        why = [{"name": each["name"], "points": each["points"]} for each in finding.why(item, searched)]
        facts.append({**asdict(listed), "name": item.name, "incumbent": item.siret in paid, "why": why})
    return facts


def _reason(sourcing: Sourcing, reason: str) -> str:
    """Empty for the first draw. Under the lock of the sourcing."""
    draws = list(sourcing.draws.all())
    if any(draw.state == Draw.State.WAITING for draw in draws):
        raise refuse("waiting", "Un tirage est en cours : il attend le hasard d'un tiers, 30 secondes au plus.", "count")
    if not draws:
        return ""
    return words(reason, 500, "reason", required="Écrivez pourquoi tirer de nouveau : le dossier gardera les deux tirages.")


def _new(agent: Agent, sourcing: Sourcing, count: int, reason: str, among: int, left_out: int) -> Draw:
    number, now = sourcing.draws.count() + 1, timezone.now()
    return Draw.objects.create(
        sourcing=sourcing, number=number, count=count, among=among, left_out=left_out, reason=reason, listed_at=now,
        made_by=agent.user,
    )  # fmt: skip


def _freeze(
    agent: Agent,
    sourcing: Sourcing,
    draw: Draw,
    last: Search,
    found: SearchResult,
    facts: Sequence[dict[str, Any]],
    left_out: dict[str, str],
) -> None:
    """The entry of the list, which the seed comes after."""
    touch(agent, sourcing)
    payload = {
        "draw": draw.pk, "number": draw.number, "rules": balanced.RULES, "count": draw.count, "among": draw.among,
        "reason": draw.reason, "on": timezone.localdate(draw.listed_at), "build": found.build, "radius_m": last.radius_m,
        "activities": last.activities, "centres": last.centres, "filters": last.filters, "firms": facts,
        "left_out": [{"siret": siret, "why": why} for siret, why in sorted(left_out.items())],
    }  # fmt: skip
    draw.listed_index = entry(agent, sourcing, "panel.listed", payload, [draw]).index
    draw.save(update_fields=["listed_index"])


def finish_due(now: datetime) -> int:
    """Draw what has its token, or will have none. Returns how many were drawn."""
    waiting = Draw.objects.filter(state=Draw.State.WAITING).order_by("listed_at", "pk")
    return sum(_finish_one(pk, now) for pk in waiting.values_list("pk", flat=True))


@transaction.atomic
def _finish_one(draw_id: UUID, now: datetime) -> bool:
    """False when it still waits, or when another worker drew it."""
    sourcing = Sourcing.objects.select_for_update().get(draws=draw_id)
    draw = Draw.objects.get(pk=draw_id)
    token = _token(sourcing.organisation_id, draw.listed_index or 0)
    if draw.state == Draw.State.DRAWN or not (token or _comes_no_more(sourcing.organisation_id, draw, now)):
        return False
    _finish(draw, token)
    return True


def _token(log_id: UUID, index: int) -> Anchor | None:
    """The first token over a checkpoint that includes the entry at `index`."""
    obtained = Anchor.objects.filter(log_id=log_id, state=Anchor.State.OBTAINED, checkpoint__size__gt=index)
    return obtained.select_related("checkpoint").order_by("checkpoint__size", "pk").first()


def _comes_no_more(log_id: UUID, draw: Draw, now: datetime) -> bool:
    """The city has no authority, or those it has failed for `WAIT`. A worker that slept has not failed: it asks first."""
    if not configured():
        return True
    asked = Anchor.objects.filter(log_id=log_id).exclude(state=Anchor.State.OBTAINED).first()
    return now >= draw.listed_at + WAIT and not (asked and asked.attempts == 0)


def _finish(draw: Draw, token: Anchor | None) -> None:
    """Draw, by the seed of the token or of the root, over the list as its entry says it."""
    log_id, index = draw.sourcing.organisation_id, draw.listed_index or 0
    listed = payload_of(Entry.objects.select_related("payload").get(log_id=log_id, index=index))
    if listed is None:
        raise ValueError("the list of a draw that waits was erased")
    if token and token.checkpoint:
        draw.source, draw.seed, draw.authority = Draw.Source.TOKEN, token.reply_sha256, token.authority_name
        told: dict[str, Any] = {"size": token.checkpoint.size, "root": token.checkpoint.root, "told_at": token.told_at}
    else:
        draw.source, draw.seed = Draw.Source.ROOT, proofs.root(log_id, index + 1).hex()
        told = {"size": index + 1, "root": draw.seed}
    draw.proposed = _proposed(listed, bytes.fromhex(draw.seed))
    draw.state, draw.drawn_at = Draw.State.DRAWN, timezone.now()
    draw.save()
    payload = {
        "sourcing": draw.sourcing_id, "draw": draw.pk, "number": draw.number, "rules": listed["rules"], "list": index,
        "seed": draw.seed, "source": draw.source, "authority": draw.authority, **told, "among": draw.among,
        "drawn": len(draw.proposed), "proposed": draw.proposed, "chance": draw.chance,
    }  # fmt: skip
    append(log_id, draw.sourcing.need_id, "panel.drawn", payload, rows=[draw])


def _proposed(listed: dict[str, Any], seed: bytes) -> list[dict[str, Any]]:
    """The firms drawn, in the order of their seats, each with its groups."""
    firms = {said["siret"]: said for said in listed["firms"]}
    facts = [Listed.read(said) for said in listed["firms"]]
    groups = balanced.groups_of(facts, listed["on"])
    return [
        {
            "siret": siret, "name": firms[siret]["name"], "distance_m": firms[siret]["distance_m"],
            "groups": [group for group in balanced.GROUPS if group in groups[siret]],
        }
        for siret in balanced.propose(facts, listed["count"], listed["on"], seed)
    ]  # fmt: skip
