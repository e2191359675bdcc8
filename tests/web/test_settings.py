import io
import re
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image

from sourcier.accounts.actions import add_place, create_user, grant, update_organisation
from sourcier.accounts.agents import agent_for
from sourcier.accounts.models import DeliveryPlace, Department, Membership, Organisation, Role, User
from sourcier.kernel.french import PARIS
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.needs.models import Need
from sourcier.register import correspondence
from sourcier.register.importing.run import import_stock
from sourcier.web.sign_in import password_link
from tests.cities import City
from tests.correspondences import insee_table
from tests.register.stocks import establishment, unit, write
from tests.sourcing.scenes import draft, ready
from tests.web.clients import signed_in


def identity(**changes: object) -> dict[str, object]:
    return {
        "name": "Ville de Rosny", "phone": "01 00 00 00 00", "phone_hours": "", "email": "achats@rosny.example",
        "dpo_email": "", "counter": "", "colour": "#0b6e69", "asks_a_year": "12", "idea_days": "30",
        "rotation_percent": "50", **changes,
    }  # fmt: skip


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(out, "PNG")
    return out.getvalue()


def test_an_invited_person_receives_a_link_and_enters(city: City) -> None:
    data = {"name": "Nadia Haddad", "email": "nadia@rosny.example", "role": "buyer", "department": city.department.pk}
    response = signed_in(city.admin).post(reverse("settings_person_new"), data)
    assert response["Location"] == reverse("settings_people")
    nadia = User.objects.get(email="nadia@rosny.example")
    message = OutgoingMessage.objects.get()
    assert message.to_address == nadia.email
    assert "Acheteur" in message.body
    client = Client()
    form = client.get(password_link(nadia), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "quatre-mots-sans-lien", "password2": "quatre-mots-sans-lien"})
    login = {"login": nadia.email, "password": "quatre-mots-sans-lien"}
    assert client.post(reverse("account_login"), login)["Location"] == "/"


def test_a_refused_invitation_sends_nothing_and_keeps_what_was_typed(city: City) -> None:
    data = {"name": "Bruno Deux", "email": "bruno@rosny.example", "role": "buyer"}
    page = signed_in(city.admin).post(reverse("settings_person_new"), data).content.decode()
    assert "a déjà un compte ici" in page
    assert 'value="Bruno Deux"' in page
    assert not OutgoingMessage.objects.exists()


def test_a_role_for_the_whole_city_refuses_a_department(city: City) -> None:
    data = {"name": "A", "email": "a@rosny.example", "role": "auditor", "department": city.department.pk}
    page = signed_in(city.admin).post(reverse("settings_person_new"), data).content.decode()
    assert "Ce rôle vaut partout" in page
    assert not User.objects.filter(email="a@rosny.example").exists()


def test_roles_are_given_and_taken_from_the_page_of_a_person(city: City) -> None:
    client = signed_in(city.admin)
    page = reverse("settings_person", args=[city.buyer.id])
    client.post(reverse("settings_role_grant", args=[city.buyer.id]), {"role-role": "head_buyer"})
    membership = Membership.objects.get(user=city.buyer.user, role="head_buyer")
    assert "Responsable des achats" in client.get(page).content.decode()
    client.post(reverse("settings_role_revoke", args=[city.buyer.id, membership.pk]))
    assert not Membership.objects.get(pk=membership.pk).active
    refused = client.post(reverse("settings_role_grant", args=[city.buyer.id]), {"role-role": "auditor"})
    assert "Un auditeur n&#x27;a pas d&#x27;autre rôle" in refused.content.decode()


def test_an_account_is_closed_and_opened_again_from_its_page(city: City) -> None:
    client = signed_in(city.admin)
    client.post(reverse("settings_person_off", args=[city.buyer.id]))
    assert not User.objects.get(pk=city.buyer.id).is_active
    client.post(reverse("settings_person_on", args=[city.buyer.id]))
    assert User.objects.get(pk=city.buyer.id).is_active


