from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sourcier.accounts.actions import deactivate_user, invite_user
from sourcier.accounts.models import Role
from sourcier.web import sign_in_urls
from tests.cities import City
from tests.web.clients import signed_in

# allauth checks by itself who may see these; everything else declares its right with `web.rights`.
ALLAUTH = {pattern.name for pattern in sign_in_urls.urlpatterns}
SETTINGS_OF_ADMIN = ("settings_person_new",)
SETTINGS_OF_HEAD = ("settings_place_new",)


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def test_every_address_declares_who_may_use_it() -> None:
    without = [str(p.pattern) for p in patterns() if p.name not in ALLAUTH and not hasattr(p.callback, "right")]
    assert without == []


def test_every_address_has_one_name_of_its_own_a_page_of_a_consultation_the_same_with_its_id() -> None:
    names = [pattern.name for pattern in patterns() if "sourcing_id" not in pattern.pattern.converters]
    assert None not in names
    assert len(names) == len(set(names))
    with_id = [pattern for pattern in patterns() if "sourcing_id" in pattern.pattern.converters]
    views = {pattern.name: pattern.callback for pattern in patterns()}
    assert len(with_id) == len({pattern.name for pattern in with_id})
    assert all(views[pattern.name] is pattern.callback for pattern in with_id)


def test_sign_up_and_unused_pages_of_allauth_are_not_served() -> None:
    assert not {"account_signup", "account_email", "account_set_password", "account_request_login_code"} & {
        pattern.name for pattern in patterns()
    }


@pytest.mark.django_db
def test_city_pages_without_arguments_ask_a_stranger_to_sign_in() -> None:
    for pattern in patterns():
        if isinstance(getattr(pattern.callback, "right", None), tuple) and "<" not in str(pattern.pattern):
            response = Client().get("/" + str(pattern.pattern))
            assert response.status_code == 302, pattern.name
            assert response["Location"].startswith(reverse("account_login")), pattern.name


def test_the_wrong_role_gets_403_on_every_city_page_without_arguments(city: City) -> None:
    agents = {
        Role.REQUESTER: city.requester, Role.BUYER: city.buyer, Role.HEAD_BUYER: city.head_buyer,
        Role.AUDITOR: city.auditor, Role.ADMIN: city.admin,
    }  # fmt: skip
    for role, agent in agents.items():
        client = signed_in(agent)
        for pattern in patterns():
            right = getattr(pattern.callback, "right", None)
            if isinstance(right, tuple) and role not in right and "<" not in str(pattern.pattern):
                assert client.get("/" + str(pattern.pattern)).status_code == 403, (role, pattern.name)


def test_an_auditor_posts_nowhere_but_on_his_own_account(city: City) -> None:
    client = signed_in(city.auditor)
    for name in ("settings_city", "settings_departments"):
        assert client.post(reverse(name), {"name": "X"}).status_code == 403
    assert client.post(reverse("my_account"), {"name": "Aude Martin", "phone": ""}).status_code == 302


def test_the_settings_of_another_city_do_not_exist(city: City, other_city: City) -> None:
    admin, head = signed_in(city.admin), signed_in(city.head_buyer)
    stranger = other_city.buyer
    for name in ("settings_person", "settings_person_off", "settings_person_on", "settings_person_link", "settings_role_grant"):
        assert admin.post(reverse(name, args=[stranger.id])).status_code == 404, name
    assert admin.get(reverse("settings_person", args=[stranger.id])).status_code == 404
    membership = stranger.memberships[0].pk
    assert admin.post(reverse("settings_role_revoke", args=[stranger.id, membership])).status_code == 404
    assert admin.post(reverse("settings_role_revoke", args=[city.buyer.id, membership])).status_code == 404
    assert head.get(reverse("settings_department", args=[other_city.department.pk])).status_code == 404
    assert head.post(reverse("settings_department", args=[other_city.department.pk]), {"name": "X"}).status_code == 404
    assert head.get(reverse("settings_place", args=[other_city.place.pk])).status_code == 404
    assert head.post(reverse("settings_place_switch", args=[other_city.place.pk]), {"to": "off"}).status_code == 404


def test_lists_show_nothing_of_another_city(city: City, other_city: City) -> None:
    for name in ("settings_people", "settings_places", "settings_departments", "settings_city"):
        page = signed_in(city.head_buyer).get(reverse(name)).content.decode()
        assert "Pantin" not in page
        assert "pantin.example" not in page


def test_a_deactivated_person_is_signed_out_at_once(city: City) -> None:
    client = signed_in(city.buyer)
    assert client.get("/").status_code == 200
    deactivate_user(city.admin, city.buyer.id)
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_person_of_two_cities_chooses_and_loses_only_one(city: City, other_city: City) -> None:
    invite_user(city.admin, email="bruno@pantin.example", name="Bruno", role=Role.BUYER)
    client = signed_in(other_city.buyer)
    client.post(reverse("choose_organisation"), {"organisation": "rosny"})
    assert "Ville de Rosny" in client.get("/").content.decode()
    deactivate_user(city.admin, other_city.buyer.id)
    assert "Ville de Pantin" in client.get("/").content.decode()
    assert client.post(reverse("choose_organisation"), {"organisation": "rosny"}).status_code == 404
