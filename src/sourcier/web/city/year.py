"""« Dossier de l'année » : taken in one click for the audit chamber, taken again later as it was."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.dossier import own_stamp
from sourcier.dossier.models import Export
from sourcier.dossier.retention import kept
from sourcier.dossier.year import take as years
from sourcier.kernel.transitions import Refused
from sourcier.retention.clocks import today
from sourcier.retention.queries import READERS
from sourcier.spend.queries import years as known_years
from sourcier.web.city.proof import zip_of
from sourcier.web.rights import INSPECTION, city


class YearForm(forms.Form):
    year = forms.TypedChoiceField(
        label="Année", coerce=int, error_messages={"invalid_choice": "Choisissez une année de la liste."}
    )

    def __init__(self, agent: Agent, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        known = {timezone.localdate().year, *known_years(agent.organisation)}
        self.fields["year"].choices = [(year, str(year)) for year in sorted(known, reverse=True)]  # type: ignore[attr-defined]


@city(*INSPECTION)
def year_files(request: HttpRequest) -> HttpResponse:
    """Those taken, and the button."""
    return _page(request, YearForm(request.agent))  # type: ignore[attr-defined]


def _page(request: HttpRequest, form: YearForm, status: int = 200) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    taken = Export.objects.filter(organisation=agent.organisation, year__isnull=False).select_related("made_by")
    exports = list(taken.order_by("-made_at"))
    context = {
        "form": form if years.may_take(agent) else None, "taken": kept(agent.organisation, exports),
        "today": today(), "keeps": agent.has(*READERS),
        "awaited": own_stamp.awaited(exports, timezone.now()),
    }  # fmt: skip
    return render(request, "city/proof/year.html", context, status=status)


@city(*INSPECTION, own=True)
@require_POST
def year_take(request: HttpRequest) -> HttpResponse:
    """Take one; an auditor may, since it changes nothing of the purchases."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = YearForm(agent, request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        export = years.take(agent, form.cleaned_data["year"])
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return _page(request, form, 422)
    if own_stamp.is_awaited(export, timezone.now()):
        messages.success(request, f"Le dossier de l'année est pris. {own_stamp.AWAITED}")
        return redirect("year_files")
    return redirect("year_download", export.pk)


@city(*INSPECTION)
def year_download(request: HttpRequest, year_file_id: UUID) -> HttpResponse:
    """The ZIP, the same bytes each time."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found = Export.objects.filter(organisation=agent.organisation, year__isnull=False, pk=year_file_id)
    export = found.select_related("organisation").first()
    if export is None or not years.may_take(agent):
        raise Http404
    try:
        return zip_of(export, f"annee-{export.year}")
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("year_files")


urlpatterns = [
    path("controle/annees/", year_files, name="year_files"),
    path("controle/annees/prendre/", year_take, name="year_take"),
    path("controle/annees/<uuid:year_file_id>/", year_download, name="year_download"),
]
