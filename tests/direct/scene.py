"""What several tests of this room type."""

from django.core.files.uploadedfile import SimpleUploadedFile

from sourcier.kernel.activities import Activity
from tests.vault import papers

BAKER = Activity("NAFRev2", "10.71C")


def ticket(name: str = "ticket.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.JPEG + b"TICKET")
