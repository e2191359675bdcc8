"""The phrases of a city, and the suggestions that wait for somebody."""

import uuid

from django.db import models
from django.db.models import Q


class CityPhrase(models.Model):
    """Words that mean an activity here. `key`: their stems in order, the same for the same words in any case or accents."""

    class Origin(models.TextChoices):
        TYPED = "typed", "Écrite"
        IMPORTED = "imported", "Importée"
        SUGGESTED = "suggested", "Proposée par l'usage"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    phrase = models.CharField("mots", max_length=80)
    key = models.CharField(max_length=240)
    nomenclature = models.CharField(max_length=10)
    code = models.CharField(max_length=6)
    origin = models.CharField(max_length=9, choices=Origin)
    added_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    retired_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key", "nomenclature", "code"], condition=Q(retired_at__isnull=True),
                name="vocabulary_phrase_once",
            )
        ]  # fmt: skip
        ordering = ["code", "phrase"]


class Suggestion(models.Model):
    """Words of needs for which an activity was ticked that they did not call. It shows while a need still says it."""

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        PROMOTED = "promoted", "Ajoutée"
        DISMISSED = "dismissed", "Écartée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    phrase = models.CharField("mots", max_length=200)
    key = models.CharField(max_length=400)
    nomenclature = models.CharField(max_length=10)
    code = models.CharField(max_length=6)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key", "nomenclature", "code"], name="vocabulary_suggestion_once")
        ]
        ordering = ["code", "phrase"]


class Heard(models.Model):
    """A need for which a suggestion was made; it leaves when the activity is unticked."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="heard")
    need_id = models.UUIDField(db_index=True)
    reference = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["suggestion", "need_id"], name="vocabulary_heard_once")]
        ordering = ["-at", "-pk"]
