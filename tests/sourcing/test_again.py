"""« Relancer plus largement »: the former request is the beginning of the next one."""

from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import tell
from sourcier.sourcing.actions import again
from sourcier.sourcing.models import Candidate, Question, RequestClause, Sourcing
from tests.cities import City
from tests.quotes.requests import Request, make_request
from tests.quotes.test_choosing import AFTER, opened, received
from tests.web.clients import signed_in


@pytest.fixture
def ended(city: City) -> Request:
    """A request that ended after its opening, whose firms are told."""
    request = make_request(city, lines=2)
    Question.objects.create(sourcing=request.sourcing, position=1, kind="text", text="Livrez-vous le samedi ?")
    RequestClause.objects.create(
        sourcing=request.sourcing, position=1, clause="ecolabel", force="possibility", title="Écolabel", text="Un label.",
        basis="Article R.2111-13 du code de la commande publique", taken=True, noted_on=AFTER.date(),
    )  # fmt: skip
    (answer,) = received(request, "0.95")
    Candidate.objects.create(
        sourcing=request.sourcing, firm=answer.firm, state="kept", origin="register", distance_m=900, decided_at=AFTER
    )
    with time_machine.travel(AFTER, tick=True):
        opened(request)
        choosing.end_without_choice(city.buyer, request.sourcing.pk, "Les prix dépassent le budget voté.", close_need=False)
        tell.tell_all(city.buyer, request.sourcing.pk, {})
    request.sourcing.refresh_from_db()
    return request


def content(sourcing: Sourcing) -> dict[str, Any]:
    return {
        "lines": list(sourcing.price_lines.values_list("designation", "unit", "quantity_milli")),
        "criteria": list(sourcing.criteria.values_list("kind", "label", "weight")),
        "clauses": list(sourcing.clauses.values_list("clause", "taken", "text", "basis", "noted_on")),
        "questions": list(sourcing.questions.values_list("text", flat=True)),
        "firms": list(sourcing.candidates.values_list("firm", "state", "distance_m")),
        "words": [sourcing.kind, sourcing.title, sourcing.trade, sourcing.description, sourcing.price_formula],
    }


def test_the_next_request_begins_with_all_that_the_former_one_held(city: City, ended: Request) -> None:
    former = content(ended.sourcing)
    with time_machine.travel(AFTER, tick=True):
        made = again.ask_again(city.buyer, ended.sourcing.pk)
    assert made.state == Sourcing.State.DRAFT and made.pk != ended.sourcing.pk
    assert content(made) == former == content(ended.sourcing)
    assert made.deadline and made.deadline > AFTER and made.sent_at is None and not made.invitations.exists()
    assert Entry.objects.filter(verb="sourcing.asked_again").count() == 1


def test_it_is_begun_from_the_page_and_leads_to_the_firms(city: City, ended: Request) -> None:
    where = [ended.sourcing.need_id]
    client = signed_in(city.buyer)
    with time_machine.travel(AFTER, tick=True):
        assert "Relancer plus largement" in client.get(reverse("panel", args=where)).content.decode()
        response = client.post(reverse("ask_again", args=[*where, ended.sourcing.pk]))
    assert response.status_code == 302 and response["Location"] == reverse("panel", args=where)
    assert Sourcing.objects.filter(need=where[0], state="draft").count() == 1


def test_only_a_buyer_asks_again_and_only_once_it_has_ended(city: City, other_city: City, ended: Request) -> None:
    with pytest.raises(PermissionDenied):
        again.ask_again(city.auditor, ended.sourcing.pk)
    with pytest.raises(Sourcing.DoesNotExist):
        again.ask_again(other_city.buyer, ended.sourcing.pk)
    with time_machine.travel(AFTER, tick=True):
        again.ask_again(city.buyer, ended.sourcing.pk)
        with pytest.raises(Refused):
            again.ask_again(city.buyer, ended.sourcing.pk)
