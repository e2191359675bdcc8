"""The read side of suppliers."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.phones import mobile_in
from sourcier.mail import gateway
from sourcier.mail.models import OutgoingMessage, StoppedNumber
from sourcier.matching.capacities import spoken
from sourcier.suppliers import rules, tokens
from sourcier.suppliers.models import Campaign, Contact, Firm, FirmKey, FirmPlace

READERS = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)


def visible(agent: Agent) -> QuerySet[Firm]:
    """The firms the agent's city has met. An administrator, who manages accounts, reads none."""
    firms = Firm.objects.filter(organisation=agent.organisation)
    return firms if agent.has(*READERS) else firms.none()


def search(agent: Agent, text: str) -> QuerySet[Firm]:
    """Firms whose name, commune, SIRET or contact holds each of the words typed, by name."""
    firms = visible(agent)
    for word in text.split()[:8]:
        found = Q(name__icontains=word) | Q(commune__icontains=word) | Q(contacts__value__icontains=word)
        if word.isdecimal():
            found |= Q(siret__startswith=word)
        firms = firms.filter(found)
    if len(digits := "".join(text.split())) == 14 and digits.isdecimal():
        firms = visible(agent).filter(siret=digits)
    return firms.distinct().order_by("name", "siret")


def contact(agent: Agent, contact_id: UUID) -> Contact:
    """One contact of the agent's city. Raises `Contact.DoesNotExist`."""
    return Contact.objects.select_related("firm").get(pk=contact_id, firm__in=visible(agent))


def email_of(firm: Firm) -> str:
    """The best good e-mail of a firm, or "" when it has none or may not be written to."""
    return emails_of([firm.pk]).get(firm.pk, "")


