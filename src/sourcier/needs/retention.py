"""What needs give up when an operation is erased, and by which words people know it."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db.models import Q

from sourcier.needs.models import ContractAnswer, InterestDeclaration, Need, NeedMessage, NeedPlace
from sourcier.retention.registry import ERASED, Emptied, Scope, Trace


def give_up(scope: Scope) -> Emptied:
    """The words of the need and the talk about it; nothing while only losing answers go."""
    made = Emptied()
    if scope.losing:
        return made
    needs = Need.objects.filter(pk=scope.subject_id, organisation_id=scope.organisation_id)
    made.empty(needs, sentence=ERASED, title="", what="", how_much="", where_note="", reason="", crossing=None, details=[])
    made.empty(NeedPlace.objects.filter(need__in=needs), note="")
    made.empty(InterestDeclaration.objects.filter(need__in=needs, interest=True), firm=ERASED, link="", words="")
    made.empty(ContractAnswer.objects.filter(need__in=needs).exclude(reason=""), reason=ERASED)
    said = NeedMessage.objects.filter(need__in=needs)
    made.empty(said, text=ERASED)
    made.files.update(said.exclude(files=None).values_list("files", flat=True))
    return made


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Declarations of interest that name a person: kept as long as the file of the purchase, which they justify."""
    found = InterestDeclaration.objects.filter(need__organisation_id=organisation_id, interest=True)
    asked = Q(firm__icontains=text) | Q(words__icontains=text) | Q(user__name__icontains=text)
    for each in found.filter(asked).select_related("user").order_by("declared_at", "pk"):
        said = ", ".join(filter(None, (each.user.name, each.firm, each.words)))
        kept = "Elle justifie une abstention : gardée autant que le dossier de l'achat."
        yield Trace("Déclaration d'intérêts", said, each.declared_at, operation_id=each.need_id, kept=kept)


def named(organisation_id: UUID, operations: Collection[UUID]) -> Mapping[UUID, str]:
    """« BES-2026-0012, Pain frais des crèches »."""
    found = Need.objects.filter(organisation_id=organisation_id, pk__in=operations)
    return {need.pk: f"{need.reference}, {need.title or need.sentence}" for need in found}