def test_the_administrator_cannot_close_his_own_account(city: City) -> None:
    response = signed_in(city.admin).post(reverse("settings_person_off", args=[city.admin.id]), follow=True)
    assert "Vous ne pouvez pas changer vos propres droits" in response.content.decode()
    assert User.objects.get(pk=city.admin.id).is_active


def test_a_colour_too_light_is_refused_beside_its_field(city: City) -> None:
    page = (
        signed_in(city.head_buyer).post(reverse("settings_city"), identity(colour="#ffee00", counter="Hall")).content.decode()
    )
    assert re.search(r'id="id_colour_error".*?trop claire', page, re.DOTALL)
    assert 'value="Hall"' in page
    assert Organisation.objects.get(pk=city.organisation.pk).counter == ""


def test_the_colour_of_the_city_is_served_and_linked(city: City) -> None:
    client = signed_in(city.head_buyer)
    assert client.post(reverse("settings_city"), identity(colour="#7a1f5c")).status_code == 302
    assert "/ville.css?couleur=7a1f5c" in client.get("/").content.decode()
    css = Client().get("/ville.css?couleur=7a1f5c")
    assert css["Content-Type"] == "text/css"
    assert "--brand: #7a1f5c" in css.content.decode()


def test_a_colour_that_cannot_be_read_has_no_stylesheet(client: Client) -> None:
    for text in ("ffee00", "zzz", "", "0b6e69;}body{display:none"):
        assert client.get("/ville.css", {"couleur": text}).status_code == 404


def test_a_logo_is_kept_and_served_to_anyone(city: City) -> None:
    client = signed_in(city.head_buyer)
    upload = SimpleUploadedFile("logo.png", picture(), "image/png")
    assert client.post(reverse("settings_city"), identity(logo=upload)).status_code == 302
    file_id = Organisation.objects.get(pk=city.organisation.pk).logo_file_id
    assert file_id
    served = Client().get(reverse("city_logo", args=[file_id]))
    assert served["Content-Type"] == "image/png"
    assert b"".join(served.streaming_content) == picture()  # type: ignore[attr-defined]
    assert client.post(reverse("settings_city"), identity(remove_logo="on")).status_code == 302
    assert Client().get(reverse("city_logo", args=[file_id])).status_code == 404


