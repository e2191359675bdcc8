"""A firm's own place: who opens it, what it says of itself.

The acts of a firm take its `FirmKey`: who holds it speaks for the firm.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.rules import insist, to_write
from sourcier.journal.actions import append
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.transitions import Refused, refuse
from sourcier.law.retention import CONTACT
from sourcier.mail.actions import enqueue
from sourcier.mail.rules import SECRET_MARK
from sourcier.matching.capacities import catalogue
from sourcier.retention.clocks import begin, today
from sourcier.suppliers import queries, rules, tokens
from sourcier.suppliers.actions.contacts import cleaned, own_contact
from sourcier.suppliers.actions.firms import check_writer, lock
from sourcier.suppliers.models import Campaign, Contact, Firm, FirmKey, FirmPlace
from sourcier.suppliers.rules import CAN

LIVES = {
    FirmKey.Channel.LETTER: timedelta(days=400),
    FirmKey.Channel.AGENT: timedelta(days=30),
    FirmKey.Channel.EMAIL: timedelta(days=2),
}


def new_key(
    firm: Firm, channel: FirmKey.Channel, now: datetime, agent: Agent | None = None, campaign: Campaign | None = None
) -> FirmKey:
    """A key not yet saved."""
    seed = tokens.new_seed()
    return FirmKey(
        firm=firm, channel=channel, seed=seed, token_sha256=tokens.token_hash(tokens.token(seed)),
        code_hmac=tokens.code_hmac(tokens.code(seed)), made_by=agent.user if agent else None, made_at=now,
        expires_at=now + LIVES[channel], campaign=campaign,
    )  # fmt: skip


@transaction.atomic
def give_key(agent: Agent, firm_id: UUID, how: str) -> FirmKey:
    """An agent has checked who came: a code to hand over. `how` he checked."""
    check_writer(agent)
    firm = lock(agent, firm_id)
    key = new_key(firm, FirmKey.Channel.AGENT, timezone.now(), agent)
    key.how = rules.clean_words("how", how)
    if not key.how:
        raise refuse(
            "how", "Dites comment vous avez vérifié : carte d'identité et extrait Kbis, rappel au numéro connu…", "how"
        )
    key.save(force_insert=True)
    payload = {"name": agent.user.name, "firm": firm.name, "siret": firm.siret, "how": key.how}
    append(firm.organisation_id, None, "firm.key_given", payload, actor=agent.id, rows=[key])
    return key


def send_links(siret: str, email: str) -> None:
    """A link to each place of this SIRET where this address is known. Who asks learns nothing of it: it would tell addresses.

    Raises `Refused` beside what is not a SIRET or an address.
    """
    try:
        siret = parse_siret(siret)
        email = rules.clean_email(email)
    except InvalidIdentifier as error:
        raise refuse("siret", str(error), "siret") from None
    except rules.Invalid as error:
        raise refuse("email", str(error), "email") from None
    known = Contact.objects.filter(kind=Contact.Kind.EMAIL, value=email, state=Contact.State.GOOD, firm__siret=siret)
    for contact in known.select_related("firm__organisation").order_by("pk"):
        _send_link(contact)


@transaction.atomic
def _send_link(contact: Contact) -> None:
    firm = contact.firm
    key = new_key(firm, FirmKey.Channel.EMAIL, timezone.now())
    key.save(force_insert=True)
    append(firm.organisation_id, None, "firm.link_sent", {"firm": firm.name, "siret": firm.siret}, rows=[key])
    subject, body = rules.link_mail(firm.organisation.name, firm.name, SECRET_MARK)
    secret = settings.SITE_URL + reverse("firm_open", args=[tokens.token(key.seed)])
    enqueue(
        firm.organisation, kind="place_link", to_address=contact.value, to_name=firm.name, subject=subject, body=body,
        firm_id=firm.pk, subject_id=key.pk, secret=secret,
    )  # fmt: skip


@transaction.atomic
def claim(key: FirmKey) -> FirmPlace:
    """« C'est mon entreprise »: said twice, or by two people at once, it is said once."""
    firm = Firm.objects.select_for_update().get(pk=key.firm_id)
    place = FirmPlace.objects.filter(firm=firm).first()
    if place is None:
        place = FirmPlace.objects.create(firm=firm, claimed_at=timezone.now(), claimed_by=key.channel)
        _entry(firm, "firm.claimed", {"channel": key.get_channel_display().lower()}, [place])
    return place


