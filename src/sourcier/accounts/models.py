"""Organisations, departments, people, delivery places. People are deactivated, never deleted."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Role(models.TextChoices):
    """What a person may do in an organisation."""

    REQUESTER = "requester", "Demandeur"
    BUYER = "buyer", "Acheteur"
    HEAD_BUYER = "head_buyer", "Responsable des achats"
    AUDITOR = "auditor", "Auditeur"
    ADMIN = "admin", "Administrateur"


class Territory(models.TextChoices):
    """Decides the VAT rates offered (CGI art. 278 and following, 294, 296, 297)."""

    METROPOLE = "metropole", "France métropolitaine"
    CORSE = "corse", "Corse"
    ANTILLES_REUNION = "antilles_reunion", "Guadeloupe, Martinique, La Réunion"
    WITHOUT_VAT = "without_vat", "Guyane, Mayotte"


class Organisation(models.Model):
    """The public buyer: one SIRET, one journal (whose id is this id)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("nom", max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    siret = models.CharField(max_length=14, unique=True)
    territory = models.CharField(max_length=20, choices=Territory, default=Territory.METROPOLE)
    address = models.CharField("adresse", max_length=200)
    postal_code = models.CharField("code postal", max_length=5)
    commune_code = models.CharField("code de la commune", max_length=5)
    commune = models.CharField(max_length=80)
    lat_e6 = models.IntegerField()
    lon_e6 = models.IntegerField()
    phone = models.CharField("téléphone", max_length=20, blank=True)
    phone_hours = models.CharField("heures d'appel", max_length=60, blank=True)
    email = models.EmailField("adresse électronique du service achats", blank=True)
    dpo_email = models.EmailField("adresse électronique du délégué à la protection des données", blank=True)
    counter = models.CharField("guichet", max_length=120, blank=True)
    colour = models.CharField("couleur", max_length=7, default="#0b6e69")
    logo_file_id = models.UUIDField("logo", null=True, help_text="a file of the vault")
    tiles_address = models.CharField(
        "adresse des tuiles de la carte", max_length=300, blank=True,
        help_text="https only, with {z}, {x} and {y}; empty: the map asks nothing of anyone",
    )  # fmt: skip
    tiles_attribution = models.CharField("mention de la source", max_length=160, blank=True)
    two_openers_from_cents = models.BigIntegerField(
        "montant à partir duquel deux personnes ouvrent", default=4_000_000, help_text="before tax, as the need was estimated"
    )
    opening_days = models.PositiveSmallIntegerField(
        "jours d'attente", default=3, help_text="after the deadline; then the head buyer may open alone, with a reason"
    )
    asks_a_year = models.PositiveSmallIntegerField(
        "demandes à une même entreprise, en douze mois", default=12, validators=[MinValueValidator(1)],
        help_text="beyond, a firm is no longer proposed together with all the others",
    )  # fmt: skip
    idea_days = models.PositiveSmallIntegerField(
        "jours pour répondre à une idée", default=30, validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="promised to the firm that proposes one",
    )  # fmt: skip
    direct_below_cents = models.BigIntegerField(
        "montant sous lequel un service achète directement", default=100_000, validators=[MinValueValidator(0)],
        help_text="before tax; 0: nobody buys directly",
    )  # fmt: skip
    rotation_percent = models.PositiveSmallIntegerField(
        "part d'une famille à une même entreprise, en trois ans, en %", default=50,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="beyond, a reason is asked to propose it again",
    )  # fmt: skip
    author_chooses_up_to_cents = models.BigIntegerField(
        "montant jusqu'auquel l'auteur du besoin peut choisir", default=400_000, validators=[MinValueValidator(0)],
        help_text="before tax; beyond, another person chooses",
    )  # fmt: skip
    fictitious = models.BooleanField(default=False)
    archives_identifier = models.CharField("identifiant du service d'archives", max_length=100, blank=True)
    archives_agreement = models.CharField("convention de versement", max_length=100, blank=True)
    archives_producer = models.CharField("identifiant de la ville auprès des archives", max_length=100, blank=True)


class Department(models.Model):
    """A direction or service, where needs come from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="departments")
    name = models.CharField("nom", max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="accounts_department_name")]
        ordering = ["name"]


class NeverDeleted(models.QuerySet["User"]):
    """People are deactivated: the journal and the files name them by their id for ever."""

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("a user is deactivated, never deleted")


class UserManager(BaseUserManager.from_queryset(NeverDeleted)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `id` is random and is the `actor` of entries; the name lives in payloads."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("adresse électronique", unique=True)
    name = models.CharField("nom", max_length=120)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError("a user is deactivated, never deleted")


class Membership(models.Model):
    """A role of a person in an organisation, for one department or (None) for all.

    `active` alone gives the right. `suspended` remembers that it was taken by the person's deactivation, so that it comes
    back with the person; a role revoked does not.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("rôle", max_length=20, choices=Role)
    active = models.BooleanField(default=True)
    suspended = models.BooleanField(default=False)

    class Meta:
        # Two constraints, since SQLite holds two NULL departments for different.
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "department", "role"],
                condition=models.Q(department__isnull=False),
                name="accounts_membership_in_department",
            ),
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=models.Q(department__isnull=True),
                name="accounts_membership_in_all",
            ),
            models.CheckConstraint(
                condition=models.Q(active=False) | models.Q(suspended=False), name="accounts_membership_active_or_suspended"
            ),
        ]


class DeliveryPlace(models.Model):
    """A place of the city's list: a nursery, a school, a depot."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="places")
    name = models.CharField("nom", max_length=120)
    address = models.CharField("adresse", max_length=200)
    postal_code = models.CharField("code postal", max_length=5)
    commune = models.CharField(max_length=80)
    lat_e6 = models.IntegerField()
    lon_e6 = models.IntegerField()
    uncertainty_m = models.PositiveIntegerField(
        "précision", default=0, help_text="metres within which the place lies, most often; 0: somebody gave its own point"
    )
    hours = models.CharField("horaires", max_length=120, blank=True)
    contact_name = models.CharField("sur place", max_length=120, blank=True)
    contact_phone = models.CharField("téléphone sur place", max_length=20, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="accounts_place_name")]
        ordering = ["name"]


class Opener(models.Model):
    """One of those who open the sealed quotes of large purchases, two together; a substitute stands in for a member."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="openers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    substitute = models.BooleanField("suppléant", default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="accounts_opener_once")]
        ordering = ["substitute", "user__name"]


class UsualPlace(models.Model):
    """Where a department is usually delivered: its new needs begin with these places ticked."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="usual_places")
    place = models.ForeignKey(DeliveryPlace, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "place"], name="accounts_usual_place_once")]
