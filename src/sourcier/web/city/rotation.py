"""« Pas toujours la même » : by family, the share of each firm over three years, and how many nearby were never asked."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department
from sourcier.insights.rotation import RADIUS_M, FamilyRotation, family_rotation, family_rotations
from sourcier.interop.tables import Column, Kind, Table
from sourcier.needs.models import Need
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, city

COLUMNS = (
    Column("Code"), Column("Famille"), Column("Entreprise"), Column("SIREN"), Column("Achats", Kind.INTEGER),
    Column("Montant HT", Kind.CENTS), Column("Part %", Kind.INTEGER), Column("Dernier achat", Kind.DATE),
    Column("Demandes", Kind.INTEGER), Column("Dernière demande", Kind.DATE), Column("Au-delà de la part de la ville"),
    Column("Jamais interrogées à proximité", Kind.INTEGER),
)  # fmt: skip


@city(*INSPECTION)
@require_safe
def rotation(request: HttpRequest) -> HttpResponse:
    """All families, or one with all its firms; of the whole city, or of one department."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    departments = list(Department.objects.filter(organisation=agent.organisation))
    department = next((each for each in departments if str(each.pk) == request.GET.get("service", "")), None)
    found = family_rotations(agent.organisation, timezone.localdate(), department.pk if department else None)
    shown = next((one for one in found if one.family.code == request.GET.get("famille", "")), None)
    if response := exported(request, _table([shown] if shown else found, agent.organisation.rotation_percent, department)):
        return response
    context = {
        "found": found, "shown": shown, "departments": departments, "department": department,
        "percent": agent.organisation.rotation_percent, "radius_m": RADIUS_M,
        "since": found[0].rotation.since if found else None,
    }  # fmt: skip
    return render(request, "city/spend/rotation.html", context)


def _table(found: list[FamilyRotation], percent: int, department: Department | None) -> Table:
    rows = [
        (
            one.family.code, one.family.label, share.name, share.key if share.key.isdecimal() else "", share.purchases,
            share.cents, share.percent, share.last_on, asked.times if asked else 0,
            timezone.localdate(asked.last) if asked else None, "oui" if over else "", one.never,
        )
        for one in found
        for share, asked, over in one.lines
    ]  # fmt: skip
    notes = [f"Sur trois ans, hors taxes. La part de la ville : {percent} %, à partir de trois achats."]
    notes += [f"Seul le service {department.name} est compté."] if department else []
    return Table("Rotation des entreprises", COLUMNS, rows, notes)


def rotation_of(need: Need) -> dict[str, Any]:
    """For the rule of a need: who its family was bought from, in words, and the page."""
    one = family_rotation(need.organisation, need.family, timezone.localdate()) if need.family else None
    if one is None:
        return {}
    return {"rotation": one, "rotation_url": f"{reverse('rotation')}?famille={one.family.code}"}


urlpatterns = [path("familles/rotation/", rotation, name="rotation")]
