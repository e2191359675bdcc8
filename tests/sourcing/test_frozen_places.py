"""What the firms were told of the places of delivery does not change when the city's list does."""

import pytest
from django.test import Client
from django.urls import reverse

from sourcier.accounts import actions as accounts
from sourcier.journal.verify import verify
from sourcier.mail.models import OutgoingMessage
from sourcier.needs import actions as needs
from sourcier.sourcing.actions import invite, panel
from sourcier.sourcing.briefs import asked_places, brief
from sourcier.sourcing.models import AskedPlace, Sourcing
from sourcier.suppliers import tokens
from tests.cities import City
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import invitation_of, ready, second_place, sent
from tests.sourcing.stock import COOP, MATHILDE

pytestmark = pytest.mark.django_db


def move(city: City) -> None:
    """The city edits the nursery: its name, its address, its hours, whom to ask for."""
    accounts.edit_place(
        city.head_buyer, city.place.pk, name="Crèche Simone-Veil", address="99 rue Ailleurs", hours="avant 5 h",
        contact_name="M. Nouveau", contact_phone="01 99 99 99 99",
    )  # fmt: skip


def page(sourcing: Sourcing, name: str) -> str:
    client = Client()
    client.get("/r/" + tokens.token(invitation_of(sourcing, MATHILDE).seed), follow=True)
    return client.get(reverse(name)).content.decode()


def test_a_request_keeps_its_places_as_they_were_at_the_sending(city: City) -> None:
    sourcing = sent(city)
    before, first = brief(sourcing), page(sourcing, "firm")
    move(city)
    assert brief(sourcing) == before and page(sourcing, "firm") == first
    assert "1 rue Jean-Mermoz" in first and "6 h 30 à 7 h" in first
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    city.organisation.firms.get(siret=COOP.siret).contacts.create(
        kind="email", value="coop@pain.example", source="essai", added_by=city.buyer.user, added_at=sourcing.created_at
    )
    invite.widen(city.buyer, sourcing.pk)
    bodies = set(OutgoingMessage.objects.filter(kind="invitation").values_list("body", flat=True))
    assert len(bodies) == 1 and "Ailleurs" not in bodies.pop()


def test_before_the_sending_the_request_follows_the_city_s_list(city: City) -> None:
    sourcing = ready(city)
    move(city)
    assert brief(sourcing).places[0].name == "Crèche Simone-Veil" and not AskedPlace.objects.exists()
    invite.send(city.buyer, sourcing.pk)
    sourcing.refresh_from_db()
    assert asked_places(sourcing)[0].hours == "avant 5 h"


def test_each_place_told_is_in_the_journal_with_the_sending(city: City) -> None:
    sourcing = ready(city)
    other = second_place(city)
    needs.set_places(city.buyer, sourcing.need_id, {city.place.pk: "60", other.pk: "20"})
    invite.send(city.buyer, sourcing.pk)
    rows = [row for row in last_payload(sourcing, "sourcing.sent")["rows"] if row["kind"] == "asked_place"]
    assert {(row["name"], row["note"]) for row in rows} == {("Crèche Jean-Mermoz", "60"), ("Crèche du Sud", "20")}
    move(city)
    assert not [problem for problem in verify(city.organisation.pk).problems if "asked_place" in problem.sentence]
    AskedPlace.objects.filter(place=other).update(hours="la nuit")
    assert [p.code for p in verify(city.organisation.pk).problems if "asked_place" in p.sentence] == ["row_changed"]
