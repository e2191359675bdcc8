"""The read side of sourcing, through the eyes of an agent. Nothing here tells who answered."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.accounts.queries import in_scope
from sourcier.journal.models import Entry
from sourcier.mail import gateway
from sourcier.mail.queries import has_stopped
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.needs.standing_rules import Asking, Stage
from sourcier.sourcing import carrying, clauses, rules
from sourcier.sourcing.known_firms import NOT_REACHED, unnamed_since
from sourcier.sourcing.models import Candidate, Extension, FirmQuestion, Invitation, Relay, Search, Sourcing
from sourcier.sourcing.rules import Facts
from sourcier.suppliers import tokens
from sourcier.suppliers.queries import email_of

READERS = (Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)
ALIVE = (Sourcing.State.DRAFT, Sourcing.State.OPEN, Sourcing.State.CLOSED, Sourcing.State.OPENED, Sourcing.State.CHOSEN)


def visible(agent: Agent) -> QuerySet[Sourcing]:
    """The sourcings of the needs this agent may read."""
    return Sourcing.objects.filter(organisation=agent.organisation, need__in=needs.visible(agent))


def get(agent: Agent, sourcing_id: UUID) -> Sourcing:
    """One sourcing with its need and people. Raises `Sourcing.DoesNotExist`, also for another city's."""
    return visible(agent).select_related("organisation", "need__department", "buyer", "saved_by").get(pk=sourcing_id)


def current(need: Need) -> Sourcing | None:
    """The sourcing in progress of a need, else the last one, else None."""
    sourcings = Sourcing.objects.filter(need=need).select_related("organisation", "need", "buyer", "saved_by")
    alive = sourcings.filter(state__in=ALIVE).order_by("-created_at").first()
    return alive or sourcings.order_by("-created_at").first()


def last_sent(need: Need) -> Sourcing | None:
    """The consultation that left last: the one in progress, unless it is still being prepared."""
    left = Sourcing.objects.filter(need=need).exclude(state=Sourcing.State.DRAFT)
    return left.select_related("organisation", "need", "buyer", "saved_by").order_by("-created_at").first()


def asked_names(sourcing: Sourcing) -> list[str]:
    """The firms that the city asked, by name; never who came by the notice."""
    asked = sourcing.invitations.exclude(channel=Invitation.Channel.NOTICE)
    return list(asked.order_by("firm__name", "pk").values_list("firm__name", flat=True))


def of_need(need: Need) -> QuerySet[Sourcing]:
    """Every consultation of a need, in order."""
    return Sourcing.objects.filter(need=need).select_related("organisation", "need", "buyer", "saved_by").order_by("created_at")


def listed(agent: Agent) -> QuerySet[Sourcing]:
    """« Consultations »: every sourcing, latest first, with how many firms were asked (never how many answered)."""
    asked = Count("invitations", filter=~Q(invitations__channel=Invitation.Channel.NOTICE))
    return visible(agent).select_related("need__department", "buyer").annotate(asked=asked).order_by("-created_at")


def is_open_to_answers(sourcing: Sourcing, at: datetime) -> bool:
    """In iff the last byte came at the deadline or before."""
    return rules.open_to_answers(sourcing.state, sourcing.deadline, at) is None


def facts(sourcing: Sourcing, firms: int | None = None) -> Facts:
    """What the sending guard looks at; `firms` counts the firms asked, those kept when it is not given."""
    if firms is None:
        firms = len(to_invite(sourcing)) + sourcing.invitations.exclude(channel=Invitation.Channel.NOTICE).count()
    weights = list(sourcing.criteria.values_list("kind", "weight"))
    lots = dict(sourcing.need.lots.values_list("pk", "number"))
    priced = set(sourcing.price_lines.values_list("lot_id", flat=True))
    return Facts(
        kind=sourcing.kind,
        firms=firms,
        title=sourcing.title,
        description=sourcing.description,
        deadline=sourcing.deadline,
        contact_name=sourcing.contact_name,
        contact_phone=sourcing.contact_phone,
        price_lines=len(priced),
        price_formula=sourcing.price_formula,
        price_criteria=sum(kind == "price" for kind, _ in weights),
        weights=tuple(weight for _, weight in weights),
        single_reason=sourcing.single_reason,
        single_reasons=tuple(sourcing.single_reasons),
        exempt=firms != 1 or needs.is_exempt(sourcing.need, timezone.localdate()),
        public_notice=sourcing.public_notice,
        outdated_clauses=_outdated_clauses(sourcing),
        lots_without_line=tuple(number for pk, number in sorted(lots.items(), key=lambda item: item[1]) if pk not in priced),
    )


