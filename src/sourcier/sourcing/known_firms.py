"""What this city knows of firms from its requests: those it asked, those who said no, those who came by a notice."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from sourcier.accounts.models import Organisation
from sourcier.register.bulk import undisclosed
from sourcier.register.store import RegisterMissing
from sourcier.sourcing import rules
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.spend.models import Commitment
from sourcier.suppliers.models import Firm
from sourcier.suppliers.queries import places_of

NOT_REACHED = Q(state=Invitation.State.FAILED) | Q(state=Invitation.State.WAITING, channel=Invitation.Channel.LETTER)


def ever_asked(organisation_id: UUID, sirets: Collection[str]) -> set[str]:
    """Among these SIRETs, those that the city has already asked (who came by himself is not « asked »)."""
    return set(left_to_firms(organisation_id).filter(firm__siret__in=sirets).values_list("firm__siret", flat=True))


def often_asked(organisation: Organisation, sirets: Collection[str], at: datetime) -> dict[str, int]:
    """SIRET → how many times in the last twelve months, for those asked as often as the city wishes, or more."""
    lately = left_to_firms(organisation.pk).filter(firm__siret__in=sirets, created_at__gt=at - timedelta(days=365))
    counted = lately.values("firm__siret").annotate(times=Count("pk")).filter(times__gte=organisation.asks_a_year)
    return dict(counted.values_list("firm__siret", "times"))


def met(organisation_id: UUID) -> frozenset[str]:
    """The SIRETs of the firms that this city knows, but for those that it may not see yet."""
    seen = Firm.objects.filter(organisation=organisation_id).exclude(pk__in=hidden_firms(organisation_id))
    return frozenset(seen.values_list("siret", flat=True))


def left_to_firms(organisation_id: UUID) -> QuerySet[Invitation]:
    """What this city asked of firms and that left: a letter not posted, an address that fails asked nobody anything."""
    asked = Invitation.objects.filter(sourcing__organisation=organisation_id, sourcing__sent_at__isnull=False)
    return asked.exclude(channel=Invitation.Channel.NOTICE).exclude(NOT_REACHED)


def asked_of(firm: Firm) -> QuerySet[Invitation]:
    """What the city asked of this firm, as the firm reads it: never who came by a notice in its name."""
    return left_to_firms(firm.organisation_id).filter(firm=firm).select_related("sourcing").order_by("-sent_at", "pk")


def hidden_firms(organisation_id: UUID) -> QuerySet[Invitation]:
    """Ids of the firms known only by a notice whose answers are still closed: the city may not see them yet."""
    came = Invitation.objects.filter(firm__organisation=organisation_id, firm__origin="notice")
    known = Invitation.objects.filter(firm=OuterRef("firm")).filter(
        ~Q(channel=Invitation.Channel.NOTICE) | Q(sourcing__opened_at__isnull=False)
    )
    return came.filter(~Exists(known)).values("firm_id")


def unnamed_since(organisation_id: UUID, firms: Collection[Firm]) -> set[UUID]:
    """Of the firms that the register alone made known, those that asked INSEE since not to be named.

    One that opened its place here made itself known. A register that is missing says nothing.
    """
    known = {firm.siret: firm.pk for firm in firms if firm.origin == "register"}
    try:
        hidden = undisclosed(known)
    except RegisterMissing:
        return set()
    return {known[siret] for siret in hidden - places_of(organisation_id, hidden).keys()} if hidden else set()


def with_identity(firms: QuerySet[Firm]) -> QuerySet[Firm]:
    """The firms with `unverified`: known by notices alone, and nobody has checked who came."""
    known = Invitation.objects.filter(firm=OuterRef("pk")).exclude(channel=Invitation.Channel.NOTICE, identity_checked_at=None)
    alone = Q(origin="notice") & ~Exists(known)
    return firms.annotate(unverified=ExpressionWrapper(alone, output_field=BooleanField()))


def incumbents(sourcing: Sourcing, sirets: Collection[str]) -> set[str]:
    """Among these SIRETs, those who were paid in the family of this need: shown as such, with no effect on the order."""
    family = sourcing.need.family_id
    bought = Commitment.objects.filter(
        organisation=sourcing.organisation_id, family=family, siret__in=sirets, amount_cents__gt=0
    )
    return set(bought.values_list("siret", flat=True)) if family else set()


def exclusions(organisation_id: UUID, sirets: Collection[str]) -> dict[str, str]:
    """SIRET → why this firm is not to be asked, for those that said so."""
    said = Q(unsubscribed_at__isnull=False) | Q(trade_left_at__isnull=False) | Q(closed_at__isnull=False)
    found = Firm.objects.filter(said, organisation=organisation_id, siret__in=sirets)
    return {
        firm.siret: rules.exclusion(bool(firm.unsubscribed_at), bool(firm.trade_left_at), bool(firm.closed_at))
        for firm in found
    }
