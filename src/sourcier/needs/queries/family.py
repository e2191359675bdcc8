"""The family of a need: the one proposed to whoever confirms it, and those he may choose from."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from sourcier.kernel.activities import Activity
from sourcier.needs import nomenclatures
from sourcier.needs.models import Need
from sourcier.needs.queries.reading import words
from sourcier.spend.models import Family
from sourcier.spend.queries import families_in, propose_family
from sourcier.vocabulary.queries import phrases


def proposed_family(need: Need) -> Family | None:
    """From its ticked activities, else from its words and the city's own; None when it has one, or when nothing is near."""
    if need.family:
        return None
    ticked = [Activity(row.nomenclature, row.code) for row in need.activities.all()]
    former = nomenclatures.read_as_before(ticked)
    return propose_family(need.organisation, former, words(need), added=phrases(need.organisation))


def families_to_choose(need: Need) -> QuerySet[Family]:
    """The nomenclature of the year, with the family that the need has."""
    this_year = families_in(need.organisation, timezone.localdate().year).values("pk")
    return Family.objects.filter(Q(pk__in=this_year) | Q(pk=need.family_id), organisation=need.organisation)
