"""What is shown together, as it was found, and what the head buyer decided of it."""

import uuid

from django.db import models

from sourcier.law.book import WORKS
from sourcier.spend.models import Unit


class Finding(models.Model):
    """Purchases alike that reach a limit together, a family that crossed it, or a firm that has most of a family."""

    class Kind(models.TextChoices):
        SPLIT = "split", "Achats semblables"
        CROSSING = "crossing", "Limite atteinte"
        DOMINANT = "dominant", "Souvent la même entreprise"

    class Decision(models.TextChoices):
        JOINED = "joined", "Comptés ensemble"
        DISTINCT = "distinct", "Expliqués"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=64, help_text="SHA-256 of what it is about: its purchases, or its family and year")
    year = models.PositiveSmallIntegerField()
    families = models.ManyToManyField("spend.Family", related_name="+")
    needs = models.ManyToManyField("needs.Need", related_name="+")
    count = models.PositiveIntegerField()
    total_cents = models.BigIntegerField()
    limit_cents = models.BigIntegerField(help_text="the limit of the day; of a dominant firm, the total of the family")
    sentences = models.JSONField()
    signs = models.JSONField()
    purchases = models.JSONField(
        help_text="[{id, source, kind, on, words, firm, family, place, department, amount_cents, need}]"
    )
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, help_text="what was decided stays, though nothing shows it any more")
    decision = models.CharField(max_length=8, choices=Decision, blank=True)
    decided_cents = models.BigIntegerField(null=True, help_text="its total when it was decided; beyond, it is asked again")
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1_000, blank=True)
    unit = models.ForeignKey("spend.Unit", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kind", "key"], name="insights_finding_once")]
        indexes = [models.Index(fields=["organisation", "year"], name="insights_finding_year")]
        ordering = ["-year", "-total_cents", "pk"]

    @property
    def grew(self) -> bool:
        """Decided when it was smaller."""
        return self.decided_cents is not None and self.total_cents > self.decided_cents

    @property
    def nature(self) -> str:
        """Of the unit that could hold its purchases: works are compared with works alone."""
        return Unit.Nature.WORKS if self.purchases[0]["kind"] == WORKS else Unit.Nature.FUNCTIONAL

    @property
    def waits(self) -> bool:
        """For the head buyer."""
        return self.kind != self.Kind.DOMINANT and (not self.decision or self.grew)


class Look(models.Model):
    """When the purchases of a city were last compared, and what they were then."""

    organisation = models.OneToOneField("accounts.Organisation", primary_key=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, blank=True, help_text="empty when it is asked again")
    looked_at = models.DateTimeField(null=True)
    purchases = models.PositiveIntegerField(default=0)
