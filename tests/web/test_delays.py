"""How long a purchase takes on each lane, shown to the department and to who inspects it."""

from datetime import UTC, datetime, timedelta

from django.urls import reverse

from sourcier.insights.lane_times import in_words, lane_times, lane_years
from sourcier.needs.models import Need
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.quotes.requests import make_request
from tests.web.clients import signed_in

SENT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def bought(city: City, lane: str, answers: int, choice: int | None) -> None:
    """A purchase whose answers were opened, and its firm chosen, so many hours after its need was sent."""
    sourcing = make_request(city).sourcing
    Need.objects.filter(pk=sourcing.need_id).update(lane=lane, submitted_at=SENT)
    chosen = None if choice is None else SENT + timedelta(hours=choice)
    state = "opened" if choice is None else "done"
    Sourcing.objects.filter(pk=sourcing.pk).update(opened_at=SENT + timedelta(hours=answers), chosen_at=chosen, state=state)


def test_the_median_time_of_each_lane_is_told_to_the_choice_or_to_the_answers(city: City, other_city: City) -> None:
    for answers, choice in ((24, 36), (30, 50), (40, 200)):
        bought(city, "alone", answers, choice)
    bought(city, "led", 400, None)
    found = lane_times(city.requester, 2026)
    assert [each.sentence for each in found] == [
        "Le service seul : 2 jours du besoin au choix (3 achats)",
        "Un acheteur conduit : 17 jours du besoin aux réponses (1 achat)",
    ]
    assert lane_times(city.buyer, 2025) == lane_times(other_city.buyer, 2026) == [] and lane_years(city.buyer) == [2026]
    page = signed_in(city.requester).get(reverse("delays"), {"year": "2026"}).content.decode()
    assert "Le service seul" in page and "30 heures" in page and "2 jours" in page
    table = signed_in(city.auditor).get(reverse("delays"), {"year": "2026", "export": "csv"}).content.decode("utf-8-sig")
    assert [row.split(";")[1:] for row in table.splitlines() if row.startswith("Le service seul")] == [["3", "30", "3", "50"]]


def test_a_duration_is_said_in_hours_then_in_days() -> None:
    hours = [timedelta(minutes=5), timedelta(hours=30), timedelta(hours=47.9), timedelta(days=2), timedelta(days=12.6)]
    assert [in_words(each) for each in hours] == ["1 heure", "30 heures", "48 heures", "2 jours", "13 jours"]
    assert in_words(None) == ""
