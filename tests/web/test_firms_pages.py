"""The pages of the firms: list, contacts, import; what closed answers must not give away."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.suppliers import actions
from sourcier.suppliers.models import Contact, Firm
from tests.cities import City, siret
from tests.web.clients import signed_in

SCRIPT = "<script>alert(1)</script>"


def met(city: City, number: int = 100, name: str = "Au pain de Mathilde", origin: str = "register", **more: Any) -> Firm:
    return actions.meet(city.organisation, {"siret": siret(number), "name": name, "commune": "Rosny", **more}, origin)


def text_of(client: Client, name: str, *args: Any, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_list_says_what_to_do_next(city: City) -> None:
    page = text_of(signed_in(city.buyer), "firms")
    assert "n&#x27;a encore rencontré" in page or "n'a encore rencontré" in page
    assert reverse("firms_import") in page
    assert reverse("firms_import") not in text_of(signed_in(city.auditor), "firms")


def test_the_list_says_how_to_reach_each_firm_and_whom_not_to_write_to(city: City) -> None:
    reached, failing, silent = met(city), met(city, 200, "Fournil"), met(city, 300, "Lefort")
    actions.add_contact(city.buyer, reached.pk, "email", "contact@mathilde.fr")
    actions.mark_failing(actions.add_contact(city.buyer, failing.pk, "email", "vieux@x.fr"), "refusée")
    actions.unsubscribe(silent)
    met(city, 400, "Traiteur", "notice")
    page = text_of(signed_in(city.buyer), "firms")
    for words in ("contact@mathilde.fr", "Adresse en échec", "Ne plus écrire", "identité non vérifiée", "À joindre autrement"):
        assert words in page
    found = text_of(signed_in(city.buyer), "firms", q="mathilde.fr")
    assert "Au pain de Mathilde" in found and "Fournil" not in found


def test_a_contact_is_noted_with_its_source_then_failing_then_removed(city: City) -> None:
    firm, client = met(city), signed_in(city.buyer)
    add = reverse("firm_contact_add", args=[firm.pk])
    typed = {"kind": "email", "value": "pas une adresse", "person": "Mathilde", "source": "Facture"}
    response = client.post(add, typed)
    assert (
        response.status_code == 422
        and "pas une adresse" in response.content.decode()
        and "Facture" in response.content.decode()
    )
    client.post(add, {**typed, "value": "a@x.fr"})
    contact = firm.contacts.get()
    page = text_of(client, "firm_sheet", firm.pk)
    assert "a@x.fr" in page and "Facture" in page and "Bruno Rosny" in page
    client.post(reverse("firm_contact_failing", args=[firm.pk, contact.pk]))
    assert "Adresse en échec" in text_of(client, "firm_sheet", firm.pk)
    client.post(reverse("firm_contact_remove", args=[firm.pk, contact.pk]))
    assert "Contacts retirés" in text_of(client, "firm_sheet", firm.pk)


def test_lines_pasted_are_confirmed_then_imported_and_reported(city: City) -> None:
    client = signed_in(city.buyer)
    lines = f"{siret(1)}; a@x.fr; 01 48 12 34 56; Léa\n12; b@x.fr; ; Faux\n{siret(2)}; c@x.fr; ; Fournil"
    page = client.post(reverse("firms_import"), {"pasted": lines})
    form = page.context["form"]
    assert not Firm.objects.exists()
    assert [form[name].value() for name in ("siret", "email", "phone", "name")] == ["0", "1", "2", "3"]
    posted = {name: form[name].value() or "" for name in form.fields if name != "heading"}
    report = client.post(reverse("firms_import"), posted).content.decode()
    assert "Import terminé" in report and "Un SIRET compte 14 chiffres" in report
    assert Contact.objects.count() == 3 and Contact.objects.first().source == "Lignes collées"  # type: ignore[union-attr]


def test_pasted_lines_carry_where_they_come_from_through_the_choice_of_columns(city: City) -> None:
    client = signed_in(city.buyer)
    page = client.post(reverse("firms_import"), {"pasted": f"{siret(1)}; a@x.fr; ; Léa", "origin": " Annuaire de la CMA "})
    form = page.context["form"]
    assert "Annuaire de la CMA" in page.content.decode()
    client.post(reverse("firms_import"), {name: form[name].value() or "" for name in form.fields if name != "heading"})
    assert Contact.objects.get().source == "Annuaire de la CMA"
    too_long = client.post(reverse("firms_import"), {"pasted": f"{siret(2)}; b@x.fr", "origin": "x" * 121})
    assert too_long.context["form"].errors["origin"] and siret(2) in too_long.content.decode()


def test_a_file_with_other_headings_gets_its_columns_by_hand(city: City) -> None:
    client = signed_in(city.buyer)
    data = f"Clé;Joindre à\n{siret(1)};a@x.fr\n".encode()
    page = client.post(reverse("firms_import"), {"file": SimpleUploadedFile("mes tiers.csv", data)})
    form = page.context["form"]
    posted = {"table": form["table"].value(), "source": form["source"].value(), "heading": "on"}
    refused = client.post(reverse("firms_import"), posted)
    assert "Choisissez la colonne du SIRET" in refused.content.decode() and not Firm.objects.exists()
    report = client.post(reverse("firms_import"), {**posted, "siret": "0", "email": "1", "name": "1"})
    assert "Import terminé" in report.content.decode()
    assert Contact.objects.get().source == "Import du fichier mes tiers.csv"


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"PK\x03\x04", b"a;b\n" * 3_000], ids=["empty", "binary", "zip", "long"])
def test_a_file_that_is_no_list_is_said_beside_its_field(city: City, data: bytes) -> None:
    page = signed_in(city.buyer).post(reverse("firms_import"), {"file": SimpleUploadedFile("x.csv", data)})
    assert page.context["form"].errors["file"] and not Firm.objects.exists()


def test_a_table_changed_on_its_way_is_refused(city: City) -> None:
    client = signed_in(city.buyer)
    for table in ("", "{}", '[["a", 1]]', "x" * 1000):
        assert client.post(reverse("firms_import"), {"table": table, "siret": "0"}).status_code == 200
    posted = {"table": f'[["{siret(1)}","a@x.fr","Léa"]]', "source": "x", "siret": "99", "email": "-1"}
    assert "Sélectionnez un choix valide" in client.post(reverse("firms_import"), posted).content.decode()
    assert not Firm.objects.exists()


def test_hostile_words_are_shown_as_words(city: City) -> None:
    firm, client = met(city, name=SCRIPT), signed_in(city.buyer)
    actions.add_contact(city.buyer, firm.pk, "email", "a@x.fr", SCRIPT, "=1+1" + SCRIPT)
    for page in (text_of(client, "firms"), text_of(client, "firm_sheet", firm.pk), text_of(client, "firms", q=SCRIPT)):
        assert "<script>alert" not in page
    page = client.post(reverse("firms_import"), {"pasted": f"{siret(5)};b@x.fr;;{SCRIPT}"}).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    typed = {"kind": "email", "value": "é" * 50_000, "source": "x"}
    assert client.post(reverse("firm_contact_add", args=[firm.pk]), typed).status_code == 422


def test_another_city_meets_404_and_an_empty_list(city: City, other_city: City) -> None:
    firm = met(city)
    contact = actions.add_contact(city.buyer, firm.pk, "email", "a@x.fr")
    before = Entry.objects.count()
    client = signed_in(other_city.buyer)
    assert "Au pain" not in text_of(client, "firms") + text_of(client, "firms", q="Mathilde")
    assert client.get(reverse("firm_sheet", args=[firm.pk])).status_code == 404
    for name, args in (
        ("firm_contact_add", [firm.pk]), ("firm_contact_remove", [firm.pk, contact.pk]),
        ("firm_contact_failing", [firm.pk, contact.pk]),
    ):  # fmt: skip
        assert client.post(reverse(name, args=args), {"kind": "email", "value": "b@x.fr", "source": "x"}).status_code == 404
    theirs = met(other_city)
    assert client.get(reverse("firm_sheet", args=[theirs.pk])).status_code == 200
    assert client.post(reverse("firm_contact_remove", args=[theirs.pk, contact.pk])).status_code == 404
    assert Entry.objects.count() == before


def test_only_buyers_change_firms_and_only_inspection_reads_them(city: City) -> None:
    firm = met(city)
    assert signed_in(city.requester).get(reverse("firms")).status_code == 403
    assert signed_in(city.admin).get(reverse("firm_sheet", args=[firm.pk])).status_code == 403
    auditor = signed_in(city.auditor)
    assert "Noter un contact" not in text_of(auditor, "firm_sheet", firm.pk)
    assert auditor.get(reverse("firms_import")).status_code == 403
    assert auditor.post(reverse("firm_contact_add", args=[firm.pk])).status_code == 403


@pytest.mark.parametrize("name", ["firms", "firm_sheet"])
def test_pages_cost_as_many_queries_with_one_row_as_with_three(city: City, name: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    firm, client = met(city), signed_in(city.buyer)
    actions.add_contact(city.buyer, firm.pk, "email", "a@x.fr")
    address = reverse(name, args=[firm.pk] if name == "firm_sheet" else [])
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in (2, 3):
        actions.add_contact(city.buyer, met(city, number * 100).pk, "email", "a@x.fr")
        actions.add_contact(city.second_buyer, firm.pk, "email", f"a{number}@x.fr")
    with CaptureQueriesContext(connection) as three:
        client.get(address)
    assert len(one) == len(three)


def test_the_list_goes_by_pages(city: City) -> None:
    actions.meet_many(city.organisation, [{"siret": siret(i), "name": f"Firme {i:03d}"} for i in range(30)], "register")
    client = signed_in(city.buyer)
    assert "Firme 029" not in text_of(client, "firms") and "Firme 029" in text_of(client, "firms", page="2")
    assert "Firme 029" in text_of(client, "firms", page="999")
