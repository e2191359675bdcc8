"""Families and units of purchases, what was committed in each (what thresholds add up), and the city's own rules."""

import math
import uuid
from datetime import datetime

from django.db import models


class Family(models.Model):
    """A homogeneous family of the city's nomenclature, from a year to another. Its code means the same for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="families")
    code = models.CharField(max_length=20)
    label = models.CharField("libellé", max_length=160)
    kind = models.CharField(max_length=10, help_text="supplies, services or works")
    cpv = models.CharField(max_length=8, blank=True)
    activities = models.JSONField(default=list, help_text='pairs ["NAFRev2", "10.71C"] that propose this family')
    first_year = models.PositiveSmallIntegerField(default=0, help_text="0: it has always been there")
    last_year = models.PositiveSmallIntegerField(null=True, help_text="null: it goes on")
    earlier = models.JSONField(default=list, help_text='what it was called: [{"until": 2026, "label": …, "cpv": …}], in order')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "code"], name="spend_family_code")]
        ordering = ["code"]

    def named(self, year: int) -> str:
        """Its label of that year."""
        return next((past["label"] for past in self.earlier if year <= past["until"]), self.label)

    def holds(self, year: int) -> bool:
        """It is in the nomenclature of that year."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)


class Unit(models.Model):
    """What adds up beyond a family and a year: a functional unit (R.2121-6), or an operation of works (R.2121-5)."""

    class Nature(models.TextChoices):
        FUNCTIONAL = "functional", "Unité fonctionnelle"
        WORKS = "works", "Opération de travaux"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="units")
    nature = models.CharField(max_length=10, choices=Nature)
    label = models.CharField("nom", max_length=120)
    place = models.CharField("lieu", max_length=120, blank=True)
    reason = models.CharField("ce qui les réunit", max_length=500)
    first_on = models.DateField("premier jour")
    last_on = models.DateField("dernier jour", null=True)
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "nature", "label"], name="spend_unit_once")]
        ordering = ["nature", "label"]


class Commitment(models.Model):
    """Money engaged on a day in a family, before tax. A choice writes one (per lot); others come from elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    family = models.ForeignKey(Family, null=True, on_delete=models.PROTECT, related_name="commitments")
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="commitments")
    department = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(null=True, db_index=True)
    award_id = models.UUIDField(null=True, unique=True)
    siret = models.CharField(max_length=14, blank=True)
    supplier = models.CharField(max_length=200)
    label = models.CharField(max_length=200)
    amount_cents = models.BigIntegerField()
    engaged_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "family", "engaged_on"], name="spend_commitment_family")]


class CityRule(models.Model):
    """A duty that the city adds to the law's, from an amount before tax, between two days; never taken away, only ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    kinds = models.JSONField("natures", help_text="of supplies, services, works")
    from_cents = models.BigIntegerField("à partir de")
    first = models.DateField("premier jour")
    last = models.DateField("dernier jour", null=True)
    sentence = models.CharField("règle", max_length=300)
    basis = models.CharField("source", max_length=200, help_text="délibération, guide de la commande publique…")
    added_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["from_cents", "first"]


class OrderBatch(models.Model):
    """One export of the finance software: its file, its columns, what was read of it and what was not."""

    class State(models.TextChoices):
        CHOOSING = "choosing", "Colonnes à choisir"
        WAITING = "waiting", "En attente"
        READ = "read", "Importé"
        REFUSED = "refused", "Refusé"
        WITHDRAWN = "withdrawn", "Annulé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey("vault.File", on_delete=models.PROTECT, related_name="+")
    columns = models.JSONField(help_text='{"on": 1, "amount": 5, …}: the place of each column, from 0')
    state = models.CharField(max_length=9, choices=State, default=State.CHOOSING)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    progress = models.PositiveIntegerField(default=0, help_text="lines read so far, while it waits")
    expected = models.PositiveIntegerField(default=0, help_text="lines of the file, about")
    reading_since = models.DateTimeField(null=True)
    orders = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="lines that were there already, of this file or of another")
    total_cents = models.BigIntegerField(default=0)
    unread = models.JSONField(default=list, help_text="[[line, text, why]]")
    warnings = models.JSONField(default=list, help_text="sentences")

    class Meta:
        ordering = ["-asked_at"]

    def seconds_left(self, now: datetime) -> int:
        """How long the reading will still take, about, at the pace it has; 0 when nothing tells."""
        if self.state != self.State.WAITING or not (self.progress and self.reading_since):
            return 0
        passed = (now - self.reading_since).total_seconds()
        return math.ceil(passed / self.progress * max(0, self.expected - self.progress))


