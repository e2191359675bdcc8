import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from sourcier.accounts.models import User
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.rules import SECRET_MARK
from sourcier.web.sign_in import password_link
from tests.cities import City
from tests.web.clients import code_now, signed_in

PASSWORD = "motdepasse-de-test"
OTHER = "quatre-mots-sans-lien"


@pytest.fixture(autouse=True)
def no_rate_remembered() -> None:
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def confirm(client: Client) -> None:
    """A change of protection asks for the password again."""
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def test_the_right_password_opens_the_home_page(city: City) -> None:
    response = sign_in(Client(), city.buyer.user.email.upper())
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_a_wrong_password_says_so_in_french_and_keeps_the_address(city: City) -> None:
    page = sign_in(Client(), city.buyer.user.email, "autre").content.decode()
    assert 'value="bruno@rosny.example"' in page
    assert "ne sont pas corrects" in page or "incorrect" in page


def test_too_many_wrong_passwords_are_slowed_down(city: City) -> None:
    client = Client()
    pages = [sign_in(client, city.buyer.user.email, f"faux-{n}").content.decode() for n in range(12)]
    assert "Trop" in pages[-1]
    assert sign_in(client, city.buyer.user.email).status_code == 200


def test_a_deactivated_person_does_not_enter(city: City) -> None:
    User.objects.filter(pk=city.buyer.id).update(is_active=False)
    client = Client()
    sign_in(client, city.buyer.user.email)
    assert client.get("/").status_code == 302


def test_sign_out_takes_a_click_and_not_a_link(city: City) -> None:
    client = signed_in(city.buyer)
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get("/").status_code == 200
    client.post(reverse("account_logout"))
    assert client.get("/").status_code == 302


def test_the_second_code_protects_the_account_and_recovery_codes_replace_the_telephone(city: City) -> None:
    client = Client()
    sign_in(client, city.buyer.user.email)
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    confirm(client)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'id="authenticator_secret">\s*([A-Z2-7]+)\s*<', page)
    assert found
    assert client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code == 200
    response = client.post(reverse("mfa_activate_totp"), {"code": code_now(found[1])})
    assert response.status_code == 302
    codes = re.findall(r"<li>([0-9a-f]{8})</li>", client.get(reverse("mfa_view_recovery_codes")).content.decode())
    assert len(codes) == 10

    other = Client()
    response = sign_in(other, city.buyer.user.email)
    assert response["Location"].startswith(reverse("mfa_authenticate"))
    assert other.get("/").status_code == 302
    assert other.post(reverse("mfa_authenticate"), {"code": "123456"}).status_code == 200
    response = other.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert response["Location"] == "/"
    assert other.get("/").status_code == 200

    cache.clear()
    third = Client()
    sign_in(third, city.buyer.user.email)
    assert third.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 200, "a recovery code serves once"
    cache.clear()
    assert third.post(reverse("mfa_authenticate"), {"code": code_now(found[1])})["Location"] == "/"

    confirm(third)
    assert third.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=city.buyer.user).exists()


def test_a_second_code_serves_once_for_as_long_as_it_would_be_accepted(city: City) -> None:
    secret = generate_totp_secret()
    TOTP.activate(city.buyer.user, secret)
    start = datetime(2026, 9, 24, 11, 52, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        seen = code_now(secret)
        for seconds, code, enters in ((0, seen, True), (1, seen, False), (35, seen, False), (58, "", True), (58, seen, False)):
            clock.move_to(start + timedelta(seconds=seconds))
            client = Client()
            sign_in(client, city.buyer.user.email)
            client.post(reverse("mfa_authenticate"), {"code": code or code_now(secret)})
            assert (client.get("/").status_code == 200) is enters, seconds


def test_a_code_of_the_step_before_or_after_serves_and_no_other(city: City) -> None:
    secret = generate_totp_secret()
    TOTP.activate(city.buyer.user, secret)
    start = datetime(2026, 9, 24, 11, 52, 1, tzinfo=UTC)
    for steps, enters in ((-2, False), (-1, True), (1, True), (2, False)):
        with time_machine.travel(start + timedelta(seconds=30 * steps), tick=False):
            code = code_now(secret)
        with time_machine.travel(start, tick=False):
            client = Client()
            sign_in(client, city.buyer.user.email)
            client.post(reverse("mfa_authenticate"), {"code": code})
            assert (client.get("/").status_code == 200) is enters, steps


def test_a_forgotten_password_sends_a_link_by_the_outbox_that_serves_once(city: City) -> None:
    response = Client().post(reverse("account_reset_password"), {"email": city.buyer.user.email})
    assert response["Location"] == reverse("account_reset_password_done")
    message = OutgoingMessage.objects.get()
    assert message.organisation == city.organisation
    assert message.to_address == city.buyer.user.email
    assert "/mot-de-passe/choisir/" not in message.body, "the link rests encrypted"
    assert SECRET_MARK in message.body

    link = password_link(city.buyer.user)
    client = Client()
    form = client.get(link, follow=True)
    assert form.status_code == 200
    done = client.post(form.redirect_chain[-1][0], {"password1": OTHER, "password2": OTHER})
    assert done["Location"] == reverse("account_reset_password_from_key_done")
    assert sign_in(Client(), city.buyer.user.email, OTHER)["Location"] == "/"
    assert "Ce lien ne sert plus" in Client().get(link, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_page_and_no_message(city: City) -> None:
    response = Client().post(reverse("account_reset_password"), {"email": "inconnu@rosny.example"})
    assert response["Location"] == reverse("account_reset_password_done")
    assert not OutgoingMessage.objects.exists()


def test_a_weak_password_is_refused_beside_its_field(city: City) -> None:
    client = signed_in(city.buyer)
    page = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "court", "password2": "court"}
    ).content.decode()
    assert "12 caractères" in page
    assert sign_in(Client(), city.buyer.user.email)["Location"] == "/"
