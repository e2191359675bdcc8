"""« Rappelez-moi »: a number and an hour for the agent, the firm's name once the answers are open."""

import pytest

from sourcier.insights import story
from sourcier.quotes.models import CallBack, HeardPrice
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.quotes.requests import Request, browser, make_request, opened
from tests.web.clients import signed_in
from tests.web.firm import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("five_in_the_morning")]
ASKED = {"number": "+33 6 12 34 56 78", "when": "noon"}
FIRM = "Au pain de Mathilde"


def told(city: City, request: Request) -> list[str]:
    """The calls in the time line of the operation."""
    found = story.entries(city.buyer, request.sourcing.need_id).filter(verb__startswith="call.")
    return list(found.values_list("verb", flat=True))


def test_an_agent_calls_a_number_without_learning_whose_it_is_before_the_opening(city: City) -> None:
    request = make_request(city)
    client, log = browser(request.invite()), city.organisation.pk
    assert "dix chiffres" in client.post("/r/rappel/", {"number": "12", "when": "noon"}).content.decode()
    with writes(log, "call.asked"):
        assert "La mairie vous rappellera" in client.post("/r/rappel/", ASKED, follow=True).content.decode()
    with writes(log, "call.asked"):
        client.post("/r/rappel/", {**ASKED, "when": "soon"})
    call = CallBack.objects.get()
    buyer = signed_in(city.buyer)
    page = text(buyer, "/a-rappeler/")
    assert "06 12 34 56 78" in page and "Dès que possible" in page
    assert FIRM not in page and request.sourcing.title not in page
    assert "Un numéro à rappeler." in text(buyer, "/") and FIRM not in text(buyer, f"/achats/{request.sourcing.need_id}/")

    with writes_nothing(log):
        buyer.post(f"/a-rappeler/{call.pk}/", {"outcome": "left"})
    with writes(log, "call.missed"):
        buyer.post(f"/a-rappeler/{call.pk}/", {"outcome": "missed"})
    assert "1 essai, le dernier par" in text(buyer, "/a-rappeler/")
    with writes(log, "price.heard", "call.reached"):
        buyer.post(f"/a-rappeler/{call.pk}/", {"outcome": "reached", "heard": "1"})
    assert HeardPrice.objects.get().user == city.buyer.user
    with writes_nothing(log):
        assert "déjà noté" in buyer.post(f"/a-rappeler/{call.pk}/", {"outcome": "reached"}, follow=True).content.decode()
    assert FIRM not in text(buyer, "/a-rappeler/")
    assert told(city, request) == []

    browser(request.invite("Lefort")).post("/r/prix/", request.form())
    opened(request)
    assert f"06 12 34 56 78, {FIRM}" in text(buyer, "/a-rappeler/")
    assert told(city, request) == ["call.asked", "call.asked", "call.missed", "call.reached"]
