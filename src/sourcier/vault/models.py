"""A file kept by content. The organisation is known by its UUID alone."""

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
