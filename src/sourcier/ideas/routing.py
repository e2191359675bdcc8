"""To which department an idea is proposed: its words give activities, these a family, this the department that asks most."""

from dataclasses import dataclass

from django.db.models import Count, Q

from sourcier.accounts.models import Department, Organisation
from sourcier.ideas import rules
from sourcier.kernel.activities import Activity
from sourcier.matching.engine import match
from sourcier.needs.models import Need
from sourcier.register.search import followed
from sourcier.spend.models import Family
from sourcier.spend.queries import propose_family
from sourcier.vocabulary.queries import phrases

BEST = 3


@dataclass(frozen=True, slots=True)
class Route:
    """A proposal, with why; without department, the purchasing service reads it first."""

    department: Department | None
    family: Family | None
    because: str


def propose(organisation: Organisation, text: str) -> Route:
    """Nothing is learned in silence: what decides is the words, and what departments asked for before."""
    result = match(text, limit=BEST, added=phrases(organisation))
    found, activities = result.activities, [each.activity for each in result.activities]
    family = propose_family(organisation, activities) if result.sure else None
    department, times = _who_asks(organisation, family, activities)
    named = department.name if department else ""
    words = found[0].words if found else ()
    return Route(department, family, rules.because(words, family.label if family else "", named, times)[:300])


def _who_asks(organisation: Organisation, family: Family | None, activities: list[Activity]) -> tuple[Department | None, int]:
    """The department with most needs in this family or of these activities, told in either nomenclature."""
    same = Q(family=family) if family else Q(pk__in=[])
    for activity in followed().both(activities):
        same |= Q(activities__nomenclature=activity.nomenclature, activities__code=activity.code)
    needs = Need.objects.filter(same, organisation=organisation).exclude(state=Need.State.DRAFT)
    first = needs.values("department").annotate(times=Count("pk", distinct=True)).order_by("-times", "department__name").first()
    return (Department.objects.get(pk=first["department"]), first["times"]) if first else (None, 0)