def _outdated_clauses(sourcing: Sourcing) -> tuple[str, ...]:
    """Of a request that may still change: what was sent stays as it was told."""
    return tuple(clauses.outdated(sourcing, timezone.localdate())) if sourcing.state == Sourcing.State.DRAFT else ()


def candidates(sourcing: Sourcing) -> QuerySet[Candidate]:
    """The panel, nearest first, with the firms."""
    return sourcing.candidates.select_related("firm").order_by("distance_m", "firm__name", "pk")


def to_invite(sourcing: Sourcing) -> list[Candidate]:
    """The firms kept, not asked yet, which may be written to."""
    return [candidate for candidate, why in _not_asked(sourcing) if not why]


def excluded(sourcing: Sourcing) -> list[tuple[Candidate, str]]:
    """The firms kept, not asked yet, which may not be written to, with the reason."""
    return [(candidate, why) for candidate, why in _not_asked(sourcing) if why]


def closed_since(sourcing: Sourcing) -> QuerySet[Candidate]:
    """The firms kept that the register says closed since."""
    return candidates(sourcing).filter(state=Candidate.State.KEPT, closed_seen_at__isnull=False)


def excluded_because(candidate: Candidate) -> str:
    """Why this firm is not asked; empty when it may be."""
    firm = candidate.firm
    return rules.exclusion(bool(firm.unsubscribed_at), bool(firm.trade_left_at), bool(firm.closed_at))


def _not_asked(sourcing: Sourcing) -> list[tuple[Candidate, str]]:
    """The firms kept, not asked yet, each with why it may not be written to: what it said here, or to INSEE since."""
    asked = Invitation.objects.filter(sourcing=sourcing, firm=OuterRef("firm")).exclude(channel=Invitation.Channel.NOTICE)
    found = list(candidates(sourcing).filter(~Exists(asked), state=Candidate.State.KEPT))
    unnamed = unnamed_since(sourcing.organisation_id, [candidate.firm for candidate in found])
    return [(each, excluded_because(each) or (rules.UNNAMED if each.firm_id in unnamed else "")) for each in found]


def last_search(sourcing: Sourcing) -> Search | None:
    """The last query of the register made for this panel."""
    return sourcing.searches.order_by("-made_at", "-pk").first()


def invitations(sourcing: Sourcing) -> QuerySet[Invitation]:
    """The firms that the city asked, without those come by the notice."""
    asked = sourcing.invitations.exclude(channel=Invitation.Channel.NOTICE)
    return asked.select_related("firm").order_by("firm__name", "pk")


def reached_at(invitation: Invitation) -> str:
    """The e-mail that reached this firm, or that the city knows since; empty when it is to be told otherwise."""
    failed = invitation.state == Invitation.State.FAILED
    if invitation.address and not failed:
        return invitation.address
    known = "" if invitation.came else email_of(invitation.firm)
    return "" if failed and known == invitation.address else known


def texted_at(invitation: Invitation) -> str:
    """The mobile by which this firm is told what follows; empty when it is told otherwise."""
    by_text = invitation.channel == Invitation.Channel.SMS and invitation.state != Invitation.State.FAILED
    if not by_text or invitation.stopped_at is not None or not gateway.offered():
        return ""
    stopped = has_stopped(invitation.sourcing.organisation_id, invitation.mobile)
    return "" if stopped else invitation.mobile


def reached_by_mail(invitation: Invitation) -> bool:
    """It was asked by e-mail, and that address takes messages."""
    by_mail = invitation.channel == Invitation.Channel.EMAIL and bool(invitation.address)
    return by_mail and invitation.state != Invitation.State.FAILED


def away(sourcing: Sourcing) -> QuerySet[Invitation]:
    """Firms whose address gave an automatic answer to the request: perhaps nobody reads it now."""
    return invitations(sourcing).filter(away_at__isnull=False, state=Invitation.State.SENT)


def undelivered(sourcing: Sourcing) -> QuerySet[Invitation]:
    """What did not reach its firm: addresses that fail, letters not posted."""
    return invitations(sourcing).filter(NOT_REACHED)


def questions(sourcing: Sourcing) -> QuerySet[FirmQuestion]:
    """Questions and answers, oldest first, without their askers."""
    return sourcing.firm_questions.defer("invitation").order_by("asked_at", "pk")


def answered(sourcing: Sourcing) -> QuerySet[FirmQuestion]:
    """What every firm may read."""
    return questions(sourcing).exclude(answered_at=None)


def extensions(sourcing: Sourcing) -> QuerySet[Extension]:
    """The deadlines that were moved, latest first."""
    return sourcing.extensions.select_related("made_by").order_by("-made_at")


