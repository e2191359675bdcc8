"""Sending: one invitation per firm, the same information at the same minute; then addresses, deadline, more firms."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel.french import format_moment
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refused, refuse
from sourcier.mail import gateway
from sourcier.mail.actions import enqueue
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.queries import has_stopped
from sourcier.needs.actions import mark_asked
from sourcier.needs.interest_rules import ASKING
from sourcier.needs.queries import beside_contract, crosses, undeclared
from sourcier.sourcing import carrying, clauses, queries, rotation, rules, words
from sourcier.sourcing.actions import common, texting
from sourcier.sourcing.actions.common import entry, load, touch
from sourcier.sourcing.briefs import asked_places, brief, link
from sourcier.sourcing.models import AskedPlace, Candidate, Extension, Invitation, Relay, Sourcing
from sourcier.sourcing.replying import reply_to
from sourcier.sourcing.rules import Verb
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Firm
from sourcier.suppliers.queries import mobiles_of, written_to
from sourcier.vault.master import MasterKeyMissing
from sourcier.vault.sealing import ensure_key

KIND = "invitation"


@transaction.atomic
def send(agent: Agent, sourcing_id: UUID, by_text: Collection[UUID] = ()) -> list[Invitation]:
    """Send the request to every firm kept, at once; firms without e-mail become « À joindre autrement ». Once and for all.

    `by_text`: the firms to ask by SMS, on their mobile, whatever e-mail they have.
    """
    sourcing = load(agent, sourcing_id, Verb.SEND)
    now = timezone.now()
    candidates = queries.to_invite(sourcing)
    if refused := rules.guard_send(queries.facts(sourcing, len(candidates)), now):
        field, refusal = refused
        raise Refused(refusal, field)
    if refusal := carrying.keeps_from_leaving(agent, sourcing):
        raise Refused(refusal)
    check_limit(sourcing)
    check_rotation(sourcing, candidates)
    if refusal := undeclared(agent, sourcing.need, ASKING):
        raise Refused(refusal, "interests")
    left_out = queries.excluded(sourcing)
    places = AskedPlace.objects.bulk_create(asked_places(sourcing))
    aside = clauses.note_left_aside(sourcing, timezone.localdate(now))
    sourcing.state = rules.State.OPEN
    sourcing.sent_at, sourcing.next_check = now, sourcing.deadline
    sourcing.two_openers = rules.two_openers(
        sourcing.kind, sourcing.need.estimate_cents, sourcing.organisation.two_openers_from_cents
    )
    touch(agent, sourcing)
    need = mark_asked(sourcing.need)
    sent = _invite(sourcing, [candidate.firm for candidate in candidates], by_text, now)
    shares = rotation.told(sourcing, candidates)
    _sent_entry(agent, sourcing, "sourcing.sent", sent, left_out, [need, *places, *aside], shares)
    return sent


def check_limit(sourcing: Sourcing) -> None:
    """Asking for information is free (R.2111-1); asking for prices at the limit takes a decision, beforehand."""
    if sourcing.kind != Sourcing.Kind.RFI and (rule := crosses(sourcing.need, timezone.localdate())):
        raise refuse(
            "over_limit",
            f"Avec cet achat, {format_cents(rule['total_cents'])} HT s'additionnent : la limite du jour est de "
            f"{format_cents(rule['limit_cents'])} HT. Un responsable des achats doit d'abord en décider, avec ses raisons, "
            "à l'étape Règle. Rien n'est parti, rien n'est perdu.",
        )
    if sourcing.kind != Sourcing.Kind.RFI and (refusal := beside_contract(sourcing.need)):
        raise Refused(refusal)


def check_rotation(sourcing: Sourcing, candidates: Sequence[Candidate]) -> None:
    """A firm that has most of the family already is asked for prices again with a reason, written beforehand."""
    if refusal := rotation.unexplained(sourcing, candidates):
        raise Refused(refusal)


@transaction.atomic
def widen(
    agent: Agent, sourcing_id: UUID, deadline: datetime | None = None, reason: str = "", by_text: Collection[UUID] = ()
) -> list[Invitation]:
    """Ask the firms kept since the sending, with the same request. A later deadline, if any, is for all and told to all."""
    sourcing = load(agent, sourcing_id, Verb.WIDEN)
    now = timezone.now()
    if sourcing.kind == Sourcing.Kind.DIRECT:
        raise refuse("direct_one", "Un achat direct s'adresse à une seule entreprise.")
    candidates = queries.to_invite(sourcing)
    if not candidates:
        raise refuse("no_firm", "Gardez d'abord d'autres entreprises, à l'étape Entreprises.", "firms")
    if deadline is None and not rules.in_time(sourcing.deadline, now):
        raise refuse("past_deadline", "La date limite est passée : donnez-en une nouvelle, pour tous.", "deadline")
    if deadline is not None:
        _extend(agent, sourcing, deadline, reason, now)
    if refused := rules.guard_widen(queries.facts(sourcing), now):
        raise Refused(refused[1], refused[0])
    check_rotation(sourcing, candidates)
    left_out = queries.excluded(sourcing)
    touch(agent, sourcing)
    sent = _invite(sourcing, [candidate.firm for candidate in candidates], by_text, now)
    _sent_entry(agent, sourcing, "sourcing.widened", sent, left_out, [], rotation.told(sourcing, candidates))
    return sent


def _invite(sourcing: Sourcing, firms: Sequence[Firm], by_text: Collection[UUID], now: datetime) -> list[Invitation]:
    """The invitations, the e-mails of those that have an address, the SMS of those to be asked so."""
    emails = written_to(firms)
    mobiles = _mobiles([firm for firm in firms if firm.pk in by_text])
    invitations = [
        new_invitation(sourcing, firm, emails.get(firm.pk, ""), seed, now, mobile=mobiles.get(firm.pk, ""))
        for firm, seed in zip(firms, _seeds(len(firms)), strict=True)
    ]
    Invitation.objects.bulk_create(invitations)
    subject, body = words.invitation_mail(brief(sourcing))
    for invitation in invitations:
        write_to(invitation, KIND, subject, body, invitation.pk)
    return invitations


def _mobiles(firms: Sequence[Firm]) -> dict[UUID, str]:
    """The number of each. Raises `Refused` when one has none any more: it would be asked otherwise than the buyer chose."""
    mobiles = mobiles_of([firm.pk for firm in firms])
    for firm in firms:
        if firm.pk not in mobiles:
            raise refuse("no_mobile", f"Aucun mobile ne joint {firm.name}. Décochez « Par SMS », ou notez un autre numéro.")
    return mobiles


def _seeds(count: int) -> list[str]:
    """Fresh seeds, none of whose codes is already in use (1 chance in 10^13 a pair)."""
    seeds = {tokens.code_hmac(tokens.code(seed)): seed for seed in (tokens.new_seed() for _ in range(count))}
    taken = Invitation.objects.filter(code_hmac__in=list(seeds)).values_list("code_hmac", flat=True)
    for code in taken:
        del seeds[code]
    found = list(seeds.values())
    return found + _seeds(count - len(found)) if len(found) < count else found


def new_invitation(
    sourcing: Sourcing, firm: Firm, address: str, seed: str, now: datetime, channel: Invitation.Channel | None = None,
    mobile: str = "",
) -> Invitation:  # fmt: skip
    """An invitation not yet saved: by SMS to this mobile alone, else by e-mail when there is an address, else by letter."""
    if mobile:
        address, channel = "", Invitation.Channel.SMS
    return Invitation(
        sourcing=sourcing, firm=firm, address=address, mobile=mobile, seed=seed, created_at=now,
        channel=channel or (Invitation.Channel.EMAIL if address else Invitation.Channel.LETTER),
        token_sha256=tokens.token_hash(tokens.token(seed)), code_hmac=tokens.code_hmac(tokens.code(seed)),
        reply_hmac=tokens.reply_hmac(tokens.reply_token(seed)),
    )  # fmt: skip


def one_seed() -> str:
    """A fresh seed for one invitation."""
    return _seeds(1)[0]


def write(
    invitation: Invitation, kind: str, subject: str, body: str, subject_id: UUID, *, sealed: bool = False
) -> OutgoingMessage:
    """Queue an e-mail to a firm, with its personal link. Who came by the notice is hidden: so are the messages to him.

    `sealed`: this message would tell something of an answer, whoever asked this firm.
    """
    sourcing = invitation.sourcing
    token, _ = tokens.secrets_of(invitation.seed, invitation.token_sha256)
    return enqueue(
        sourcing.organisation, kind=kind, to_address=invitation.address, to_name=invitation.firm.name, subject=subject,
        body=body, operation_id=sourcing.need_id, firm_id=invitation.firm_id, subject_id=subject_id,
        reply_to=reply_to(invitation), sealed=sealed or invitation.came, secret=link(token),
    )  # fmt: skip


def write_to(invitation: Invitation, kind: str, subject: str, body: str, subject_id: UUID, *, sealed: bool = False) -> bool:
    """Tell a firm by its own channel, e-mail or SMS; False when neither reaches it."""
    if queries.texted_at(invitation):
        texting.text(invitation, kind, subject_id, sealed=sealed)
        return True
    failed = invitation.state == Invitation.State.FAILED
    if failed or not invitation.address or invitation.channel == Invitation.Channel.LETTER:
        return False
    write(invitation, kind, subject, body, subject_id, sealed=sealed)
    return True


def tell_all(sourcing: Sourcing, kind: str, subject_id: UUID, subject: str, body: str, relay: str, text: str) -> list[Relay]:
    """Tell every firm asked: by e-mail or SMS, or, reached by letter or with a failing address, by a relay to be passed on.

    Who said « Ne plus m'écrire » since is left in peace: a firm asked, or the address of who came by the notice.
    """
    relays = []
    now = timezone.now()
    for invitation in told(sourcing):
        if not write_to(invitation, kind, subject, body, subject_id):
            relays.append(Relay(invitation=invitation, subject=relay, text=text, created_at=now))
    return Relay.objects.bulk_create(relays)


def told(sourcing: Sourcing) -> QuerySet[Invitation]:
    """Who is told what concerns all: the firms asked or come by the notice, but those who asked to be left in peace."""
    came = Q(channel=Invitation.Channel.NOTICE)
    kept = came | Q(firm__unsubscribed_at=None, firm__closed_at=None)
    found = sourcing.invitations.filter(kept, stopped_at=None)
    return found.select_related("firm", "sourcing__organisation").order_by("created_at", "pk")


def tell_one(
    invitation: Invitation, kind: str, subject_id: UUID, subject: str, body: str, relay: str, text: str
) -> list[Relay]:
    """Tell one firm: by SMS if asked so, by the e-mail that reached it or that the city knows since, else by a relay."""
    if queries.texted_at(invitation):
        texting.text(invitation, kind, subject_id)
        return []
    if not (address := queries.reached_at(invitation)):
        return [Relay.objects.create(invitation=invitation, subject=relay, text=text, created_at=timezone.now())]
    sourcing = invitation.sourcing
    enqueue(
        sourcing.organisation, kind=kind, to_address=address, to_name=invitation.firm.name, subject=subject, body=body,
        operation_id=sourcing.need_id, firm_id=invitation.firm_id, subject_id=subject_id, reply_to=reply_to(invitation),
    )  # fmt: skip
    return []


def relay_failure(invitation: Invitation, relay: str, text: str) -> Relay:
    """An e-mail after the opening did not arrive: the city is to tell this firm otherwise (`relay.needed`)."""
    made = Relay.objects.create(invitation=invitation, subject=relay, text=text, created_at=timezone.now())
    sourcing, firm = invitation.sourcing, invitation.firm
    facts = {"sourcing": sourcing.pk, "firm": invitation.named, "siret": firm.siret, "subject": made.get_subject_display()}
    append(sourcing.organisation_id, sourcing.need_id, "relay.needed", facts, rows=[made])
    return made


def _sent_entry(
    agent: Agent, sourcing: Sourcing, verb: str, sent: Sequence[Invitation], left_out: Sequence[tuple[Candidate, str]],
    rows: Sequence[Model], shares: Sequence[dict[str, Any]],
) -> Entry:  # fmt: skip
    by = Counter(invitation.channel for invitation in sent)
    firms = [
        {"siret": item.firm.siret, "name": item.firm.name, "channel": item.channel, "address": item.address or item.mobile}
        for item in sent
    ]
    channels = ((Invitation.Channel.EMAIL, "par courriel"), (Invitation.Channel.SMS, "par SMS"))
    told = [f"{by[channel]} {how}" for channel, how in channels if by[channel]]
    otherwise = len(sent) - sum(by[channel] for channel, _ in channels)
    payload: dict[str, Any] = {
        "count": len(sent), "by_email": by[Invitation.Channel.EMAIL], "by_letter": otherwise, "firms": firms,
        "channels": [*told, f"{otherwise} à joindre autrement"] if otherwise or not told else told,
        "excluded": [{"siret": item.firm.siret, "name": item.firm.name, "why": why} for item, why in left_out],
        "deadline_words": _deadline_words(sourcing), "single": len(sent) == 1, "two_openers": sourcing.two_openers,
        "sealing_key": _sealing_key(sourcing), "rotation": shares,
    }  # fmt: skip
    return entry(agent, sourcing, verb, payload, [*rows, *sent])


def _sealing_key(sourcing: Sourcing) -> str:
    """The public key that seals the quotes, in hexadecimal; empty when none is sealed."""
    if sourcing.kind != Sourcing.Kind.RFQ:
        return ""
    try:
        return bytes(ensure_key(sourcing.organisation_id, sourcing.pk).public_key).hex()
    except MasterKeyMissing:
        raise refuse(
            "cannot_seal",
            "La demande n'est pas partie : le serveur n'a plus la clé qui scelle les devis. Prévenez l'administrateur "
            "(sourcier doctor), puis envoyez de nouveau. Rien n'est perdu.",
        ) from None


def _deadline_words(sourcing: Sourcing) -> str:
    return format_moment(sourcing.deadline) if sourcing.deadline else ""


def record_result(message: OutgoingMessage) -> None:
    """What became of an invitation's e-mail, told by the outbox in its own transaction (whose entry tells it to the journal).

    A message to an address corrected meanwhile says nothing of the new one.
    """
    state = Invitation.State.SENT if message.state == OutgoingMessage.State.SENT else Invitation.State.FAILED
    Invitation.objects.filter(
        pk=message.subject_id, channel=Invitation.Channel.EMAIL, address=message.to_address, state=Invitation.State.WAITING
    ).update(state=state, sent_at=message.sent_at)


def asked_by_the_city(agent: Agent, invitation_id: UUID, verb: Verb) -> Invitation:
    """An invitation that the city made, its sourcing locked. Raises `Invitation.DoesNotExist`."""
    asked = Invitation.objects.filter(sourcing__in=queries.visible(agent)).exclude(channel=Invitation.Channel.NOTICE)
    invitation = asked.select_related("firm").get(pk=invitation_id)
    invitation.sourcing = load(agent, invitation.sourcing_id, verb)
    return invitation


@transaction.atomic
def replace_address(agent: Agent, invitation_id: UUID, address: str) -> Invitation:
    """Send the request again to a corrected address, with a new link: the former one, gone to the wrong place, is dead.

    `address`: an e-mail, or a mobile in E.164.
    """
    invitation = asked_by_the_city(agent, invitation_id, Verb.READDRESS)
    sourcing, firm = invitation.sourcing, invitation.firm
    if why := rules.exclusion(bool(firm.unsubscribed_at), bool(firm.trade_left_at), bool(firm.closed_at)):
        raise refuse("excluded", f"{firm.name} {why} : elle ne peut pas être interrogée.", "address")
    if address in (invitation.address, invitation.mobile) and invitation.state != Invitation.State.FAILED:
        raise refuse("same_address", "La demande est déjà partie à cette adresse.", "address")
    by_text = address.startswith("+")
    if by_text and (not gateway.offered() or has_stopped(sourcing.organisation_id, address)):
        raise refuse("no_text", "Aucun SMS ne part à ce numéro.", "address")
    invitation.address, invitation.mobile = ("", address) if by_text else (address, "")
    invitation.channel = Invitation.Channel.SMS if by_text else Invitation.Channel.EMAIL
    invitation.state, invitation.stopped_at = Invitation.State.WAITING, None
    invitation.sent_at, invitation.how, invitation.away_at = None, "", None
    _reseed(invitation)
    invitation.save()
    entry(agent, sourcing, "invitation.readdressed", {"firm": firm.name, "siret": firm.siret, "address": address}, [invitation])
    subject, body = words.invitation_mail(brief(sourcing))
    write_to(invitation, KIND, subject, body, invitation.pk)
    return invitation


def _reseed(invitation: Invitation) -> None:
    invitation.seed = one_seed()
    invitation.token_sha256 = tokens.token_hash(tokens.token(invitation.seed))
    invitation.code_hmac = tokens.code_hmac(tokens.code(invitation.seed))


@transaction.atomic
def extend(agent: Agent, sourcing_id: UUID, deadline: datetime, reason: str) -> Extension:
    """A later deadline, for all, told to all with its reason."""
    sourcing = load(agent, sourcing_id, Verb.EXTEND)
    return _extend(agent, sourcing, deadline, reason, timezone.now())


def move_deadline(agent: Agent, sourcing: Sourcing, deadline: datetime, reason: str, now: datetime) -> Extension:
    """A later deadline, for all; the caller tells it to them, and writes the entry. Raises `Refused` beside its field."""
    reason = common.words(reason, 1_000, "reason")
    if refused := rules.guard_extension(sourcing.deadline, deadline, reason, now):
        raise Refused(refused[1], refused[0])
    extension = Extension.objects.create(
        sourcing=sourcing, old_deadline=sourcing.deadline, new_deadline=deadline, reason=reason, made_by=agent.user, made_at=now
    )
    sourcing.state, sourcing.deadline, sourcing.next_check = rules.State.OPEN, deadline, deadline
    sourcing.closed_at = None
    touch(agent, sourcing)
    return extension


def _extend(agent: Agent, sourcing: Sourcing, deadline: datetime, reason: str, now: datetime) -> Extension:
    extension = move_deadline(agent, sourcing, deadline, reason, now)
    reason = extension.reason
    subject, body = words.extension_mail(brief(sourcing), reason)
    text = f"Nouvelle date limite : {format_moment(deadline)}. La raison : {reason}"
    relays = tell_all(sourcing, "extension", extension.pk, subject, body, Relay.Subject.EXTENSION, text)
    payload = {"deadline_words": format_moment(deadline), "deadline": deadline, "reason": reason}
    entry(agent, sourcing, "sourcing.extended", payload, [extension, *relays])
    return extension


@transaction.atomic
def mark_relayed(agent: Agent, relay_id: UUID, how: str) -> Relay:
    """A firm reached by letter was told otherwise what the others read by e-mail."""
    relay = Relay.objects.select_related("invitation__firm").get(pk=relay_id, invitation__sourcing__in=queries.visible(agent))
    sourcing = load(agent, relay.invitation.sourcing_id, Verb.RELAY)
    relay.refresh_from_db()
    if relay.told_at is not None:
        raise refuse("already_told", "Cette entreprise est déjà notée comme prévenue.")
    relay.how = common.words(how, 200, "how", required="Dites comment : téléphone, courrier, remis en main propre.")
    relay.told_at, relay.told_by = timezone.now(), agent.user
    relay.save()
    facts = {"firm": relay.invitation.named, "siret": relay.invitation.firm.siret, "how": relay.how, "text": relay.text}
    entry(agent, sourcing, "relay.told", facts, [relay])
    return relay


@transaction.atomic
def print_relays(agent: Agent, sourcing_id: UUID) -> list[Relay]:
    """Note who printed what firms reached by letter are still to be told, and return it for `letter.relay_letters`."""
    sourcing = load(agent, sourcing_id, Verb.RELAY)
    # A letter goes to the address of the register: not what concerns someone of whom only an e-mail is known.
    relays = [relay for relay in queries.relays(sourcing) if not relay.invitation.unverified]
    if not relays:
        raise refuse("no_letter", "Aucun courrier à imprimer.")
    firms = [{"siret": relay.invitation.firm.siret, "name": relay.invitation.firm.name} for relay in relays]
    entry(agent, sourcing, "letter.printed", {"count": len(relays), "firms": firms})
    return relays