def test_what_is_not_a_picture_is_no_logo(city: City) -> None:
    client = signed_in(city.head_buyer)
    for name, data in (("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("logo.png", b"%PDF-1.4"), ("l.png", b"")):
        page = client.post(reverse("settings_city"), identity(logo=SimpleUploadedFile(name, data)))
        assert page.status_code == 200
        assert 'id="id_logo_error"' in page.content.decode()
    assert Organisation.objects.get(pk=city.organisation.pk).logo_file_id is None


def test_a_logo_that_unpacks_to_gigabytes_is_refused_beside_its_field(city: City) -> None:
    bombs = {form: io.BytesIO() for form in ("PNG", "JPEG")}
    for form, out in bombs.items():
        Image.new("L", (3001, 9)).save(out, form)
        page = signed_in(city.head_buyer).post(
            reverse("settings_city"), identity(logo=SimpleUploadedFile(f"logo.{form.lower()}", out.getvalue()))
        )
        assert "3 000 pixels de côté au plus" in page.content.decode()
    assert Organisation.objects.get(pk=city.organisation.pk).logo_file_id is None


def test_a_department_is_added_once(city: City) -> None:
    client = signed_in(city.head_buyer)
    assert client.post(reverse("settings_departments"), {"name": "Sports"}).status_code == 302
    assert "porte déjà ce nom" in client.post(reverse("settings_departments"), {"name": "sports"}).content.decode()
    assert Department.objects.filter(organisation=city.organisation).count() == 2


def test_the_usual_places_of_a_department_are_ticked_on_its_page_and_in_its_new_needs(city: City) -> None:
    client = signed_in(city.head_buyer)
    page, places = (reverse(name, args=[city.department.pk]) for name in ("settings_department", "settings_department_places"))
    assert "Crèche Jean-Mermoz" in client.get(page).content.decode()
    assert client.post(places, {"places": str(city.place.pk)}).status_code == 302
    assert re.search(r'value="[0-9a-f-]+"[^>]*checked', client.get(page).content.decode())
    assert "Livrée d'habitude : Crèche Jean-Mermoz" in client.get(reverse("settings_departments")).content.decode()
    assert "Rien n&#x27;a changé" in client.post(places, {"places": str(city.place.pk)}).content.decode()
    wrong = client.post(places, {"places": "zzz"})
    assert wrong.status_code == 200 and "zzz" in wrong.content.decode()
    asking = signed_in(city.requester)
    asking.post(reverse("need_new"), {"sentence": "Du pain"})
    edit = asking.get(reverse("need_edit", args=[Need.objects.get().pk])).content.decode()
    assert re.search(rf'id="place-{city.place.pk}"[^>]*checked', edit)


def test_two_people_who_tick_other_usual_places_at_once_keep_both(city: City) -> None:
    centre = add_place(
        city.head_buyer, name="Crèche du Centre", address="2 place Carnot", postal_code="93110", commune="Rosny-sous-Bois",
        lat_e6=48_872_100, lon_e6=2_487_400,
    )  # fmt: skip
    client, first = signed_in(city.head_buyer), str(city.place.pk)
    page, places = (reverse(name, args=[city.department.pk]) for name in ("settings_department", "settings_department_places"))
    client.post(places, {"places": first, "shown": ""})
    assert f'name="shown" value="{first}"' in client.get(page).content.decode()
    assert client.post(places, {"places": str(centre.pk), "shown": ""}).status_code == 302
    assert {row.place for row in city.department.usual_places.all()} == {city.place, centre}
    assert client.post(places, {"places": str(centre.pk), "shown": f"{first} {centre.pk}"}).status_code == 302
    assert [row.place for row in city.department.usual_places.all()] == [centre]


def place(**changes: str) -> dict[str, str]:
    return {
        "name": "Crèche du Centre", "address": "2 place Carnot", "postal_code": "93 110", "commune": "Rosny-sous-Bois",
        "hours": "", "contact_name": "", "contact_phone": "", "coordinates": "48,8721 2,4874", **changes,
    }  # fmt: skip


def test_a_place_takes_the_coordinates_that_are_typed(city: City) -> None:
    assert signed_in(city.head_buyer).post(reverse("settings_place_new"), place()).status_code == 302
    made = DeliveryPlace.objects.get(name="Crèche du Centre")
    assert (made.lat_e6, made.lon_e6, made.postal_code) == (48_872_100, 2_487_400, "93110")


def test_a_place_without_coordinates_nor_register_asks_for_them(city: City) -> None:
    page = signed_in(city.head_buyer).post(reverse("settings_place_new"), place(coordinates="")).content.decode()
    assert 'id="id_coordinates_error"' in page
    assert 'value="2 place Carnot"' in page


def test_coordinates_and_postal_codes_that_are_not_are_refused(city: City) -> None:
    client = signed_in(city.head_buyer)
    for wrong in ({"coordinates": "ici"}, {"coordinates": "148,1 2,4"}, {"postal_code": "9311"}, {"postal_code": "٩٣١١٠"}):
        assert client.post(reverse("settings_place_new"), place(**wrong)).status_code == 200
    assert DeliveryPlace.objects.filter(organisation=city.organisation).count() == 1


def test_editing_a_place_keeps_its_exact_coordinates(city: City) -> None:
    client = signed_in(city.head_buyer)
    url = reverse("settings_place", args=[city.place.pk])
    DeliveryPlace.objects.filter(pk=city.place.pk).update(lat_e6=48_872_123)
    typed = re.search(r'name="coordinates" value="([^"]+)"', client.get(url).content.decode())
    assert typed
    same = {name: getattr(city.place, name) for name in ("address", "postal_code", "commune")}
    client.post(url, place(name="Crèche Mermoz", coordinates=typed[1], **same))
    kept = DeliveryPlace.objects.get(pk=city.place.pk)
    assert (kept.name, kept.lat_e6) == ("Crèche Mermoz", 48_872_123)


def test_a_place_is_no_longer_offered_and_comes_back(city: City) -> None:
    client = signed_in(city.head_buyer)
    url = reverse("settings_place_switch", args=[city.place.pk])
    client.post(url, {"to": "off"})
    assert not DeliveryPlace.objects.get(pk=city.place.pk).active
    client.post(url, {"to": "on"})
    assert DeliveryPlace.objects.get(pk=city.place.pk).active


def opened(client: Client, url: str) -> dict[str, str]:
    """What a browser would send back of a page, untouched: each field, and what the page remembers of it."""
    page = client.get(url).content.decode()
    tags = re.findall(r'<input type="hidden" name="initial-[^>]*>', page)
    read = [(re.search(r'name="initial-(.*?)"', tag), re.search(r'value="(.*?)"', tag)) for tag in tags]
    values = {name[1]: unescape(value[1]) if value else "" for name, value in read if name}
    return values | {f"initial-{name}": value for name, value in values.items()}


def test_two_people_at_once_each_keep_their_own_change_of_the_city(city: City) -> None:
    client, url = signed_in(city.head_buyer), reverse("settings_city")
    first, second = opened(client, url), opened(client, url)
    assert {"name", "phone", "phone_hours", "email", "counter", "colour"} <= set(first)
    assert client.post(url, first | {"phone": "01 99 99 99 99"}).status_code == 302
    assert client.post(url, second | {"phone_hours": "de 9 h à 12 h"}).status_code == 302
    organisation = Organisation.objects.get(pk=city.organisation.pk)
    assert (organisation.phone, organisation.phone_hours) == ("01 99 99 99 99", "de 9 h à 12 h")


def second_head(city: City) -> Client:
    """Another head of purchasing."""
    user = create_user(city.organisation, email="paul@rosny.example", name="Paul Lenoir")
    grant(city.organisation, user, Role.HEAD_BUYER)
    agent = agent_for(user)
    assert agent
    return signed_in(agent)


def test_two_changes_of_one_field_both_show_and_the_second_person_decides(city: City) -> None:
    client, url = signed_in(city.head_buyer), reverse("settings_city")
    first, second = opened(client, url), opened(client, url)
    with time_machine.travel(datetime(2026, 9, 24, 11, 52, tzinfo=PARIS), tick=False):
        second_head(city).post(url, first | {"phone": "01 99 99 99 99"})
        client.post(url, first | {"phone_hours": "de 9 h à 12 h"})
        mine = second | {"phone": "01 22 22 22 22", "counter": "Hall"}
        page = client.post(url, mine)
    text = unescape(page.content.decode()).replace("\u00a0", " ")
    assert page.status_code == 200
    assert "Paul Lenoir a modifié cette page à 11 h 52. Voici ses changements et les vôtres. Rien n'est perdu." in text
    assert "Enregistré par Paul Lenoir à 11 h 52 : « 01 99 99 99 99 »" in text and 'value="01 22 22 22 22"' in text
    organisation = Organisation.objects.get(pk=city.organisation.pk)
    assert (organisation.phone, organisation.counter) == ("01 99 99 99 99", "")
    assert 'name="initial-phone" value="01 99 99 99 99"' in text
    assert client.post(url, mine | {"initial-phone": "01 99 99 99 99"}).status_code == 302
    organisation.refresh_from_db()
    assert (organisation.phone, organisation.counter) == ("01 22 22 22 22", "Hall")


def test_two_people_at_once_on_a_place_a_department_and_a_person(city: City) -> None:
    head, admin = signed_in(city.head_buyer), signed_in(city.admin)
    place = reverse("settings_place", args=[city.place.pk])
    first, second = opened(head, place), opened(head, place)
    assert head.post(place, first | {"coordinates": "48,9001 2,5001"}).status_code == 302
    assert head.post(place, second | {"hours": "de 7 h à 8 h"}).status_code == 302
    city.place.refresh_from_db()
    assert (city.place.lat_e6, city.place.hours) == (48_900_100, "de 7 h à 8 h")
    both = unescape(head.post(place, second | {"coordinates": "48,1000 2,1000"}).content.decode())
    assert "Votre compte, dans une autre fenêtre, a modifié cette page à " in both
    assert "48,9001 2,5001" in both and 'value="48,1000 2,1000"' in both
    city.place.refresh_from_db()
    assert city.place.lat_e6 == 48_900_100

    department = reverse("settings_department", args=[city.department.pk])
    stale = opened(head, department)
    second_head(city).post(department, stale | {"name": "Enfance"})
    both = unescape(head.post(department, stale | {"name": "Crèches"}).content.decode())
    assert "Enregistré par Paul Lenoir à " in both and "Enfance" in both
    assert Department.objects.get(pk=city.department.pk).name == "Enfance"

    person = reverse("settings_person", args=[city.buyer.id])
    stale = opened(admin, person)
    admin.post(person, stale | {"phone": "06 11 11 11 11"})
    assert admin.post(person, stale | {"name": "Bruno de Rosny"}).status_code == 302
    buyer = User.objects.get(pk=city.buyer.id)
    assert (buyer.name, buyer.phone) == ("Bruno de Rosny", "06 11 11 11 11")
    himself = signed_in(city.buyer)
    himself.post(reverse("my_account"), opened(himself, reverse("my_account")) | {"phone": "06 22 22 22 22"})
    both = unescape(admin.post(person, opened(admin, person) | stale | {"phone": "06 33 33 33 33"}).content.decode())
    assert "Enregistré par Bruno de Rosny à " in both and "06 22 22 22 22" in both


TILES = {"tiles_address": "https://tuiles.example:8443/fond/{z}/{x}/{y}.png?cle=a1", "tiles_attribution": "© Les cartographes"}


def panel_of(city: City, *, agent: Any = None) -> HttpResponse:
    """The page of firms of a purchase that has a map."""
    sourcing = ready(city)
    return signed_in(agent or city.buyer).get(reverse("panel", args=[sourcing.need_id]))


def pictures_from(response: Any) -> list[str]:
    """Where the policy of a page lets it take pictures."""
    [sources] = re.findall(r"img-src ([^;]*)", response["Content-Security-Policy"])
    return str(sources).split()


def test_the_background_of_the_map_is_set_by_the_head_of_purchasing_and_that_page_alone_may_ask_for_it(
    city: City, bakeries: Path, settings: Any
) -> None:
    settings.REGISTER = str(bakeries)
    client = signed_in(city.head_buyer)
    before = panel_of(city)
    assert pictures_from(before) == ["'self'", "data:"] and "<image" not in before.content.decode()

    client.post(reverse("settings_city"), identity(**TILES))

    page = client.get(reverse("panel", args=[Need.objects.get().pk]))
    assert pictures_from(page) == ["'self'", "data:", "https://tuiles.example:8443"]
    said = unescape(page.content.decode())
    assert '<image href="https://tuiles.example:8443/fond/' in said and "© Les cartographes" in said
    assert "tuiles.example:8443, qui le sert, apprend quelle zone vous regardez" in said
    for other in ("home", "settings_city", "firms"):
        assert pictures_from(client.get(reverse(other))) == ["'self'", "data:"]


def test_a_page_without_a_map_asks_the_tile_server_nothing(city: City, bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)
    update_organisation(city.head_buyer, **TILES)
    page = signed_in(city.buyer).get(reverse("panel", args=[draft(city).need_id]))
    assert pictures_from(page) == ["'self'", "data:"] and "tuiles.example" not in page.content.decode()


def test_another_city_s_background_is_not_ours(city: City, other_city: City, bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)
    update_organisation(other_city.head_buyer, **TILES)
    page = panel_of(city)
    assert pictures_from(page) == ["'self'", "data:"] and "tuiles.example" not in page.content.decode()


def test_only_the_head_of_purchasing_sets_the_background(city: City) -> None:
    for agent in (city.buyer, city.admin, city.auditor, city.requester):
        signed_in(agent).post(reverse("settings_city"), identity(**TILES))
        with pytest.raises(Refused):
            update_organisation(agent, **TILES)
    assert Organisation.objects.get(pk=city.organisation.pk).tiles_address == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://tuiles.example/{z}/{x}/{y}.png", "https://tuiles.example/{z}/{x}.png", "https://tuiles.example/{z}/{z}/{x}/{y}",
        "https://{z}.example/{x}/{y}", "https://*.example/{z}/{x}/{y}", "https://a.example;script-src *//{z}/{x}/{y}",
        "https://a.example/{z}/{x}/{y} https://b.example", "https://moi@a.example/{z}/{x}/{y}", "//a.example/{z}/{x}/{y}",
        "https://a.example/{s}/{z}/{x}/{y}", 'https://a.example/{z}/{x}/{y}"onload=', "javascript:{z}{x}{y}",
    ],
)  # fmt: skip
def test_an_address_of_tiles_that_is_not_one_is_refused_with_what_to_write(city: City, address: str) -> None:
    page = signed_in(city.head_buyer).post(reverse("settings_city"), identity(**TILES | {"tiles_address": address}))
    assert "Écrivez l'adresse en https://, avec {z}, {x} et {y}" in unescape(page.content.decode())
    assert Organisation.objects.get(pk=city.organisation.pk).tiles_address == ""


