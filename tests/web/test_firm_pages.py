"""The pages of a firm, on a telephone without JavaScript."""

import time_machine

from sourcier.quotes.models import Submission
from tests.cities import City
from tests.quotes.requests import BEFORE, browser, make_request


@time_machine.travel(BEFORE, tick=True)
def test_a_baker_answers_in_three_pages(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    page = client.get("/r/").content.decode()
    assert "La mairie de Rosny cherche un boulanger" in page
    assert client.get("/r/prix/").status_code == 200
    sent = client.post("/r/prix/", request.form())
    assert sent.status_code == 302, sent.content.decode()
    receipt = client.get(sent["Location"]).content.decode()
    submission = Submission.objects.get(state="received")
    assert submission.receipt_number in receipt
