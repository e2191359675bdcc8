"""Families of purchases, and what was committed in each: what thresholds add up."""

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
