"""What an erased purchase gives up here, and where words name somebody all the same."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from sourcier.retention.registry import Emptied, Scope, Trace
from sourcier.vocabulary.models import CityPhrase, Heard, Suggestion


def give_up(scope: Scope) -> Emptied:
    """The purchase suggests nothing any more."""
    made = Emptied()
    if not scope.losing:
        made.removed.append(Heard.objects.filter(suggestion__organisation_id=scope.organisation_id, need_id=scope.subject_id))
    return made


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Phrases and suggestions that hold this text: no name enters a suggestion by itself, a person may have typed one."""
    page = reverse("settings_words")
    for row in CityPhrase.objects.filter(organisation_id=organisation_id, phrase__icontains=text):
        yield Trace("Mots de la ville", row.phrase, row.added_at, page=page)
    for row in Suggestion.objects.filter(organisation_id=organisation_id, phrase__icontains=text):
        yield Trace("Expression proposée", row.phrase, row.decided_at, page=page)
