"""What an idea gives up three years after the last word about it, or with the firm whose place it came from."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from sourcier.ideas.models import Idea
from sourcier.law.retention import IDEA
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.retention import EMPTY
from sourcier.retention.registry import ERASED, Emptied, Scope, Trace


def give_up(scope: Scope) -> Emptied:
    """The words, the document and who said it; what stays is that an idea came that day, and was answered."""
    own = {"pk": scope.subject_id} if scope.kind == IDEA else {"firm_id": scope.subject_id}
    ideas = Idea.objects.filter(organisation_id=scope.organisation_id, **own)
    made = Emptied()
    made.files.update(ideas.exclude(file=None).values_list("file_id", flat=True))
    made.empty(
        ideas, name="", siret="", trade=ERASED, words=ERASED, email="", identity_how="", answer="", told_how="", file=None,
        state=Idea.State.ERASED,
    )  # fmt: skip
    about = ideas.values("pk")
    made.empty(OutgoingMessage.objects.filter(organisation_id=scope.organisation_id, subject_id__in=about), **EMPTY)
    return made


def named(organisation_id: UUID, ideas: Collection[UUID]) -> Mapping[UUID, str]:
    """By receipt and author."""
    found = Idea.objects.filter(organisation_id=organisation_id, pk__in=ideas)
    return {idea.pk: f"{idea.receipt_number}, {idea.named}" for idea in found}


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Ideas that name a person, or that he signed."""
    found = Idea.objects.filter(organisation_id=organisation_id)
    asked = Q(name__icontains=text) | Q(email__icontains=text) | Q(words__icontains=text) | Q(siret=text.replace(" ", ""))
    for idea in found.filter(asked).order_by("received_at"):
        said = ", ".join(filter(None, (idea.named, idea.email, idea.words[:200])))
        yield Trace("Idée proposée", said, idea.received_at, page=reverse("idea", args=[idea.pk]))
