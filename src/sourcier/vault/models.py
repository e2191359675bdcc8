"""Files kept by content, and the keys that seal those nobody may read yet. The organisation is known by its UUID alone."""

import uuid

from django.db import models


class File(models.Model):
    """One stored file; `path` is relative to the vault's folder. Never changed, but emptied once by an erasure."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation_id = models.UUIDField(db_index=True)
    sha256 = models.CharField(max_length=64)
    received_sha256 = models.CharField(
        max_length=64, blank=True, help_text="of the bytes that came, when scripts were taken out before keeping them"
    )
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120)
    name = models.CharField(max_length=200, help_text="the sender's name for it, made safe")
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    sealed_facts = models.BinaryField(
        null=True,
        help_text="of a sealed file, whose bytes, SHA-256 and size are those of its box: its own facts, sealed",
    )

    @property
    def is_sealed(self) -> bool:
        return self.sealed_facts is not None


class SealingKey(models.Model):
    """The key pair of one operation; its private half is wrapped by a master key that is outside the database."""

    operation_id = models.UUIDField(primary_key=True)
    organisation_id = models.UUIDField(db_index=True)
    public_key = models.BinaryField(max_length=32, help_text="X25519")
    wrapped = models.BinaryField(help_text="the private key, by AES-256-GCM under the master key of that number")
    master = models.PositiveIntegerField()
    created_at = models.DateTimeField()