class Order(models.Model):
    """An order or contract of the finance software, before tax. Its batch vouches for it in the journal, with its file.

    Some hundred thousand are written at once: it has no index but those that its sums and its pages read.
    """

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(OrderBatch, on_delete=models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField(help_text="its number in the file")
    number = models.CharField(max_length=60)
    ordered_on = models.DateField()
    siret = models.CharField(max_length=14, help_text="14 digits, 9 when only a SIREN is known, or empty")
    supplier = models.CharField(max_length=200)
    label = models.CharField(max_length=300)
    amount_cents = models.BigIntegerField()
    family = models.ForeignKey(Family, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="orders")
    department = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.CharField(max_length=120)
    operation_id = models.UUIDField(null=True, db_index=True, help_text="the operation of this tool that explains it")
    fingerprint = models.CharField(max_length=32, help_text="what makes it the same order when it is imported again")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "fingerprint"], name="spend_order_once")]
        indexes = [models.Index(fields=["organisation", "family", "ordered_on"], name="spend_order_family")]


class OrderWord(models.Model):
    """The orders of one import, in one year, whose label has a word that begins so: the index of a book.

    Written with the orders and gone with them. Some hundred thousand orders have a few thousand of these.
    """

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(OrderBatch, on_delete=models.PROTECT, related_name="words", db_index=False)
    year = models.PositiveSmallIntegerField()
    word = models.CharField(max_length=5, help_text="the beginning of a stem")
    orders = models.JSONField(help_text="their keys, by day")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "year", "word"], name="spend_order_word_once")]
        indexes = [models.Index(fields=["organisation", "year", "word"], name="spend_order_word")]


class Columns(models.Model):
    """Which column holds what in the exports that have these headings: remembered for the next one."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    headings = models.CharField(max_length=64, help_text="SHA-256 of the headings")
    columns = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "headings"], name="spend_columns_once")]


class ContractBatch(models.Model):
    """One list of running contracts: its file, its columns, what was read of it and what was not."""

    class State(models.TextChoices):
        CHOOSING = "choosing", "Colonnes à choisir"
        READ = "read", "Importée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey("vault.File", on_delete=models.PROTECT, related_name="+")
    columns = models.JSONField(help_text='{"object": 1, "ends": 5, …}: the place of each column, from 0')
    state = models.CharField(max_length=9, choices=State, default=State.CHOOSING)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0, help_text="contracts known already, of which something changed")
    known = models.PositiveIntegerField(default=0, help_text="contracts known already, of which nothing changed")
    unread = models.JSONField(default=list, help_text="[[line, text, why]]")
    warnings = models.JSONField(default=list, help_text="sentences")

    class Meta:
        ordering = ["-asked_at"]

    @property
    def contracts(self) -> int:
        """The lines that were read."""
        return self.added + self.updated + self.known


class RunningContract(models.Model):
    """A contract on which the city may order: its own, a purchasing body's, a group's. Ended ones stay."""

    class Kind(models.TextChoices):
        OWN = "own", "Marché de la ville"
        BODY = "body", "Centrale d'achat"
        GROUP = "group", "Groupement de commandes"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("nature", max_length=5, choices=Kind, default=Kind.OWN)
    number = models.CharField("numéro", max_length=60, blank=True)
    object = models.CharField("objet", max_length=300)
    families = models.JSONField("familles", default=list, help_text="codes of the city's nomenclature")
    holder = models.CharField("titulaire", max_length=200)
    siret = models.CharField("SIRET du titulaire", max_length=14, blank=True, help_text="14 digits, 9 for a SIREN, or empty")
    how_to_order = models.CharField("comment commander", max_length=500, blank=True)
    first_on = models.DateField("premier jour", null=True, blank=True)
    ends_on = models.DateField("dernier jour")
    maximum_cents = models.BigIntegerField("maximum hors taxes", null=True, blank=True)
    used_cents = models.BigIntegerField("déjà utilisé hors taxes", default=0)
    said_at = models.DateTimeField(help_text="when `used_cents` was said; what is ordered here since adds up")
    saved_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "ends_on"], name="spend_contract_end")]
        ordering = ["ends_on", "object", "id"]


class ContractOrder(models.Model):
    """What an operation of this tool orders on a running contract, before tax, instead of asking for prices."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(RunningContract, on_delete=models.PROTECT, related_name="orders")
    operation_id = models.UUIDField(unique=True)
    amount_cents = models.BigIntegerField()
    ordered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
