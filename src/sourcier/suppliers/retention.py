"""What a firm's contacts give up, three years after the last one, or at once when a prospect asks."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from sourcier.mail.models import OutgoingMessage
from sourcier.mail.retention import EMPTY
from sourcier.retention.registry import KEEPERS, Emptied, Scope, Trace
from sourcier.suppliers.models import Contact, Firm, FirmKey, FirmPlace


def give_up(scope: Scope) -> Emptied:
    """Every way to reach the firm, and what it said of itself.

    Its name and SIRET are those of the public register, and its wishes still bind the city.
    """
    inside = {"firm_id": scope.subject_id, "firm__organisation_id": scope.organisation_id}
    made = Emptied(gone=[row for rows in (Contact, FirmKey, FirmPlace) for row in rows.objects.filter(**inside)])
    made.empty(messages_to(scope.organisation_id, scope.subject_id), **EMPTY)
    return made


def messages_to(organisation_id: UUID, firm_id: UUID) -> QuerySet[OutgoingMessage]:
    """What was written to a firm outside any purchase: links to its place, needs that are open."""
    return OutgoingMessage.objects.filter(organisation_id=organisation_id, firm_id=firm_id, operation_id=None)


def named(organisation_id: UUID, firms: Collection[UUID]) -> Mapping[UUID, str]:
    """Their names."""
    return dict(Firm.objects.filter(organisation_id=organisation_id, pk__in=firms).values_list("pk", "name"))


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Ways to reach a firm, and the firm as the public register gives it."""
    contacts = Contact.objects.filter(firm__organisation_id=organisation_id).select_related("firm")
    for contact in contacts.filter(Q(value__icontains=text) | Q(person__icontains=text)).order_by("firm__name", "pk"):
        refusals = (keeper(organisation_id, contact.value) for keeper in KEEPERS)
        kept = next((refusal.sentence for refusal in refusals if refusal), "")
        said = ", ".join(part for part in (contact.firm.name, contact.value, contact.person, contact.source) if part)
        here = {"contact_id": contact.pk, "firm_id": contact.firm_id}
        yield Trace(contact.get_kind_display(), said, contact.added_at, kept=kept, **here)
    own = FirmPlace.objects.filter(firm__organisation_id=organisation_id).select_related("firm")
    for place in own.filter(Q(person__icontains=text) | Q(words__icontains=text)).order_by("firm__name", "pk"):
        said = ", ".join(part for part in (place.firm.name, place.person, place.words) if part)
        yield Trace("Place de l'entreprise", said, place.saved_at or place.claimed_at, firm_id=place.firm_id)
    firms = Firm.objects.filter(organisation_id=organisation_id)
    asked = Q(name__icontains=text) | Q(address__icontains=text) | Q(siret=text.replace(" ", ""))
    for firm in firms.filter(asked).order_by("name", "pk"):
        said = f"{firm.name}, {firm.address}, {firm.postal_code} {firm.commune}, SIRET {firm.siret}"
        kept = "Nom et adresse du répertoire public SIRENE : on s'y oppose auprès de l'INSEE. « Ne plus m'écrire » est gardé."
        yield Trace("Entreprise", said, firm.first_met_at, firm_id=firm.pk, kept=kept)
