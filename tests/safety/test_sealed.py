"""Until the opening nobody in the city sees content, count or senders: every page is the same with no answer and with five."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.models import User
from sourcier.journal.models import Anchor, Checkpoint
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.receiving import receive
from sourcier.needs.models import Need
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.actions.after_opening import be_told
from sourcier.quotes.actions.answer import decline
from sourcier.quotes.actions.call import ask
from sourcier.quotes.actions.heard import hear_price
from sourcier.quotes.actions.paper import register_paper
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.sourcing.models import FirmQuestion, Invitation, Sourcing
from sourcier.sourcing.replying import reply_to
from sourcier.web.awaiting import awaiting
from tests.cities import City
from tests.dossier.purchase import DEADLINE, Purchase, answered_purchase, asked_purchase
from tests.journal.authority import made_authority, served
from tests.safety.addresses import of_the_city, read
from tests.sourcing.stock import DEPOT, LEFORT, MATHILDE, PERRIER
from tests.vault import papers
from tests.web.clients import signed_in
from tests.web.test_proof_pages import VARIES, come_by_notice

MOMENT = DEADLINE - timedelta(hours=1)
LAST_LIMIT = DEADLINE + timedelta(days=3)
ROLES = ("requester", "buyer", "head_buyer", "auditor", "admin")


def everything(city: City, purchase: object, role: str, moment: datetime = MOMENT, **ids: object) -> dict[str, str]:
    """What this person can read at that moment, address by address, exports included."""
    agent = getattr(city, role)
    client, seen = signed_in(agent), {}
    firms = [purchase.sourcing_now().invitations.order_by("created_at", "pk").first().firm_id]  # type: ignore[attr-defined]
    values = {
        "need_id": purchase.need.pk,  # type: ignore[attr-defined]
        "sourcing_id": purchase.sourcing_now().pk,  # type: ignore[attr-defined]
        "firm_id": firms[0], "department_id": city.department.pk, "place_id": city.place.pk, "user_id": city.requester.id,
        **ids,
    }  # fmt: skip
    with time_machine.travel(moment, tick=False):
        for _ in range(3):  # what waits for its hour leaves before the page is read
            call_command("tick", stdout=StringIO())
        for pattern in of_the_city():
            if set(pattern.pattern.converters) <= values.keys():
                for query, response in read(client, pattern, values):
                    if response.status_code == 200 and not response.streaming:
                        seen[f"{pattern.pattern}{query}"] = VARIES.sub("", response.content.decode(errors="replace"))
        seen["awaiting"] = str(awaiting(agent))
    return seen


def test_every_page_is_the_same_with_no_answer_and_with_five(city: City) -> None:
    purchase = asked_purchase(city)
    before = {role: everything(city, purchase, role) for role in ROLES}
    with time_machine.travel(DEADLINE - timedelta(hours=2), tick=False):
        come_by_notice(purchase)
    asked = FirmQuestion.objects.count()
    purchase.answer()
    assert FirmQuestion.objects.count() == asked
    on_paper_and_aloud(purchase)
    after = {role: everything(city, purchase, role) for role in ROLES}
    for role in ROLES:
        assert before[role].keys() == after[role].keys()
        assert [name for name in before[role] if before[role][name] != after[role][name]] == [], role


def on_paper_and_aloud(purchase: Purchase) -> None:
    """Another buyer registers a closed envelope, and says that she heard a price."""
    with time_machine.travel(DEADLINE - timedelta(hours=2), tick=False):
        envelope = SimpleUploadedFile("enveloppe.jpg", papers.JPEG)
        register_paper(purchase.city.second_buyer, purchase.invitation(PERRIER).pk, envelope, timezone.now(), "Coffre")
        hear_price(purchase.city.second_buyer, purchase.sourcing.pk, "Au guichet, le gérant.")
    by_email(purchase.invitation(DEPOT))


def by_email(invitation: Invitation) -> None:
    """A firm that has taken its answer back replies to its e-mail with its quote."""
    message = EmailMessage()
    message["From"], message["Message-ID"] = invitation.address, "<devis@depot.example>"
    message.set_content("Mon prix : 0,91 €")
    message.add_attachment(papers.JPEG, maintype="image", subtype="jpeg", filename="devis.jpg")
    with override_settings(REPLY_TO="reponse@ville.example"), time_machine.travel(DEADLINE - timedelta(hours=2), tick=False):
        row = receive(message.as_bytes(), reply_to(invitation), sender=invitation.address, at=timezone.now())
    assert row.answer_id is not None


def test_no_message_to_staff_number_or_checkpoint_tells_that_firms_answer(city: City) -> None:
    purchase = asked_purchase(city)

    def told() -> tuple[list[tuple[str, str]], list[str], int]:
        with time_machine.travel(MOMENT, tick=False):
            for _ in range(3):
                call_command("tick", stdout=StringIO())
        staff = OutgoingMessage.objects.filter(to_address__in=User.objects.values("email")).order_by("pk")
        public = Checkpoint.objects.filter(log_id=city.organisation.pk, public=True)
        return (
            list(staff.values_list("subject", "body")),
            list(Need.objects.values_list("reference", flat=True)),
            public.count(),
        )

    before = told()
    purchase.answer()
    on_paper_and_aloud(purchase)
    assert told() == before


def test_every_page_is_the_same_while_a_third_party_stamps_the_time(city: City, settings: Any, tmp_path: Path) -> None:
    made = made_authority(tmp_path, days=(-900, 900))
    made.manner = "forged"  # it tells the time of this test
    with served(made):
        settings.TSA = (made.url,)
        purchase = asked_purchase(city)
        before = everything(city, purchase, "auditor")
        purchase.answer()
        after = everything(city, purchase, "auditor")
        assert Anchor.objects.filter(state="obtained").exists()
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize("kind", Sourcing.Kind.values)
def test_what_a_firm_says_of_itself_shows_nowhere_before_the_opening(city: City, kind: str) -> None:
    purchase = asked_purchase(city)
    Sourcing.objects.filter(pk=purchase.sourcing.pk).update(kind=kind)
    before = everything(city, purchase, "buyer")
    with time_machine.travel(DEADLINE - timedelta(hours=2), tick=False):
        decline(purchase.invitation(LEFORT), "closed", "Nous avons vendu.")
        for shop in (LEFORT, MATHILDE):
            be_told(purchase.invitation(shop), "neuve@pain.example")
    after = everything(city, purchase, "buyer")
    assert [name for name in before if before[name] != after[name]] == []


def test_a_firm_that_asks_to_be_called_shows_its_number_in_the_list_of_calls_and_nothing_anywhere_else(city: City) -> None:
    purchase = asked_purchase(city)
    before = everything(city, purchase, "buyer")
    with time_machine.travel(DEADLINE - timedelta(hours=2), tick=False):
        ask(purchase.invitation(LEFORT), "06 12 34 56 78", "soon")
    after = everything(city, purchase, "buyer")
    assert {name for name in before if before[name] != after[name]} == {"", "a-rappeler/", "awaiting"}
    assert not [name for name in ("", "a-rappeler/") if purchase.need.reference in after[name] or "Lefort" in after[name]]


def asked_last_prices(purchase: Purchase) -> None:
    """Both firms that quoted are asked for a last price, for three days after the deadline."""
    purchase.open()
    with time_machine.travel(DEADLINE + timedelta(hours=4), tick=True):
        quotes = [each.pk for each in opened_submissions(purchase.sourcing_now()) if each.kind == "quote"]
        evaluate.ask_last_price(purchase.city.buyer, purchase.sourcing.pk, quotes, LAST_LIMIT)


def refuses(purchase: Purchase) -> None:
    decline(purchase.invitation(MATHILDE), "no_time", "REFUS-FERME")


def lowers(purchase: Purchase) -> None:
    purchase.last_price("0.70")
    decline(purchase.invitation(PERRIER), "left_trade")


@pytest.mark.parametrize(("sent", "late"), [(lowers, False), (refuses, True)])
def test_every_page_is_the_same_with_no_last_price_and_with_one(
    city: City, sent: Callable[[Purchase], None], late: bool
) -> None:
    purchase = answered_purchase(city)
    asked_last_prices(purchase)
    moment = LAST_LIMIT + timedelta(hours=1 if late else -1)
    quote = purchase.sourcing.submissions.filter(kind="quote", state="received").first()
    assert quote
    before = everything(city, purchase, "buyer", moment, submission_id=quote.pk)
    with time_machine.travel(moment - timedelta(minutes=10), tick=True):
        sent(purchase)
    after = everything(city, purchase, "buyer", moment, submission_id=quote.pk)
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


def test_what_came_for_a_last_price_shows_once_it_is_opened(city: City) -> None:
    purchase = answered_purchase(city)
    asked_last_prices(purchase)
    with time_machine.travel(DEADLINE + timedelta(hours=5), tick=True):
        refuses(purchase)
    with time_machine.travel(LAST_LIMIT + timedelta(hours=1), tick=True):
        opening.open_last_prices(city.buyer, purchase.sourcing.pk)
        page = signed_in(city.buyer).get(reverse("comparison", args=[purchase.need.pk])).content.decode()
    assert "REFUS-FERME" in page and "son premier prix reste bon" in page