def emails_of(firm_ids: Collection[UUID]) -> dict[UUID, str]:
    """Firm id → its best good e-mail: given by the firm itself first, else the latest. Firms without one are absent."""
    contacts = (
        Contact.objects.filter(
            firm__in=firm_ids, kind=Contact.Kind.EMAIL, state=Contact.State.GOOD,
            firm__unsubscribed_at=None, firm__closed_at=None,
        )
        .annotate(own=Case(When(added_by=None, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .order_by("own", "-added_at", "value")
    )  # fmt: skip
    best: dict[UUID, str] = {}
    for firm_id, value in contacts.values_list("firm_id", "value"):
        best.setdefault(firm_id, value)
    return best


def mobile_of(firm: Firm) -> str:
    """The best mobile of a firm (E.164), or "" when no SMS may go there."""
    return mobiles_of([firm.pk]).get(firm.pk, "")


def mobiles_of(firm_ids: Collection[UUID]) -> dict[UUID, str]:
    """Firm id → its best good mobile (E.164), for those that have one which did not answer « STOP »; none without a gateway."""
    if not gateway.offered():
        return {}
    contacts = Contact.objects.filter(
        firm__in=firm_ids, kind=Contact.Kind.PHONE, state=Contact.State.GOOD, firm__unsubscribed_at=None, firm__closed_at=None
    ).order_by("-added_at", "value")
    stopped = set(StoppedNumber.objects.filter(organisation__firms__in=firm_ids).values_list("number", flat=True))
    best: dict[UUID, str] = {}
    for contact in sorted(contacts, key=lambda each: each.added_by_id is not None):
        if (number := mobile_in(contact.value)) and number not in stopped:
            best.setdefault(contact.firm_id, number)
    return best


def written_to(firms: Collection[Firm]) -> dict[UUID, str]:
    """Firm id → the e-mail that a request to it goes to. Absent: on paper, for want of an e-mail or by its own wish."""
    wishes = FirmPlace.objects.filter(firm__in=[firm.pk for firm in firms], prefers=FirmPlace.Prefers.LETTER)
    on_paper = set(wishes.values_list("firm_id", flat=True))
    return emails_of([firm.pk for firm in firms if firm.pk not in on_paper or not firm.can_be_posted_to])


def away_between(firms: Collection[Firm], first: date, last: date) -> QuerySet[FirmPlace]:
    """Those that said, on their place, to be away on a day of that time."""
    places = FirmPlace.objects.filter(firm__in=[firm.pk for firm in firms], away_from__lte=last, away_until__gte=first)
    return places.select_related("firm").order_by("firm__name")


def stopped_contacts(firm: Firm) -> set[UUID]:
    """The telephones of a firm that answered « STOP » to an SMS: they may still be called."""
    stopped = set(StoppedNumber.objects.filter(organisation=firm.organisation_id).values_list("number", flat=True))
    phones = Contact.objects.filter(firm=firm, kind=Contact.Kind.PHONE) if stopped else ()
    return {contact.pk for contact in phones if mobile_in(contact.value) in stopped}


def refused_addresses() -> list[tuple[Contact, str]]:
    """The good addresses that a server said do not exist since they were noted, with its answer; for the program alone.

    Not the receipt of an answer that did not arrive: it would tell the city who has answered.
    """
    refused = OutgoingMessage.objects.filter(
        state=OutgoingMessage.State.FAILED, address_refused=True, sealed=False, firm_id=OuterRef("firm_id"),
        to_address__iexact=OuterRef("value"), created_at__gte=OuterRef("added_at"),
    )  # fmt: skip
    found = Contact.objects.filter(kind=Contact.Kind.EMAIL, state=Contact.State.GOOD)
    found = found.annotate(why=Subquery(refused.order_by("-created_at").values("last_error")[:1])).exclude(why=None)
    return [(contact, contact.why) for contact in found.order_by("pk")]


def ways(firm_ids: Collection[UUID]) -> dict[UUID, list[Contact]]:
    """Firm id → its contacts in use, e-mails first, for a list."""
    found: dict[UUID, list[Contact]] = {}
    for contact in (
        Contact.objects.filter(firm__in=firm_ids).exclude(state=Contact.State.REMOVED).order_by("kind", "state", "value")
    ):
        found.setdefault(contact.firm_id, []).append(contact)
    return found


def key_by_token(token: str, now: datetime) -> FirmKey | None:
    """The key of a link, with its firm and city; None for a link that opens no place (any more)."""
    return _keys(now).filter(token_sha256=tokens.token_hash(token)).first()


def key_by_code(text: str, now: datetime) -> FirmKey | None:
    """The key of a typed code, in any case and spacing. The caller limits the tries."""
    code = tokens.parse_code(text)
    return _keys(now).filter(code_hmac=tokens.code_hmac(code)).first() if code else None


def key_by_id(key_id: UUID, now: datetime) -> FirmKey | None:
    """The key that a browser remembers."""
    return _keys(now).filter(pk=key_id).first()


def _keys(now: datetime) -> QuerySet[FirmKey]:
    return FirmKey.objects.select_related("firm__organisation").filter(expires_at__gt=now)


def places_of(organisation_id: UUID, sirets: Collection[str]) -> dict[str, FirmPlace]:
    """SIRET → what the firm says of itself to this city, for those that opened their place."""
    own = FirmPlace.objects.filter(firm__organisation=organisation_id, firm__siret__in=sirets).select_related("firm")
    return {place.firm.siret: place for place in own}


def ticked(place: FirmPlace) -> list[str]:
    """What the firm ticked, as the sentences that it tells: « Livraison dès 6 h »."""
    return [said for code, value in place.capacities.items() if (said := spoken(code, value))]


def described(place: FirmPlace) -> dict[str, Any]:
    """What the firm says of itself, and how it wants to be reached, by name of field."""
    names = (
        "words", "hours", "zone_km", "quantities", "labels", "languages", "person", "prefers", "away_from", "away_until",
    )  # fmt: skip
    own = Contact.objects.filter(firm=place.firm_id, source=rules.OWN_SOURCE).exclude(state=Contact.State.REMOVED)
    reach = dict(own.order_by("added_at").values_list("kind", "value"))
    told = {name: getattr(place, name) for name in names} | {"capacities": ticked(place)}
    return told | {kind: reach.get(kind, "") for kind in Contact.Kind.values}


def campaigns(agent: Agent) -> QuerySet[Campaign]:
    """The campaigns of the agent's city, the latest first."""
    found = Campaign.objects.filter(organisation=agent.organisation).order_by("-made_at")
    return found if agent.has(*READERS) else found.none()


def letters_of(campaign: Campaign) -> QuerySet[FirmKey]:
    """The letters of a campaign with their firms, by name."""
    return campaign.keys.select_related("firm__own_place").order_by("firm__name", "firm__siret")


def everything_of(firm: Firm) -> dict[str, Any]:
    """What this room holds of a firm, for the firm itself, in French; moments as they are."""
    register = ("siret", "name", "address", "postal_code", "commune", "activity", "size_class", "category", "created_on")
    place = FirmPlace.objects.filter(firm=firm).first()
    return {
        "entreprise": {name: getattr(firm, name) for name in register},
        "connue_depuis": firm.first_met_at,
        "ne_plus_ecrire_depuis": firm.unsubscribed_at,
        "plus_son_metier_depuis": firm.trade_left_at,
        "fermee_depuis": firm.closed_at,
        "courrier_revenu_le": firm.mail_returned_at,
        "place": {"ouverte_le": place.claimed_at, **described(place)} if place else None,
        "etre_prevenu": {"de": place.alerts, "a_km": place.alerts_km} if place else None,
        "contacts": list(firm.contacts.order_by("added_at").values("kind", "value", "person", "source", "state", "added_at")),
        "codes_et_liens": list(firm.keys.order_by("made_at").values("channel", "how", "made_at", "expires_at", "returned_at")),
    }
