"""Firms as the city knows them: copied once from the register, then contacts, wishes and corrections."""

import uuid

from django.db import models

from sourcier.kernel.postal import deliverable


class Firm(models.Model):
    """An establishment this city has met: kept in a panel, added, or come by itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="firms")
    siret = models.CharField(max_length=14)
    name = models.CharField("nom", max_length=200)
    address = models.CharField("adresse", max_length=200, blank=True)
    postal_code = models.CharField(max_length=5, blank=True)
    commune = models.CharField(max_length=80, blank=True)
    lat_e6 = models.IntegerField(null=True)
    lon_e6 = models.IntegerField(null=True)
    approximate = models.BooleanField(default=False, help_text="placed at its commune, not at its door")
    nomenclature = models.CharField(max_length=10, blank=True)
    activity = models.CharField(max_length=6, blank=True)
    size_class = models.CharField(max_length=2, blank=True, help_text="INSEE trancheEffectifs")
    category = models.CharField(max_length=3, blank=True, help_text="PME, ETI, GE")
    created_on = models.DateField(null=True, help_text="of the establishment")
    social_economy = models.BooleanField(default=False)
    origin = models.CharField(max_length=10, help_text="register, manual or notice")
    unsubscribed_at = models.DateTimeField(null=True, help_text="« Ne plus m'écrire »")
    trade_left_at = models.DateTimeField(null=True, help_text="« Ce n'est plus mon métier »")
    closed_at = models.DateTimeField(null=True, help_text="« J'ai fermé ou vendu »")
    mail_returned_at = models.DateTimeField(null=True, help_text="« Courrier revenu »: the last letter came back")
    first_met_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "siret"], name="suppliers_firm_siret")]

    @property
    def can_be_posted_to(self) -> bool:
        """Its address is one that the French post delivers to: neither abroad nor incomplete."""
        return deliverable(self.address, self.postal_code, self.commune)


class Contact(models.Model):
    """A way to reach a firm, with where it came from."""

    class Kind(models.TextChoices):
        EMAIL = "email", "Adresse électronique"
        PHONE = "phone", "Téléphone"

    class State(models.TextChoices):
        GOOD = "good", "Valable"
        FAILING = "failing", "Adresse en échec"
        REMOVED = "removed", "Retirée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=5, choices=Kind)
    value = models.CharField(max_length=200)
    person = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=120, help_text="typed by, import of file X, the firm itself")
    state = models.CharField(max_length=8, choices=State, default=State.GOOD)
    added_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "kind", "value"], name="suppliers_contact_once")]


class FirmKey(models.Model):
    """What opens a firm's own place: a link and a typed code, computed from `seed` and a key outside the database.

    Only their hashes rest here, as for an invitation. Several may open one place: two people of a firm, each with a link.
    """

    class Channel(models.TextChoices):
        LETTER = "letter", "Courrier"
        EMAIL = "email", "Courriel à une adresse connue"
        AGENT = "agent", "Vérification par un agent"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="keys")
    channel = models.CharField(max_length=6, choices=Channel)
    campaign = models.ForeignKey("Campaign", null=True, on_delete=models.PROTECT, related_name="keys")
    how = models.CharField(max_length=200, blank=True, help_text="how an agent checked who came; what a letter come back bears")
    seed = models.CharField(max_length=32, help_text="128 random bits; worth nothing without the key")
    token_sha256 = models.CharField(max_length=64, unique=True)
    code_hmac = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, help_text="the post brought the letter back")


class FirmPlace(models.Model):
    """What a firm says of itself, in its own words: shown to the buyers as information, never a merit."""

    class Prefers(models.TextChoices):
        EMAIL = "email", "Par courriel"
        LETTER = "letter", "Par courrier"
        PHONE = "phone", "Par téléphone"

    class Alerts(models.TextChoices):
        TRADE = "trade", "Ce que la mairie cherche dans mon métier"
        ALL = "all", "Tout ce que la mairie cherche"

    firm = models.OneToOneField(Firm, primary_key=True, on_delete=models.PROTECT, related_name="own_place")
    claimed_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=6, choices=FirmKey.Channel)
    words = models.TextField("ce que fait votre entreprise", blank=True)
    hours = models.CharField("vos jours et vos heures", max_length=200, blank=True)
    zone_km = models.PositiveSmallIntegerField("jusqu'où allez-vous, en kilomètres", null=True, blank=True)
    quantities = models.CharField("quelles quantités", max_length=300, blank=True)
    labels = models.CharField("vos labels et qualifications", max_length=300, blank=True)
    capacities = models.JSONField(
        "ce que vous pouvez faire",
        default=dict,
        blank=True,
        help_text="code of `matching.capacities` → « oui », hour, days or number",
    )
    languages = models.CharField("langues parlées", max_length=120, blank=True)
    person = models.CharField("qui demander", max_length=120, blank=True)
    prefers = models.CharField("comment préférez-vous être joint", max_length=6, choices=Prefers, blank=True)
    away_from = models.DateField("absent du", null=True, blank=True)
    away_until = models.DateField("au", null=True, blank=True)
    saved_at = models.DateTimeField(null=True)
    alerts = models.CharField("être prévenu par courriel", max_length=5, choices=Alerts, blank=True)
    alerts_km = models.PositiveSmallIntegerField("à quelle distance", null=True, blank=True, help_text="None: wherever")
    alerts_from = models.DateTimeField(null=True, help_text="what opened before is not told (again)")
    alerted_on = models.DateField(null=True, help_text="at most one message a day")


class Campaign(models.Model):
    """Letters that ask the firms of some trades, around the city hall, to make themselves known. It asks for no price."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="campaigns")
    label = models.CharField(max_length=160, help_text="of the family: « Pain et viennoiseries »")
    activities = models.JSONField(help_text='pairs ["NAFRev2", "10.71C"]')
    radius_m = models.PositiveIntegerField()
    register_build = models.CharField(max_length=64)
    letters = models.PositiveIntegerField()
    left_out = models.JSONField(help_text="[[reason, how many]…], the firms found that are not written to")
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    posted_on = models.DateField(null=True)
    how = models.CharField(max_length=200, blank=True)
    cost_cents = models.PositiveBigIntegerField(null=True, help_text="of all, envelopes and postage; None when nobody said")
    posted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
