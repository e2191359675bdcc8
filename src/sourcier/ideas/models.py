"""Ideas of firms: what one of them could do for the city, in its own words, and the answer."""

import uuid

from django.db import models


class Idea(models.Model):
    """Said from the public page by whoever gives an address, or from a firm's own place (`firm`)."""

    class State(models.TextChoices):
        WAITING = "waiting", "À répondre"
        ANSWERED = "answered", "Répondue"
        ERASED = "erased", "Effacée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="ideas")
    receipt_number = models.CharField(max_length=12)
    firm = models.ForeignKey(
        "suppliers.Firm", null=True, on_delete=models.PROTECT, related_name="ideas", help_text="whose place it came from"
    )
    siret = models.CharField("votre SIRET", max_length=14, blank=True)
    name = models.CharField("nom de votre entreprise", max_length=200, blank=True)
    trade = models.CharField("votre métier", max_length=200, blank=True)
    words = models.TextField("votre idée")
    file = models.ForeignKey("vault.File", null=True, on_delete=models.PROTECT, related_name="+")
    email = models.EmailField("votre adresse électronique", blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    family = models.ForeignKey("spend.Family", null=True, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        "accounts.Department", null=True, on_delete=models.PROTECT, related_name="+", help_text="None: the purchasing service"
    )
    routed_because = models.CharField(max_length=300)
    received_at = models.DateTimeField()
    answer_by = models.DateField()
    identity_checked_at = models.DateTimeField(null=True)
    identity_checked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    identity_how = models.CharField(max_length=200, blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(null=True)
    told_how = models.CharField(max_length=200, blank=True)
    entry_id = models.BigIntegerField(null=True, help_text="of the journal: what its receipt proves")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "receipt_number"], name="ideas_receipt_number")]
        indexes = [models.Index(fields=["organisation", "state", "answer_by"], name="ideas_waiting")]

    @property
    def unverified(self) -> bool:
        """Nobody has checked who speaks."""
        return self.firm_id is None and self.identity_checked_at is None

    @property
    def named(self) -> str:
        """How people call its author."""
        return self.name or (f"SIRET {self.siret}" if self.siret else self.trade)
