"""People whose account has a story."""

import io
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from sourcier.accounts.actions import (
    create_organisation,
    create_user,
    deactivate_user,
    grant,
    invite_user,
    update_organisation,
)
from sourcier.accounts.models import Role, User
from sourcier.vault.actions import store
from sourcier.web.sign_in import password_link
from tests.browser.scene.stage import Scene
from tests.cities import siret


def people(scene: Scene) -> None:
    """Someone of two organisations, someone gone, someone who forgot a password, someone with a second code; and a logo."""
    organisation = scene.city.organisation
    school = create_organisation(
        name="Caisse des écoles de Rosny-sous-Bois", slug="caisse", siret=siret(93), address="20 rue Claude-Pernès",
        postal_code="93110", commune_code="93064", commune="Rosny-sous-Bois", lat_e6=48_870_700, lon_e6=2_485_500,
        email="caisse@rosny.example", phone="01 99 00 00 02", phone_hours="de 9 h à 17 h", fictitious=True,
    )  # fmt: skip
    made = {}
    for first, name in (("lea", "Léa Martin"), ("ines", "Inès Dubois"), ("fred", "Fred Morel"), ("tom", "Tom Garnier")):
        made[first] = create_user(organisation, email=f"{first}@rosny.example", name=name)
        grant(organisation, made[first], Role.BUYER)
    # The password of the demonstration, hashed once for all: one more takes half a second and protects nobody.
    User.objects.filter(pk__in=[user.pk for user in made.values()]).update(password=scene.buyer.user.password)
    grant(school, made["lea"], Role.HEAD_BUYER)
    invited, _ = invite_user(scene.city.admin, email="nina@rosny.example", name="Nina Haddad", role=Role.BUYER)
    deactivate_user(scene.city.admin, made["ines"].pk)
    picture = io.BytesIO()
    Image.new("RGB", (120, 60), "#0b6e69").save(picture, "PNG")
    logo = store(organisation.pk, SimpleUploadedFile("logo.png", picture.getvalue()))
    update_organisation(scene.city.head_buyer, logo_file_id=logo.pk, logo=logo)
    scene.tell(
        new_password=urlsplit(password_link(User.objects.get(pk=made["fred"].pk))).path,
        gone=made["ines"].pk,
        invited=invited.pk,
        city_logo=reverse("city_logo", args=[logo.pk]),
    )
