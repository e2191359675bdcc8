"""The dossiers taken: enough to build the same bytes again while nothing is erased."""

import uuid

from django.db import models


def year_stream(organisation_id: uuid.UUID, year: int) -> uuid.UUID:
    """The stream of the journal that tells of a year: the same for ever, and of no operation."""
    return uuid.uuid5(organisation_id, f"year {year}")


class Export(models.Model):
    """One dossier of one operation, or of one year, made from the first `size` entries of the city's journal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey("needs.Need", null=True, on_delete=models.PROTECT, related_name="exports")
    year = models.PositiveSmallIntegerField(null=True, help_text="of the file of a year, which is of no single operation")
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    communicable = models.BooleanField(default=False, help_text="without what a third party may not read")
    asked = models.BooleanField(default=False, help_text="a third party was asked to stamp its own entry")
    size = models.BigIntegerField(help_text="entries of the city's journal that it covers")
    checkpoint = models.TextField(help_text="signed, at `size`")
    entry_index = models.BigIntegerField(help_text="of its own entry, dossier.built")
    closing_checkpoint = models.TextField(help_text="signed, after that entry")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(need__isnull=False, year=None) | models.Q(need=None, year__isnull=False),
                name="dossier_of_one_need_or_year",
            )
        ]

    @property
    def stream(self) -> uuid.UUID:
        """Where its entries are in the journal."""
        return self.need_id or year_stream(self.organisation_id, self.year or 0)
