"""`sourcier city create`: a city, its journal, its families, and the first person who opens the accounts of the others."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from sourcier.accounts.actions import create_organisation, create_user, grant
from sourcier.accounts.models import Organisation, Role, Territory
from sourcier.journal.keys import fingerprint
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.spend.actions import load_families
from sourcier.web.sign_in import password_link

LATITUDES, LONGITUDES = (-25.0, 52.0), (-180.0, 180.0)


class Command(BaseCommand):
    help = "Ouvrir une ville : son journal, ses familles d'achats, son premier administrateur."

    def add_arguments(self, parser: ArgumentParser) -> None:
        create = parser.add_subparsers(dest="verb", required=True).add_parser("create", help="ouvrir une ville")
        for name, words in (
            ("name", "nom, par exemple « Ville de Rosny-sous-Bois »"),
            ("siret", "SIRET de la collectivité, 14 chiffres"),
            ("address", "adresse, sans le code postal"),
            ("postal-code", "code postal"),
            ("commune", "nom de la commune"),
            ("commune-code", "code INSEE de la commune"),
            ("admin-name", "nom du premier administrateur"),
            ("admin-email", "son adresse électronique"),
        ):
            create.add_argument(f"--{name}", required=True, help=words)
        create.add_argument("--lat", type=float, required=True, help="latitude, en degrés")
        create.add_argument("--lon", type=float, required=True, help="longitude, en degrés")
        create.add_argument("--territory", choices=Territory.values, default=Territory.METROPOLE, help="pour les taux de TVA")
        for name in ("phone", "phone-hours", "email", "dpo-email"):
            create.add_argument(f"--{name}", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        siret, email = self.checked(options)
        with transaction.atomic():
            organisation = create_organisation(
                name=options["name"], slug=slugify(options["name"])[:60], siret=siret, territory=options["territory"],
                address=options["address"], postal_code=options["postal_code"], commune=options["commune"],
                commune_code=options["commune_code"], lat_e6=round(options["lat"] * 1_000_000),
                lon_e6=round(options["lon"] * 1_000_000), phone=options["phone"], phone_hours=options["phone_hours"],
                email=options["email"], dpo_email=options["dpo_email"],
            )  # fmt: skip
            user = create_user(organisation, email=email, name=options["admin_name"])
            grant(organisation, user, Role.ADMIN)
            grant(organisation, user, Role.HEAD_BUYER)
            families = load_families(organisation)
        self.stdout.write(f"{organisation.name} est ouverte, avec {families} familles d'achats.")
        self.stdout.write(f"Empreinte de sa clé, à garder ailleurs : {fingerprint(organisation.pk)}")
        self.stdout.write(f"{user.name} choisit son mot de passe ici, dans les trois jours :\n{password_link(user)}")

    def checked(self, options: dict[str, Any]) -> tuple[str, str]:
        """The SIRET and the address, in their one form. Raises `CommandError` with what to mend."""
        try:
            siret = parse_siret(options["siret"])
            validate_email(options["admin_email"])
        except InvalidIdentifier as error:
            raise CommandError(str(error)) from None
        except ValidationError:
            raise CommandError("L'adresse électronique de l'administrateur n'est pas une adresse.") from None
        if Organisation.objects.filter(siret=siret).exists():
            raise CommandError("Une ville a déjà ce SIRET : rien n'a été changé.")
        if not (LATITUDES[0] <= options["lat"] <= LATITUDES[1] and LONGITUDES[0] <= options["lon"] <= LONGITUDES[1]):
            raise CommandError("Ces coordonnées ne sont pas en France : latitude puis longitude, par exemple 48.871 et 2.486.")
        return siret, options["admin_email"].lower()
