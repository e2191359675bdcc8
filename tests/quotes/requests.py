"""A request of quotes as it stands once sent, for the tests of answers: lines, places, criteria, questions, invitations."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import time_machine
from django.test import Client
from django.utils import timezone

from sourcier.accounts.models import DeliveryPlace
from sourcier.needs.models import Need, NeedPlace
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.answer_rules import Answer, TypedPrice
from sourcier.sourcing.actions import closing
from sourcier.sourcing.models import Criterion, Invitation, PriceLine, Question, Sourcing
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Contact, Firm
from tests.cities import City, siret
from tests.interests import declared_rows

DEADLINE = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)  # 12 h in Paris
BEFORE = DEADLINE - timedelta(days=6, hours=6, minutes=48)  # 24 September, 5 h 12 in Paris
_numbers = itertools.count(5_000)


@dataclass
class Request:
    """A request, its price lines in order, and one invitation per firm."""

    city: City
    sourcing: Sourcing
    lines: list[PriceLine]
    places: list[DeliveryPlace]
    questions: dict[str, Question] = field(default_factory=dict)

    def invite(self, name: str = "Au pain de Mathilde", email: str = "mathilde@pain.example", mobile: str = "") -> Invitation:
        """A firm asked by e-mail, or by SMS, or by letter without either."""
        city = self.city.organisation
        firm = Firm.objects.create(
            organisation=city, siret=siret(next(_numbers)), name=name, origin="register", first_met_at=BEFORE
        )
        if email:
            Contact.objects.create(
                firm=firm, kind=Contact.Kind.EMAIL, value=email, source="essai", added_by=self.city.buyer.user, added_at=BEFORE
            )
        seed = tokens.new_seed()
        return Invitation.objects.create(
            sourcing=self.sourcing,
            firm=firm,
            channel="sms" if mobile else "email" if email else "letter",
            state=Invitation.State.SENT,
            address="" if mobile else email,
            mobile=mobile,
            seed=seed,
            token_sha256=tokens.token_hash(tokens.token(seed)),
            code_hmac=tokens.code_hmac(tokens.code(seed)),
            created_at=BEFORE,
            sent_at=BEFORE,
        )

    def form(self, price: str = "0,95", **changes: Any) -> dict[str, Any]:
        """What a baker types: one price with VAT at 5,5 %, his name."""
        typed = {f"price-{line.pk.hex}": price for line in self.lines}
        return {**typed, "vat": "included-550", "signer": "Mathilde Durand", "go": "1", **changes}


def make_request(
    city: City, *, kind: str = "rfq", lines: int = 1, places: int = 1, deadline: datetime = DEADLINE, state: str = "open"
) -> Request:
    """A sourcing sent to firms, written as its own actions leave it."""
    need = Need.objects.create(
        organisation=city.organisation, department=city.department, author=city.requester.user, buyer=city.buyer.user,
        reference=f"A-2026-{next(_numbers)}", state=Need.State.ASKED, sentence="Pain frais pour les crèches",
        title="Pain frais", starts_on=date(2027, 1, 4), created_at=BEFORE, waiting_since=BEFORE,
    )  # fmt: skip
    kept = [city.place]
    for number in range(1, places):
        kept.append(
            DeliveryPlace.objects.create(
                organisation=city.organisation,
                name=f"Crèche n° {number} de {need.reference}",
                address=f"{number} rue du Four",
                postal_code="93110",
                commune="Rosny-sous-Bois",
                lat_e6=48_872_000,
                lon_e6=2_487_000,
                hours="6 h 30 à 7 h",
            )
        )
    declared_rows(city, need)
    NeedPlace.objects.bulk_create(NeedPlace(need=need, place=place) for place in kept)
    sourcing = Sourcing.objects.create(
        organisation=city.organisation, need=need, buyer=city.buyer.user, kind=kind, state=state,
        title="60 baguettes par jour, du lundi au vendredi", trade="un boulanger", description="Du pain frais du jour.",
        price_formula="proportional", deadline=deadline, notice_slug=tokens.new_seed()[:22], contact_name="Bruno Rosny",
        contact_phone="01 00 00 00 01", contact_hours="de 9 h à 17 h",
        created_at=BEFORE, sent_at=BEFORE, next_check=deadline,
        saved_at=BEFORE, saved_by=city.buyer.user,
    )  # fmt: skip
    names = ("Baguette", "Croissant", "Pain de mie", "Brioche", "Flûte")
    made = [
        PriceLine.objects.create(
            sourcing=sourcing, position=position, designation=names[position % 5], unit="pièce", quantity_milli=15_600_000
        )
        for position in range(lines)
    ]
    for position, (label, weight) in enumerate((("Prix", 40), ("Qualité", 40), ("Livraison", 20))):
        criterion = Criterion.Kind.JUDGED if position else Criterion.Kind.PRICE
        Criterion.objects.create(sourcing=sourcing, position=position, kind=criterion, label=label, weight=weight)
    return Request(city, sourcing, made, kept)


def opened(request: Request) -> None:
    """The deadline passes, the buyer opens."""
    with time_machine.travel(DEADLINE + timedelta(minutes=10), tick=True):
        closing.close_due(timezone.now())
        evaluate.choose_reference(request.city.buyer, request.sourcing.pk, "none")
        opening.open_answers(request.city.buyer, request.sourcing.pk)
    request.sourcing.refresh_from_db()


def answer(request: Request, price: str = "0.95", **changes: Any) -> Answer:
    """The answer of a baker to every line."""
    typed = int(Decimal(price) * 10_000)
    prices = tuple(TypedPrice(line.pk, typed, 550) for line in request.lines)
    return Answer(**{"prices": prices, "signer": "Mathilde Durand", **changes})


def priced(line_id: UUID, price_e4: int, vat_bp: int = 550) -> tuple[TypedPrice, ...]:
    return (TypedPrice(line_id, price_e4, vat_bp),)


def browser(invitation: Invitation) -> Client:
    """A telephone that has just opened the firm's link."""
    client = Client()
    response = client.get(f"/r/{tokens.token(invitation.seed)}")
    assert response.status_code == 302, response.status_code
    assert response["Location"] == "/r/"
    return client
