"""Two cities on one instance never see each other: every address with the other city's ids, by every role."""

import inspect
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from django.db.models import QuerySet

import sourcier
from sourcier.accounts.agents import Agent
from sourcier.journal.models import Entry
from tests.cities import City
from tests.dossier.purchase import export_of, finished_purchase
from tests.safety.addresses import filled, ids, of_the_city
from tests.web.clients import signed_in

ROLES = ("requester", "buyer", "head_buyer", "auditor", "admin")
NOWHERE = (403, 404, 405)


@pytest.mark.parametrize("role", ROLES)
def test_no_address_answers_with_the_ids_of_another_city(city: City, other_city: City, role: str) -> None:
    purchase = finished_purchase(city)
    values = ids(purchase, export_of(purchase))
    before = Entry.objects.count()
    client = signed_in(getattr(other_city, role))
    leaks = []
    for pattern in of_the_city():
        if not pattern.pattern.converters:
            continue
        address = filled(pattern, values)
        for method in (client.get, client.post):
            response = method(address)
            if response.status_code not in NOWHERE:
                leaks.append((pattern.name, method.__name__, response.status_code))
    assert leaks == []
    assert Entry.objects.count() == before


@pytest.mark.parametrize("role", ROLES)
def test_lists_name_nothing_of_another_city(city: City, other_city: City, role: str) -> None:
    purchase = finished_purchase(city)
    client = signed_in(getattr(other_city, role))
    for pattern in of_the_city():
        if pattern.pattern.converters:
            continue
        page = client.get("/" + str(pattern.pattern))
        if page.status_code == 200 and not page.streaming:
            text = page.content.decode(errors="replace")
            assert purchase.need.reference not in text or purchase.need.sentence not in text, pattern.name
            assert "rosny.example" not in text, pattern.name


def readers() -> list[tuple[str, Any]]:
    """Every public function of a queries module whose first argument, and only one, is an agent."""
    found = []
    for module in walk_packages(sourcier.__path__, "sourcier."):
        if ".queries" in module.name:
            loaded = import_module(module.name)
            for name, function in inspect.getmembers(loaded, inspect.isfunction):
                wanted = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
                if function.__module__ == module.name and len(wanted) == 1 and wanted[0].annotation is Agent and name[0] != "_":
                    found.append((f"{module.name}.{name}", function))
    return found


def test_no_list_of_a_room_holds_a_row_of_another_city(city: City, other_city: City) -> None:
    finished_purchase(city)
    functions = readers()
    assert len(functions) > 8
    for name, function in functions:
        for role in ("requester", "buyer", "head_buyer", "auditor"):
            rows = function(getattr(other_city, role))
            if isinstance(rows, QuerySet):
                for row in rows:
                    owner = getattr(row, "organisation_id", None) or getattr(
                        getattr(row, "firm", None), "organisation_id", None
                    )
                    assert owner in (None, other_city.organisation.pk), name
            elif isinstance(rows, list | tuple):
                assert not any("rosny" in str(row).lower() for row in rows), name
