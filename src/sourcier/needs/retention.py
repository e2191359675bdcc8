"""What needs give up when an operation is erased, and by which words people know it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sourcier.needs.models import ContractAnswer, Need, NeedMessage, NeedPlace
from sourcier.retention.registry import ERASED, Emptied, Scope


def give_up(scope: Scope) -> Emptied:
    """The words of the need and the talk about it; nothing while only losing answers go."""
    made = Emptied()
    if scope.losing:
        return made
    needs = Need.objects.filter(pk=scope.subject_id, organisation_id=scope.organisation_id)
    made.empty(needs, sentence=ERASED, title="", what="", how_much="", where_note="", reason="", crossing=None)
    made.empty(NeedPlace.objects.filter(need__in=needs), note="")
    made.empty(ContractAnswer.objects.filter(need__in=needs).exclude(reason=""), reason=ERASED)
    said = NeedMessage.objects.filter(need__in=needs)
    made.empty(said, text=ERASED)
    made.files.update(said.exclude(files=None).values_list("files", flat=True))
    return made


def named(organisation_id: UUID, operations: Collection[UUID]) -> Mapping[UUID, str]:
    """« BES-2026-0012, Pain frais des crèches »."""
    found = Need.objects.filter(organisation_id=organisation_id, pk__in=operations)
    return {need.pk: f"{need.reference}, {need.title or need.sentence}" for need in found}
