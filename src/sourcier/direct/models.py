"""A direct purchase: of its need it is what a choice is to the others."""

import uuid

from django.db import models


class DirectPurchase(models.Model):
    """What was bought, from whom, for how much, why one firm alone, and what the tool showed before it was recorded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    need = models.OneToOneField("needs.Need", on_delete=models.PROTECT, related_name="direct_purchase")
    firm = models.ForeignKey("suppliers.Firm", on_delete=models.PROTECT, related_name="direct_purchases")
    amount_cents = models.BigIntegerField("montant hors taxes")
    typed_cents = models.BigIntegerField(help_text="as it was typed, with its VAT or without")
    vat_bp = models.PositiveIntegerField(null=True, help_text="rate of the VAT included in what was typed; None when without")
    reasons = models.JSONField(help_text="ids of `law.reasons`")
    note = models.TextField("précision", blank=True)
    shown = models.JSONField(
        help_text="what the page said: used_cents, limit_cents, taken_department, taken_city, near, radius_m"
    )
    files = models.ManyToManyField("vault.File", related_name="+")
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    cancelled_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField("raison de l'annulation", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount_cents__gt=0), name="direct_amount_above_zero")]
        indexes = [models.Index(fields=["organisation", "recorded_at"], name="direct_recorded")]
