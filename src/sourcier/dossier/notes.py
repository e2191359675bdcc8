"""The note of the single quote as a text for Word, from the entry that wrote it."""

from django.utils import timezone

from sourcier.dossier import history
from sourcier.dossier.report import single
from sourcier.journal.models import Entry
from sourcier.journal.proofs import checkpoint
from sourcier.kernel.french import format_moment
from sourcier.needs.models import Need
from sourcier.quotes.single import VERB


def has_single_note(need: Need) -> bool:
    return Entry.objects.filter(log_id=need.organisation_id, stream=need.pk.hex, verb=VERB).exists()


def single_note_document(need: Need) -> bytes:
    """The notes of this purchase, one a lot; empty when it has none, or when they were erased."""
    from sourcier.interop.word import word  # a library that no other page needs

    if not has_single_note(need):
        return b""
    told = history.read(need.organisation_id, need.pk, checkpoint(need.organisation_id).size)
    blocks, now = single.notes(told), timezone.now()
    lines = (f"{need.organisation.name}, achat {need.reference}", f"Tirée du journal de la ville le {format_moment(now)}.")
    sections = [{"title": need.title or need.sentence, "blocks": blocks}]
    return word("Note du devis unique", need.organisation.name, lines, sections, now) if blocks else b""
