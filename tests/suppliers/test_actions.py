"""Firms met once, contacts with their source, wishes that stay."""

from datetime import date
from typing import Any

import pytest

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.suppliers import actions, queries, rules
from sourcier.suppliers.models import Contact, Firm
from tests.cities import City, siret


def facts(number: int = 100, name: str = "Au pain de Mathilde", **more: Any) -> dict[str, Any]:
    return {
        "siret": siret(number), "name": name, "nomenclature": "NAFRev2", "activity": "10.71C", "address": "1 rue X",
        "postal_code": "93110", "commune": "Rosny", "created_on": date(2009, 5, 1), **more,
    }  # fmt: skip


def met(city: City, number: int = 100, **more: Any) -> Firm:
    return actions.meet(city.organisation, facts(number, **more), "register")


def count(city: City) -> int:
    return Entry.objects.filter(log_id=city.organisation.pk).count()


def test_a_firm_is_met_once_per_city_and_keeps_its_wishes(city: City, other_city: City) -> None:
    firm = met(city)
    actions.unsubscribe(firm)
    again = actions.meet(city.organisation, facts(name="Un autre nom"), "notice")
    assert again.pk == firm.pk and again.unsubscribed_at and again.name == "Au pain de Mathilde"
    assert met(other_city).pk != firm.pk


@pytest.mark.parametrize("number", [1, 30])
def test_meeting_many_firms_costs_a_fixed_number_of_queries(city: City, number: int, django_assert_num_queries: Any) -> None:
    known = met(city, 100)
    rows = [facts(100 + i, f"Entreprise {i}") for i in range(number + 1)] + [facts(101, "En double")]
    with django_assert_num_queries(3):
        firms = actions.meet_many(city.organisation, rows, "register")
    assert (
        len(firms) == number + 1
        and firms[0] == known
        and [f.siret for f in firms] == [siret(100 + i) for i in range(number + 1)]
    )


def test_a_non_diffusible_firm_keeps_neither_name_nor_address(city: City) -> None:
    firm = met(city, disclosed=False, lat_e6=48_000_000)
    assert (firm.name, firm.address, firm.lat_e6) == ("Entreprise non diffusible", "", None)


def test_a_contact_carries_its_source_its_date_and_its_author(city: City) -> None:
    firm = met(city)
    contact = actions.add_contact(city.buyer, firm.pk, "email", " Contact@Mathilde.FR ", "Mathilde Roy", "Facture de mars")
    assert (contact.value, contact.person, contact.source) == ("contact@mathilde.fr", "Mathilde Roy", "Facture de mars")
    assert contact.added_by == city.buyer.user and contact.added_at
    phone = actions.add_contact(city.buyer, firm.pk, "phone", "+33 (0)1.48-12 34 56")
    assert phone.value == "01 48 12 34 56" and phone.source == "Saisi par Bruno Rosny"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "pas une adresse"), ("email", "a@b"), ("email", "=HYPERLINK(1)@x.fr\n"), ("email", "a" * 50_000 + "@x.fr"),
        ("email", "<script>@x.fr"), ("phone", "12"), ("phone", "0148123456789"), ("phone", "=1+1"), ("pigeon", "x"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_nothing_is_written(city: City, kind: str, value: str) -> None:
    firm = met(city)
    before = count(city)
    with pytest.raises(Refused) as caught:
        actions.add_contact(city.buyer, firm.pk, kind, value)
    assert caught.value.field in ("value", "kind")
    assert count(city) == before and not Contact.objects.exists()


def test_a_known_contact_is_not_doubled_and_a_failing_one_comes_back(city: City) -> None:
    firm = met(city)
    contact = actions.add_contact(city.buyer, firm.pk, "email", "a@x.fr")
    with pytest.raises(Refused, match="known"):
        actions.add_contact(city.second_buyer, firm.pk, "email", "A@x.fr")
    actions.mark_failing(contact, "boîte pleine")
    assert queries.email_of(firm) == ""
    assert actions.add_contact(city.second_buyer, firm.pk, "email", "a@x.fr").pk == contact.pk
    assert queries.email_of(firm) == "a@x.fr"


def test_the_address_given_by_the_firm_itself_comes_first(city: City) -> None:
    firm = met(city)
    actions.own_contact(firm, "email", "patron@x.fr")
    actions.add_contact(city.buyer, firm.pk, "email", "vieux@x.fr")
    assert queries.email_of(firm) == "patron@x.fr"


def test_a_firm_that_asked_not_to_be_written_to_has_no_address_any_more_whatever_is_noted_later(city: City) -> None:
    firm, other = met(city), met(city, 200)
    for one in (firm, other):
        actions.add_contact(city.buyer, one.pk, "email", f"{one.siret}@x.fr")
    actions.unsubscribe(firm)
    before = count(city)
    actions.unsubscribe(firm)
    assert count(city) == before
    actions.add_contact(city.buyer, firm.pk, "email", "nouveau@x.fr")
    assert queries.emails_of([firm.pk, other.pk]) == {other.pk: f"{other.siret}@x.fr"}
    assert rules.may_write(unsubscribed=True, closed=False)


@pytest.mark.parametrize(("act", "field"), [(actions.leave_trade, "trade_left_at"), (actions.close_firm, "closed_at")])
def test_what_a_firm_says_of_itself_is_kept_with_one_entry(city: City, act: Any, field: str) -> None:
    firm = met(city)
    before = count(city)
    assert getattr(act(firm), field) and count(city) == before + 1


def test_contacts_of_another_city_are_out_of_reach(city: City, other_city: City) -> None:
    firm = met(city)
    contact = actions.add_contact(city.buyer, firm.pk, "email", "a@x.fr")
    with pytest.raises(Firm.DoesNotExist):
        actions.add_contact(other_city.buyer, firm.pk, "email", "b@x.fr")
    with pytest.raises(Contact.DoesNotExist):
        actions.remove_contact(other_city.buyer, contact.pk)
    assert not queries.search(other_city.buyer, "mathilde").exists()


@pytest.mark.parametrize("who", ["requester", "auditor", "admin"])
def test_only_buyers_change_contacts(city: City, who: str) -> None:
    firm = met(city)
    contact = actions.add_contact(city.buyer, firm.pk, "email", "a@x.fr")
    agent = getattr(city, who)
    with pytest.raises(Refused):
        actions.add_contact(agent, firm.pk, "email", "b@x.fr")
    with pytest.raises(Refused):
        actions.remove_contact(agent, contact.pk)
    with pytest.raises(Refused):
        actions.mark_failing(contact, "x", agent=agent)


@pytest.mark.parametrize("text", ["mathilde", "PAIN mathilde", "rosny", "contact@x", siret(100), siret(100)[:9]])
def test_a_firm_is_found_by_name_commune_siret_or_contact(city: City, text: str) -> None:
    firm = met(city)
    met(city, 900, name="Garage du Parc", commune="Pantin")
    actions.add_contact(city.buyer, firm.pk, "email", "contact@x.fr")
    actions.add_contact(city.buyer, firm.pk, "phone", "0148123456")
    assert list(queries.search(city.buyer, text)) == [firm]