def relays(sourcing: Sourcing) -> QuerySet[Relay]:
    """What firms are still to be told otherwise, for want of an e-mail that reaches them."""
    waiting = waiting_relays().filter(invitation__sourcing=sourcing)
    return waiting.select_related("invitation__firm").order_by("created_at", "pk")


def waiting_relays() -> QuerySet[Relay]:
    """What is still to be told otherwise; a clarification or a last price, as long as it can be answered."""
    after_opening = Q(subject__in=(Relay.Subject.CLARIFICATION, Relay.Subject.LAST_PRICE))
    useful = ~after_opening | Q(invitation__sourcing__state=Sourcing.State.OPENED)
    return Relay.objects.filter(useful, told_at=None)


def invitation_by_token(token: str) -> Invitation | None:
    """The invitation of a link, with its sourcing, city, need and firm; None for a link that opens nothing (any more)."""
    return _opened().filter(token_sha256=tokens.token_hash(token)).first()


def invitation_by_code(text: str) -> Invitation | None:
    """The invitation of a typed code, in any case and spacing. The caller limits the tries."""
    code = tokens.parse_code(text)
    return _opened().filter(code_hmac=tokens.code_hmac(code)).first() if code else None


def _opened() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("sourcing__organisation", "sourcing__need", "firm").exclude(
        sourcing__state=Sourcing.State.DRAFT
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """What the city may know of the sending."""

    asked: int
    sent: int
    waiting: int
    failed: int
    by_letter: int
    to_post: int
    by_text: int


def counts(sourcing: Sourcing) -> Counts:
    """One query."""
    email, letter = Q(channel=Invitation.Channel.EMAIL), Q(channel=Invitation.Channel.LETTER)
    sent, waiting = Q(state=Invitation.State.SENT), Q(state=Invitation.State.WAITING)
    found = sourcing.invitations.exclude(channel=Invitation.Channel.NOTICE).aggregate(
        asked=Count("pk"),
        sent=Count("pk", filter=email & sent),
        waiting=Count("pk", filter=email & waiting),
        failed=Count("pk", filter=Q(state=Invitation.State.FAILED)),
        by_letter=Count("pk", filter=letter),
        by_text=Count("pk", filter=Q(channel=Invitation.Channel.SMS)),
        to_post=Count("pk", filter=letter & waiting),
    )
    return Counts(**found)


def open_notices(at: datetime) -> QuerySet[Sourcing]:
    """The public notices of the instance that may still be answered, by city, soonest deadline first."""
    return (
        Sourcing.objects.filter(state=Sourcing.State.OPEN, public_notice=True, deadline__gte=at)
        .select_related("organisation", "need")
        .order_by("organisation__name", "deadline", "pk")
    )


def notice(slug: str) -> Sourcing:
    """The sourcing of a public notice, once sent. Raises `Sourcing.DoesNotExist`."""
    return (
        Sourcing.objects.exclude(sent_at=None).select_related("organisation", "need").get(notice_slug=slug, public_notice=True)
    )


def is_stopped(invitation: Invitation) -> bool:
    """« Ne plus m'écrire » was said from this page: by the firm, or for the address of who came by the notice alone."""
    if invitation.unverified:
        return invitation.stopped_at is not None
    return invitation.firm.unsubscribed_at is not None


def last_wish(invitation: Invitation, *verbs: str) -> Entry | None:
    """The last entry in which who holds this invitation said one of these things of himself; he may have its receipt."""
    said = Entry.objects.filter(log_id=invitation.sourcing.organisation_id, verb__in=verbs, actor=invitation.author_id.hex)
    return said.order_by("-index").first()


def total_weight(sourcing: Sourcing) -> int:
    """Sum of the announced weights."""
    return sourcing.criteria.aggregate(total=Sum("weight"))["total"] or 0


def awaiting(agent: Agent) -> list[Awaiting]:
    """What consultations expect of this person: to prepare, to answer a question, to mend an address, to post, to pass on.

    Each goes to its buyer; to the head buyers when he buys no more for that department.
    """
    if not agent.has(Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER):
        return []
    asking = Q(state__in=(Sourcing.State.DRAFT, Sourcing.State.OPEN))
    to_tell = waiting_relays().filter(invitation__sourcing=OuterRef("pk"))
    held = held_by(agent).filter(asking | Exists(to_tell))
    unsettled = Invitation.objects.filter(sourcing=OuterRef("pk")).exclude(channel=Invitation.Channel.NOTICE)
    to_post = unsettled.filter(channel=Invitation.Channel.LETTER, state=Invitation.State.WAITING)
    asked = FirmQuestion.objects.filter(sourcing=OuterRef("pk"), answered_at=None)
    held = held.exclude(pk__in=carrying.looked_at().values("sourcing"))
    found = held.select_related("need__department").annotate(
        kept=Exists(Candidate.objects.filter(sourcing=OuterRef("pk"), state=Candidate.State.KEPT)),
        question_at=_first(asked, "asked_at"),
        failed_at=_first(unsettled.filter(state=Invitation.State.FAILED), "created_at"),
        post_at=_first(to_post, "created_at"),
        tell_at=_first(to_tell, "created_at"),
        seen=carrying.last_glance(),
    )
    lines = (line for sourcing in found for line in _lines(sourcing))
    return sorted([*lines, *carrying.to_look_at(agent)], key=lambda line: line.since)


def held_by(agent: Agent) -> QuerySet[Sourcing]:
    """The sourcings that are this buyer's to carry on; for a head buyer, also those whose buyer holds the role no more."""
    buys = in_scope(agent, Role.BUYER, Role.HEAD_BUYER, department="need__department")
    heads = in_scope(agent, Role.HEAD_BUYER, department="need__department")
    led = needs.led_by(agent, "need__")
    held = visible(agent).annotate(buyer_holds=needs.buyer_holds("need__", "buyer"))
    taken_over = Q(buyer_holds=False) & (heads | Q(need__buyer=agent.user) & buys)
    return held.filter(Q(buyer=agent.user) & (buys | led) | taken_over)


def askings(need_ids: Collection[UUID]) -> dict[UUID, Asking]:
    """For the needs: their consultation in progress, else the last one."""
    found: dict[UUID, Asking] = {}
    for sourcing in Sourcing.objects.filter(need__in=need_ids).order_by("created_at", "pk"):
        known = found.get(sourcing.need_id)
        if known is None or not known.live or sourcing.state in ALIVE:
            found[sourcing.need_id] = _asking(sourcing)
    return found


def _asking(sourcing: Sourcing) -> Asking:
    stage, since = {
        Sourcing.State.DRAFT: (Stage.PREPARED, sourcing.created_at),
        Sourcing.State.OPEN: (Stage.ASKED, sourcing.sent_at),
        Sourcing.State.CLOSED: (Stage.PAST, sourcing.closed_at),
        Sourcing.State.OPENED: (Stage.OPENED, sourcing.opened_at),
        Sourcing.State.CHOSEN: (Stage.CHOSEN, sourcing.chosen_at),
        Sourcing.State.DONE: (Stage.OVER, sourcing.ended_at),
        Sourcing.State.ENDED: (Stage.OVER, sourcing.ended_at),
    }[Sourcing.State(sourcing.state)]
    return Asking(stage, since or sourcing.created_at, sourcing.deadline if sourcing.sent_at else None)


def _first(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by(field).values(field)[:1])


def _lines(sourcing: Any) -> Iterator[Awaiting]:
    """The lines of one sourcing, whose moments were found by `awaiting`."""
    department, title = sourcing.need.department.name, sourcing.title

    def line(since: datetime, words: str, button: str, page: str) -> Awaiting:
        return Awaiting(since, f"{words} : {title}", button, reverse(page, args=[sourcing.need_id, sourcing.pk]), department)

    if sourcing.state == Sourcing.State.DRAFT and sourcing.kept:
        yield line(sourcing.created_at, *carrying.to_send(sourcing.seen), "request")
    elif sourcing.state == Sourcing.State.DRAFT:
        yield line(sourcing.created_at, "Entreprises à choisir", "Chercher les entreprises", "panel")
    elif sourcing.state == Sourcing.State.OPEN and sourcing.question_at:
        yield line(sourcing.question_at, "Une entreprise pose une question", "Répondre pour tous", "asked")
    if sourcing.state == Sourcing.State.OPEN and sourcing.failed_at:
        yield line(sourcing.failed_at, "Adresse en échec", "Corriger", "asked")
    if sourcing.state == Sourcing.State.OPEN and sourcing.post_at:
        yield line(sourcing.post_at, "Courriers à poster", "Imprimer les courriers", "asked")
    if sourcing.tell_at:
        yield line(sourcing.tell_at, "Entreprises à prévenir autrement", "Voir lesquelles", "asked")


def is_past(sourcing: Sourcing, at: datetime) -> bool:
    """The deadline is over, whatever the state says a second later."""
    return not rules.in_time(sourcing.deadline, at)


def is_sealed(sourcing: Sourcing) -> bool:
    """Nobody in the city may know who answered."""
    return rules.is_sealed(sourcing.state)