def test_a_background_takes_its_attribution(city: City) -> None:
    page = signed_in(city.head_buyer).post(reverse("settings_city"), identity(**TILES | {"tiles_attribution": ""}))
    assert "Écrivez la mention" in unescape(page.content.decode())
    assert Organisation.objects.get(pk=city.organisation.pk).tiles_address == ""


def naf_of(city: City, role: str = "admin") -> str:
    """What « La collectivité » says of NAF 2025."""
    page = signed_in(getattr(city, role)).get(reverse("settings_city")).content.decode()
    part = re.search(r'<section[^>]*"naf-2025">(.*?)</section>', page, re.DOTALL)
    assert part
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", "", part[1]))).replace("\u202f", " ")


def test_the_settings_tell_from_which_file_the_table_of_naf_2025_is(city: City, settings: Any) -> None:
    with insee_table(settings, ("10.71C", "10.71H"), ("10.71D", "10.71H")):
        for role in ("admin", "head_buyer", "auditor"):
            told = naf_of(city, role)
            assert "Table de correspondance de l'INSEE, lue le 1er septembre 2026 dans table.xlsx" in told
            assert "2 codes de la NAF rév. 2 et 1 code de la NAF 2025 se correspondent" in told
            assert "Ses libellés n'ont pas été lus" in told and "Que faire" not in told


