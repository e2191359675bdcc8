"""Families of purchases, what was committed in each (what thresholds add up), and the city's own rules."""

import uuid

from django.db import models


class Family(models.Model):
    """A homogeneous family of the city's nomenclature."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="families")
    code = models.CharField(max_length=20)
    label = models.CharField("libellé", max_length=160)
    kind = models.CharField(max_length=10, help_text="supplies, services or works")
    cpv = models.CharField(max_length=8, blank=True)
    activities = models.JSONField(default=list, help_text='pairs ["NAFRev2", "10.71C"] that propose this family')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "code"], name="spend_family_code")]
        ordering = ["code"]


class Commitment(models.Model):
    """Money engaged on a day in a family, before tax. A choice writes one (per lot); others come from elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    family = models.ForeignKey(Family, null=True, on_delete=models.PROTECT, related_name="commitments")
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
