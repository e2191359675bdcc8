"""A purchase at each of its stages, made by the real actions: an accepted need, a panel, a request sent."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from sourcier.accounts.models import DeliveryPlace
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.sourcing.actions import invite, panel, request
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers import actions as suppliers
from tests.cities import City
from tests.interests import declare_all
from tests.played import played_once
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER, Shop

BAKER = Activity(NAF_REV2, "10.71C")
SHOP = Activity(NAF_REV2, "47.24Z")


@played_once
def accepted_need(city: City, **fields: Any) -> Need:
    """« Pain frais livré avant 7 h », for one nursery, accepted by the buyer."""
    need = needs.start(city.requester, "Pain frais livré tous les jours avant 7h pour les crèches")
    words = {
        "what": "Des baguettes fraîches, livrées chaque matin.",
        "how_much": "60 baguettes par jour",
        "starts_on": date(2027, 1, 4),
        "ends_on": date(2027, 12, 31),
        "unknown": ["estimate"],
    }
    need = needs.save(city.requester, need.pk, need.version, **{**words, **fields})
    need = needs.set_places(city.requester, need.pk, {city.place.pk: ""})
    need = needs.tick_activities(city.requester, need.pk, [BAKER, SHOP])
    needs.submit(city.requester, need.pk)
    return needs.accept(city.buyer, need.pk)


def second_place(city: City) -> DeliveryPlace:
    """A nursery in the south of the town."""
    return DeliveryPlace.objects.create(
        organisation=city.organisation, name="Crèche du Sud", address="2 rue du Sud", postal_code="93110",
        commune="Rosny-sous-Bois", lat_e6=48_860_000, lon_e6=2_480_000,
    )  # fmt: skip


@played_once
def draft(city: City, kind: str = "rfq", *, declared: bool = True, **fields: Any) -> Sourcing:
    """A consultation begun, its request proposed by the tool and named by the buyer; everybody has declared his interests.

    Else the buyer alone, before he composes the panel.
    """
    sourcing = panel.start(city.buyer, accepted_need(city, **fields).pk, kind)
    if declared:
        declare_all(city, sourcing.need_id)
    else:
        needs.declare(city.buyer, sourcing.need_id, PANEL, NO_INTEREST)
    return request.save_request(
        city.buyer, sourcing.pk, sourcing.version, title="Du pain pour les crèches", trade="un boulanger",
        description="60 baguettes fraîches par jour, livrées avant 7 h.",
    )  # fmt: skip


def emailed(city: City, sourcing: Sourcing, shop: Shop, address: str) -> None:
    """Give a kept firm its address."""
    firm = city.organisation.firms.get(siret=shop.siret)
    suppliers.add_contact(city.buyer, firm.pk, "email", address, "", "essai")


@played_once
def ready(city: City, shops: tuple[Shop, ...] = (MATHILDE, PERRIER, LEFORT), **fields: Any) -> Sourcing:
    """A draft whose panel is made: Mathilde and Perrier have an e-mail, Lefort has none."""
    sourcing = draft(city, **fields)
    panel.search(city.buyer, sourcing.pk, [BAKER], 5_000)
    panel.keep(city.buyer, sourcing.pk, [shop.siret for shop in shops])
    for shop, address in ((MATHILDE, "mathilde@pain.example"), (PERRIER, "contact@perrier.example")):
        if shop in shops:
            emailed(city, sourcing, shop, address)
    sourcing.refresh_from_db()
    return sourcing


@played_once
def sent(city: City, **fields: Any) -> Sourcing:
    """A request sent to three firms: two by e-mail, one by letter."""
    sourcing = ready(city, **fields)
    invite.send(city.buyer, sourcing.pk)
    sourcing.refresh_from_db()
    return sourcing


def invitation_of(sourcing: Sourcing, shop: Shop) -> Invitation:
    return sourcing.invitations.select_related("firm", "sourcing").get(firm__siret=shop.siret)


def after_deadline(sourcing: Sourcing) -> datetime:
    assert sourcing.deadline
    return sourcing.deadline + timedelta(seconds=1)


def in_days(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)