def test_the_settings_tell_that_nothing_says_what_corresponds_and_what_to_do(city: City, settings: Any) -> None:
    settings.REGISTER = "/nowhere/register.duckdb"
    told = naf_of(city)
    assert "Rien ne dit ici à quoi correspond la NAF 2025" in told
    assert "Que faire" in told and "sourcier nomenclature import FICHIER" in told


def test_the_settings_tell_how_many_establishments_of_the_register_say_it(city: City, settings: Any, tmp_path: Path) -> None:
    rows = [establishment(number, activitePrincipaleNAF25Etablissement="10.71H") for number in range(1, 4)]
    settings.REGISTER = str(
        import_stock(*write(tmp_path, rows, [unit(n) for n in range(1, 4)]), out=tmp_path / "r.duckdb").file
    )
    told = naf_of(city)
    assert "d'après 3 établissements qui portent les deux codes" in told and "Que faire" in told
    assert "1 code de la NAF rév. 2 et 1 code de la NAF 2025 se correspondent" in told


def test_the_settings_tell_that_the_table_is_damaged_and_how_to_repair_it(city: City, settings: Any) -> None:
    with insee_table(settings, ("10.71C", "10.71H")):
        correspondence.file().write_text("{")
        told = naf_of(city)
    assert "ne se lit plus" in told and "sourcier nomenclature import FICHIER" in told and "Rien ne dit ici" in told
