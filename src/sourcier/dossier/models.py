"""The dossiers taken: enough to build the same bytes again while nothing is erased."""

import uuid

from django.db import models


class Export(models.Model):
    """One dossier of one operation, made from the first `size` entries of the city's journal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey("needs.Need", on_delete=models.PROTECT, related_name="exports")
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    communicable = models.BooleanField(default=False, help_text="without what a third party may not read")
    asked = models.BooleanField(default=False, help_text="a third party was asked to stamp its own entry")
    size = models.BigIntegerField(help_text="entries of the city's journal that it covers")
    checkpoint = models.TextField(help_text="signed, at `size`")
    entry_index = models.BigIntegerField(help_text="of its own entry, dossier.built")
    closing_checkpoint = models.TextField(help_text="signed, after that entry")