@transaction.atomic
def describe_itself(key: FirmKey, wanted: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> FirmPlace:
    """What the firm writes of itself and how to reach it; `shown`: what its page had, so that two people lose nothing.

    `can_CODE`: a capacity of the catalogue, its value or nothing.

    Raises `Refused` beside a field, `Overtaken` when somebody of the same firm changed the same ones.
    """
    firm = Firm.objects.select_for_update().get(pk=key.firm_id)
    place = FirmPlace.objects.filter(firm=firm).first()
    if place is None:
        raise refuse("not_claimed", "Dites d'abord que c'est votre entreprise.")
    insist(rules.absence_refusal(wanted.get("away_from"), wanted.get("away_until")), "away_until")
    clean = {name: _clean(name, value) for name, value in wanted.items()}
    shown = shown and {name: _clean(name, value) if name.startswith(CAN) else value for name, value in shown.items()}
    before = queries.described(place) | {f"{CAN}{code}": place.capacities.get(code, "") for code in catalogue()}
    changed = to_write({name: before[name] for name in clean}, clean, shown)
    rows: list[Any] = [place]
    for name in changed:
        if name in Contact.Kind.values:
            rows += _reach(firm, name, before[name], clean[name])
        elif name.startswith(CAN):
            kept = {**place.capacities, name.removeprefix(CAN): clean[name]}
            place.capacities = {code: kept[code] for code in catalogue() if kept.get(code)}
        else:
            setattr(place, name, clean[name])
    place.saved_at = timezone.now()
    place.save()
    labels = list(dict.fromkeys(_label(name) for name in changed))
    _entry(firm, "firm.described", {"changed": ", ".join(labels), "values": {name: clean[name] for name in changed}}, rows)
    return place


@transaction.atomic
def set_alerts(key: FirmKey, alerts: str, km: int | None) -> FirmPlace:
    """« Être prévenu », of what opens from now on. Empty `alerts`: never. Raises `Refused` beside a field."""
    firm = Firm.objects.select_for_update().get(pk=key.firm_id)
    place = FirmPlace.objects.filter(firm=firm).first()
    if place is None:
        raise refuse("not_claimed", "Dites d'abord que c'est votre entreprise.")
    if alerts and firm.unsubscribed_at:
        raise refuse("unsubscribed", "Vous avez demandé que la mairie ne vous écrive plus. Pour changer d'avis, appelez-la.")
    if alerts and not queries.email_of(firm):
        raise refuse("no_email", "Donnez d'abord une adresse électronique, dans « Mon entreprise ».", "alerts")
    if alerts == FirmPlace.Alerts.TRADE and not firm.activity:
        raise refuse("no_trade", "La mairie ne connaît pas votre métier : choisissez tout ce qu'elle cherche.", "alerts")
    if (place.alerts, place.alerts_km) == (alerts, km):
        return place
    place.alerts_from = place.alerts_from if place.alerts and alerts else timezone.now() if alerts else None
    place.alerts, place.alerts_km = alerts, km
    place.save()
    if not alerts:
        _entry(firm, "firm.alerts_stopped", {}, [place])
        return place
    wish = FirmPlace.Alerts(alerts).label.lower() + (f", à moins de {km} km" if km else "")
    _entry(firm, "firm.alerts_set", {"wish": wish}, [place])
    return place


@transaction.atomic
def stop_alerts(firm_id: UUID) -> None:
    """From the link of a message, whose token the caller has checked; said twice, it is said once."""
    places = FirmPlace.objects.select_for_update(of=("self",)).select_related("firm")
    if place := places.filter(pk=firm_id).exclude(alerts="").first():
        place.alerts, place.alerts_from = "", None
        place.save()
        _entry(place.firm, "firm.alerts_stopped", {}, [place])


def _label(name: str) -> str:
    field = "capacities" if name.startswith(CAN) else name
    return rules.REACH.get(name) or str(FirmPlace._meta.get_field(field).verbose_name)


def _clean(name: str, value: Any) -> Any:
    if name.startswith(CAN):
        try:
            return rules.clean_capacity(name.removeprefix(CAN), value)
        except rules.Invalid as error:
            raise refuse("capacity", str(error), name) from None
    if name in Contact.Kind.values and value:
        try:
            return cleaned(name, value)
        except Refused as refused:
            raise Refused(refused.refusal, name) from None
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


def _reach(firm: Firm, kind: str, old: str, new: str) -> list[Contact]:
    """The firm's own address or number, changed: the former is no more in use."""
    rows = []
    if old:
        former = firm.contacts.get(kind=kind, value=old)
        former.state = Contact.State.REMOVED
        former.save()
        rows.append(former)
    return [*rows, own_contact(firm, kind, new, rules.OWN_SOURCE)] if new else rows


def _entry(firm: Firm, verb: str, said: Mapping[str, Any], rows: list[Any]) -> None:
    clock = begin(firm.organisation_id, CONTACT, firm.pk, on=today())
    payload = {"firm": firm.name, "siret": firm.siret, **said}
    append(firm.organisation_id, None, verb, payload, actor=firm.pk, rows=[*rows, clock])
