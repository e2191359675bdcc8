"""Campaigns: one letter to every firm of some trades around the city hall; then what the post did of it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation
from sourcier.journal.actions import append
from sourcier.kernel.activities import Activity
from sourcier.kernel.postal import deliverable
from sourcier.kernel.transitions import refuse
from sourcier.register import search as register
from sourcier.register.establishment import Establishment
from sourcier.retention.clocks import today
from sourcier.suppliers import queries, rules
from sourcier.suppliers.actions.firms import check_writer, known_firms, mail_returned, meet_many
from sourcier.suppliers.actions.places import new_key
from sourcier.suppliers.models import Campaign, Firm, FirmKey

MOST = 2_000
LATELY = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Whom a campaign would write to, and how many of those found it leaves out, by reason."""

    to_write: Sequence[Establishment]
    left_out: list[tuple[str, int]]
    build: str


def prepare(agent: Agent, activities: Sequence[Activity], radius_m: int) -> Prepared:
    """What a campaign would do. It writes nothing. Raises `Refused` without a register."""
    city = agent.organisation
    found = register.search(activities, [(city.lat_e6, city.lon_e6)], radius_m, limit=MOST)
    sirets = [item.siret for item in found.rows]
    known, placed, lately = known_firms(city, sirets), queries.places_of(city.pk, sirets), _lately(city, sirets)
    to_write, left_out = [], Counter[str]()
    for item in found.rows:
        if why := _why_not(item, known.get(item.siret), item.siret in placed, item.siret in lately):
            left_out[why] += 1
        else:
            to_write.append(item)
    if found.undisclosed:
        left_out["non diffusibles : ni nommées ni écrites"] = found.undisclosed
    if more := found.total - found.undisclosed - len(found.rows):
        left_out[f"plus loin que les {MOST} premières"] = more
    return Prepared(to_write, left_out.most_common(), found.build)


def _lately(city: Organisation, sirets: Collection[str]) -> set[str]:
    keys = FirmKey.objects.filter(firm__organisation=city, firm__siret__in=sirets, campaign__isnull=False, returned_at=None)
    return set(keys.filter(made_at__gt=timezone.now() - LATELY).values_list("firm__siret", flat=True))


def _why_not(item: Establishment, firm: Firm | None, placed: bool, lately: bool) -> str:
    return rules.why_no_letter(
        unsubscribed=bool(firm and firm.unsubscribed_at), closed=bool(firm and firm.closed_at),
        trade_left=bool(firm and firm.trade_left_at), returned=bool(firm and firm.mail_returned_at), placed=placed,
        lately=lately, deliverable=deliverable(item.address, item.postal_code, item.commune),
    )  # fmt: skip


@transaction.atomic
def make(agent: Agent, label: str, activities: Sequence[Activity], radius_m: int) -> Campaign:
    """Prepare the letters: each firm gets its code. Pressed twice, the second time finds nobody left to write to."""
    check_writer(agent)
    city = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    prepared, now = prepare(agent, activities, radius_m), timezone.now()
    if not prepared.to_write:
        raise refuse("nobody", "Il n'y a personne à qui écrire : voyez qui est laissé de côté, et pourquoi.")
    firms = meet_many(city, prepared.to_write, "register")
    campaign = Campaign.objects.create(
        organisation=city, label=label, activities=[[each.nomenclature, each.code] for each in activities], radius_m=radius_m,
        register_build=prepared.build, letters=len(firms), left_out=prepared.left_out, made_by=agent.user, made_at=now,
    )  # fmt: skip
    keys = [new_key(firm, FirmKey.Channel.LETTER, now, agent, campaign) for firm in firms]
    FirmKey.objects.bulk_create(keys)
    _entry(agent, "campaign.made", campaign, [campaign, *firms, *keys], radius_m=radius_m, left_out=prepared.left_out)
    return campaign


@transaction.atomic
def print_letters(agent: Agent, campaign_id: UUID) -> tuple[Campaign, list[FirmKey]]:
    """Note who printed, and return the keys for the PDF, without those whose firm has asked for silence since."""
    check_writer(agent)
    campaign = _lock(agent, campaign_id)
    keys = list(queries.letters_of(campaign).filter(firm__unsubscribed_at=None, firm__closed_at=None))
    if not keys:
        raise refuse("no_letter", "Aucune lettre à imprimer.")
    _entry(agent, "campaign.printed", campaign, [], letters=len(keys))
    return campaign, keys


@transaction.atomic
def mark_posted(agent: Agent, campaign_id: UUID, how: str, posted_on: date, cost_cents: int | None = None) -> Campaign:
    """The letters have left: how, which day, at what cost for all (euro cents)."""
    check_writer(agent)
    campaign = _lock(agent, campaign_id)
    if campaign.posted_on:
        raise refuse("already_posted", "Ces lettres sont déjà notées comme parties.")
    if not timezone.localdate(campaign.made_at) <= posted_on <= today():
        raise refuse("wrong_day", "Une lettre part entre le jour où elle est préparée et aujourd'hui.", "posted_on")
    if cost_cents is not None and cost_cents < 0:
        raise refuse("wrong_cost", "Un coût ne peut pas être négatif.", "cost")
    campaign.how = rules.clean_words("how", how)
    if not campaign.how:
        raise refuse("how", "Dites comment : postées, remises au prestataire…", "how")
    campaign.posted_on, campaign.cost_cents, campaign.posted_by = posted_on, cost_cents, agent.user
    campaign.save()
    _entry(agent, "campaign.posted", campaign, [campaign], how=campaign.how, posted_on=posted_on, cost_cents=cost_cents)
    return campaign


@transaction.atomic
def mark_returned(agent: Agent, key_id: UUID, why: str) -> FirmKey:
    """« Courrier revenu »: the firm keeps the mark, and the code of that letter dies. Raises `FirmKey.DoesNotExist`."""
    check_writer(agent)
    keys = FirmKey.objects.select_for_update(of=("self",)).select_related("firm", "campaign")
    key = keys.get(pk=key_id, campaign__organisation=agent.organisation)
    if key.returned_at or key.campaign is None or key.campaign.posted_on is None:
        raise refuse("not_posted", "Cette lettre n'est pas notée comme partie, ou elle est déjà revenue.")
    key.how = rules.clean_words("how", why)
    if not key.how:
        raise refuse("why", "Dites ce que l'enveloppe porte : destinataire inconnu, boîte inaccessible…", "why")
    key.returned_at = key.expires_at = timezone.now()
    key.save()
    firm = mail_returned(key.firm, key.returned_at)
    payload = {"name": agent.user.name, "firm": firm.name, "siret": firm.siret, "why": key.how}
    append(agent.organisation.pk, None, "campaign.returned", payload, actor=agent.id, rows=[key, firm])
    return key


def _lock(agent: Agent, campaign_id: UUID) -> Campaign:
    return queries.campaigns(agent).select_for_update().get(pk=campaign_id)


def _entry(agent: Agent, verb: str, campaign: Campaign, rows: Sequence[object], **said: object) -> None:
    payload = {"name": agent.user.name, "label": campaign.label, "campaign": campaign.pk, "letters": campaign.letters, **said}
    append(campaign.organisation_id, None, verb, payload, actor=agent.id, rows=rows)  # type: ignore[arg-type]
