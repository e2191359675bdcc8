"""The receipt of a closed envelope, to print: one page for a firm that no e-mail reaches. Printed again, it is the same."""

from importlib.resources import files
from tempfile import TemporaryDirectory

from django.conf import settings
from django.urls import reverse

from sourcier.journal.keys import fingerprint_line
from sourcier.journal.models import Entry
from sourcier.journal.queries import moment_of
from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.kernel.typesetting import typeset
from sourcier.quotes.models import Submission
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.letter.paper import address_of, cut, letterhead


def paper_receipt(submission: Submission, entry: Entry) -> bytes:
    """The PDF that says what came, when, under which number, and how to check or dispute it. Never whether another came."""
    sourcing, at = submission.sourcing, moment_of(entry)
    told, late = brief(sourcing), submission.state == Submission.State.LATE
    received = format_moment(submission.received_at) if submission.received_at else ""
    data = {
        **letterhead(sourcing.organisation),
        "title": f"Récépissé {submission.receipt_number}",
        "number": submission.receipt_number,
        "address": address_of(submission.invitation),
        "date": format_date(at.astimezone(PARIS).date()),
        "late": late,
        "facts": [
            ["Demande", cut(told.title, 160)],
            ["Entreprise", cut(submission.firm.name, 120)],
            ["Pli arrivé le", f"{received}, heure notée par la mairie"],
            ["Enregistré le", format_moment(at)],
        ],
        "entry": f"n° {entry.index}",
        "hash": bytes(entry.leaf_hash).hex(),
        "foot": fingerprint_line(sourcing.organisation_id),
        "verifier": f"{settings.SITE_URL}{reverse('verifier')}",
        "contact": " · ".join(filter(None, (told.contact_name, told.contact_phone, told.contact_hours))),
    }
    template = files(__package__).joinpath("paper_receipt.typ").read_bytes()
    with TemporaryDirectory() as empty:
        return typeset(template, data, root=empty, timestamp=int(at.timestamp()))
