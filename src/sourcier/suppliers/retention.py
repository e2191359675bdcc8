"""What a firm's contacts give up, three years after the last one, or at once when a prospect asks."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sourcier.retention.registry import Emptied, Scope
from sourcier.suppliers.models import Contact, Firm, FirmKey, FirmPlace


def give_up(scope: Scope) -> Emptied:
    """Every way to reach the firm, and what it said of itself.

    Its name and SIRET are those of the public register, and its wishes still bind the city.
    """
    inside = {"firm_id": scope.subject_id, "firm__organisation_id": scope.organisation_id}
    return Emptied(gone=[row for rows in (Contact, FirmKey, FirmPlace) for row in rows.objects.filter(**inside)])


def named(organisation_id: UUID, firms: Collection[UUID]) -> Mapping[UUID, str]:
    """Their names."""
    return dict(Firm.objects.filter(organisation_id=organisation_id, pk__in=firms).values_list("pk", "name"))
