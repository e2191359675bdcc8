"""Clocks, holds and visas. What they are about is known by its id: an operation, a firm, a person."""

import uuid

from django.db import models


class Clock(models.Model):
    """Until when one kind of record of one subject is kept, under the rule of the day it began.

    `operation_id`: the stream of the journal that its holds and visas are in: that of an operation, or of a year.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, help_text="a key of `law.retention.KINDS`")
    subject_id = models.UUIDField(help_text="an operation, a firm or a person")
    operation_id = models.UUIDField(null=True, db_index=True)
    years = models.PositiveSmallIntegerField()
    event = models.CharField(max_length=120, help_text="what the years are counted from, in French")
    article = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    started_on = models.DateField(null=True, help_text="day of the event; None while it has not come, or nobody has said it")
    ends_on = models.DateField(null=True, help_text="last day of the duty to keep")
    erased_at = models.DateTimeField(null=True)
    leaving = models.JSONField(default=list, help_text="files of the vault whose bytes are still to be removed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject_id"],
                condition=models.Q(erased_at=None),
                name="retention_clock_one_runs",
            )
        ]
        indexes = [models.Index(fields=["organisation", "ends_on"], name="retention_clock_end")]


class Hold(models.Model):
    """A litigation keeps an operation, or the file of a year, whole, whatever its clocks say, until it is lifted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(db_index=True)
    reason = models.TextField("raison")
    placed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_reason = models.TextField("raison de la levée", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "operation_id"], condition=models.Q(lifted_at=None), name="retention_hold_one"
            )
        ]


class Visa(models.Model):
    """The archives service allows to destroy the file of an operation, or of a year: reference, day, the paper signed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(db_index=True)
    reference = models.CharField("référence du visa", max_length=80)
    signed_on = models.DateField("signé le")
    file = models.ForeignKey("vault.File", on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
