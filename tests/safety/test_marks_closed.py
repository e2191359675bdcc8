"""Nobody reads another's marks before he has given his: on no page, in no export, in no dossier."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.queries.comparison import opened_submissions
from tests.cities import City
from tests.dossier.purchase import DEADLINE, Purchase, answered_purchase
from tests.played import played_once
from tests.safety.addresses import ids, of_the_city, read
from tests.web.clients import signed_in

# No scorer gives a firm of the list so few points, nor do all together to one so near.
SECRETS = ("13 sur 100", "14 sur 100", "note de Bruno Rosny", "NOTE-FERMEE", "RAISON-FERMEE")


@pytest.fixture
def purchase(city: City) -> Iterator[Purchase]:
    """One evaluator has finished, and corrected a mark; the others have not begun."""
    with time_machine.travel(DEADLINE + timedelta(hours=3), tick=True):
        yield marked_by_one(city)


@played_once
def marked_by_one(city: City) -> Purchase:
    made = answered_purchase(city)
    opening.open_answers(city.buyer, made.sourcing.pk)
    mark(made, city.buyer)
    first = quotes(made)[0]
    judged = made.sourcing.criteria.filter(kind="judged").first()
    assert judged
    evaluate.score(city.buyer, first.pk, judged.pk, 14, "NOTE-FERMEE", "RAISON-FERMEE")
    return made


def quotes(purchase: Purchase) -> list[Any]:
    return [each for each in opened_submissions(purchase.sourcing_now()) if each.kind == "quote"]


def mark(purchase: Purchase, agent: Any, value: int = 13, note: str = "NOTE-FERMEE") -> None:
    for submission in quotes(purchase):
        for criterion in purchase.sourcing.criteria.filter(kind="judged"):
            evaluate.score(agent, submission.pk, criterion.pk, value, note)


def readable(client: Client, purchase: Purchase, *names: str) -> list[str]:
    """The addresses where one of the secrets is read, among all or those with these names."""
    found = []
    values = ids(purchase, Export()) | {"submission_id": quotes(purchase)[0].pk}
    for pattern in (each for each in of_the_city() if not names or each.name in names):
        for query, response in read(client, pattern, values):
            content = b"".join(response.streaming_content) if response.streaming else response.content
            if any(secret in content.decode(errors="replace") for secret in SECRETS):
                found.append(f"{pattern.name}{query}")
    return found


@pytest.mark.parametrize("role", ["requester", "second_buyer", "head_buyer"])
def test_no_page_and_no_export_tells_the_marks_of_another(city: City, purchase: Purchase, role: str) -> None:
    agent = getattr(city, role)
    assert readable(signed_in(agent), purchase) == []
    mark(purchase, agent, 50, "")
    assert "comparison" in readable(signed_in(agent), purchase, "comparison")


def test_the_auditor_and_the_evaluator_himself_read_them(city: City, purchase: Purchase) -> None:
    for agent in (city.auditor, city.buyer):
        read_there = readable(signed_in(agent), purchase, "dossier", "control")
        assert read_there == ["dossier", "dossier?export=csv", "control", "control?export=csv"]


def test_the_dossier_waits_for_the_choice_once_someone_has_begun_to_mark(city: City, purchase: Purchase) -> None:
    export = build.take(city.auditor, purchase.need.pk)
    for agent in (city.second_buyer, city.head_buyer, city.buyer):
        with pytest.raises(Refused) as refused:
            build.take(agent, purchase.need.pk)
        assert refused.value.refusal.code == "sealed"
        page = signed_in(agent).get(reverse("dossier_download", args=[purchase.need.pk, export.pk]))
        assert page.status_code == 302, "the auditor's ZIP holds the marks too"
    zipped = signed_in(city.auditor).get(reverse("dossier_download", args=[purchase.need.pk, export.pk]))
    assert b"".join(zipped.streaming_content).startswith(b"PK")
    purchase.choose()
    assert build.take(city.second_buyer, purchase.need.pk)
