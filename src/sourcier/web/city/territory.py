"""« Territoire »: the firms around the city, by family; the letters that ask them to make themselves known."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts.agents import Agent
from sourcier.insights.territory import FamilyFirms, territory
from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refused
from sourcier.register.search import RegisterMissing
from sourcier.sourcing.letter.registration import (
    registration_addresses,
    registration_letters,
    registration_word,
    registration_words,
)
from sourcier.spend.models import Family
from sourcier.suppliers import queries
from sourcier.suppliers.actions import campaigns as actions
from sourcier.suppliers.models import Campaign, FirmKey
from sourcier.web.city.asked_forms import PostingForm, ReturnedForm
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.lists import addresses_file
from sourcier.web.downloads import WORD, attached, pdf
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, PURCHASING, city

RADII_KM = (2, 5, 10, 20, 50)
USUAL_KM = 5
PER_PAGE = 50
COLUMNS = (
    Column("Code"), Column("Famille"), Column("Existent", Kind.INTEGER), Column("dont non diffusibles", Kind.INTEGER),
    Column("Rencontrées", Kind.INTEGER), Column("Ont leur place", Kind.INTEGER), Column("Interrogées", Kind.INTEGER),
    Column("Ont répondu", Kind.INTEGER),
)  # fmt: skip


def _radius_km(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 4 and int(value) in RADII_KM else USUAL_KM


@city(*INSPECTION)
@require_safe
def territory_page(request: HttpRequest) -> HttpResponse:
    """By family, those where the city knows fewest firms first."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    radius_km = _radius_km(request.GET.get("rayon", ""))
    lines: list[FamilyFirms] = []
    missing = ""
    try:
        lines = territory(agent, radius_km * 1000)
    except RegisterMissing as error:
        missing = error.sentence
    if response := exported(request, _table(lines, radius_km)):
        return response
    context = {
        "lines": lines, "missing": missing, "radius_km": radius_km, "radii": RADII_KM,
        "campaigns": queries.campaigns(agent).select_related("made_by")[:20], "may_write": agent.has(*PURCHASING),
    }  # fmt: skip
    return render(request, "city/territory/territory.html", context)


def _table(lines: list[FamilyFirms], radius_km: int) -> Table:
    rows = [
        (
            line.family.code, line.family.label, line.exist, line.undisclosed, line.known, line.placed, line.asked,
            line.answered,
        )
        for line in lines
    ]  # fmt: skip
    notes = (f"À moins de {radius_km} km de la mairie. Les demandes encore scellées ne comptent pas.",)
    return Table("Territoire", COLUMNS, rows, notes)


@city(*PURCHASING)
def campaign_new(request: HttpRequest, family_id: UUID) -> HttpResponse:
    """« Écrire à toutes »: how many letters, who is left out and why, the words of the letter; then they are prepared."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    family = get_object_or_404(Family, organisation=agent.organisation, pk=family_id)
    radius_km = _radius_km(request.POST.get("rayon", request.GET.get("rayon", "")))
    activities = [Activity(nomenclature, code) for nomenclature, code in family.activities]
    refused = ""
    try:
        if request.method == "POST":
            made = actions.make(agent, family.label, activities, radius_km * 1000)
            return redirect("campaign", made.pk)
        prepared = actions.prepare(agent, activities, radius_km * 1000)
    except Refused as error:
        refused, prepared = error.sentence, None
    context = {
        "family": family, "radius_km": radius_km, "radii": RADII_KM, "prepared": prepared, "refused": refused,
        "words": registration_words(agent.organisation.name, agent.organisation.commune, family.label),
    }  # fmt: skip
    return render(request, "city/territory/new.html", context, status=422 if refused and request.method == "POST" else 200)


def _campaign_or_404(agent: Agent, campaign_id: UUID) -> Campaign:
    return get_object_or_404(queries.campaigns(agent).select_related("made_by", "posted_by"), pk=campaign_id)


@city(*INSPECTION)
@require_safe
def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    return _page(request, _campaign_or_404(request.agent, campaign_id))  # type: ignore[attr-defined]


def _page(
    request: HttpRequest, shown: Campaign, posting: PostingForm | None = None, returned: tuple[UUID, ReturnedForm] | None = None
) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    page = Paginator(queries.letters_of(shown), PER_PAGE).get_page(request.GET.get("page"))
    forms = {returned[0]: returned[1]} if returned else {}
    context: dict[str, Any] = {
        "campaign": shown, "radius_km": shown.radius_m // 1000, "page": page, "may_write": agent.has(*PURCHASING),
        "placed": shown.keys.filter(firm__own_place__isnull=False).count(),
        "came_back": shown.keys.filter(returned_at__isnull=False).count(),
        "posting_form": posting or PostingForm(),
        "lines": [(key, forms.get(key.pk) or ReturnedForm(auto_id=f"id_{key.pk}_%s")) for key in page],
    }  # fmt: skip
    return render(request, "city/territory/campaign.html", context, status=422 if posting or returned else 200)


@city(*PURCHASING)
@require_POST
def campaign_print(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """The letters as a PDF or a Word document, or their addresses for a printer; the journal notes who took them."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    shown = _campaign_or_404(agent, campaign_id)
    try:
        printed, keys = actions.print_letters(agent, shown.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("campaign", shown.pk)
    form = request.POST.get("format", "pdf")
    if form == "docx":
        return attached(registration_word(printed, keys), "lettres.docx", WORD)
    if form in ("csv", "xlsx"):
        return addresses_file(registration_addresses(keys), form, agent.organisation)
    return pdf(registration_letters(printed, keys), "lettres.pdf")


@city(*PURCHASING)
@require_POST
def campaign_posted(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    shown = _campaign_or_404(agent, campaign_id)
    form = PostingForm(request.POST)
    if form.is_valid():
        try:
            actions.mark_posted(agent, shown.pk, **form.given)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est noté, avec le jour et le coût.")
            return redirect("campaign", shown.pk)
    return _page(request, shown, form)


@city(*PURCHASING)
@require_POST
def campaign_returned(request: HttpRequest, campaign_id: UUID, key_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    shown = _campaign_or_404(agent, campaign_id)
    form = ReturnedForm(request.POST, auto_id=f"id_{key_id}_%s")
    if form.is_valid():
        try:
            actions.mark_returned(agent, shown.keys.get(pk=key_id).pk, form.cleaned_data["why"])
        except FirmKey.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Courrier revenu : noté sur la fiche de l'entreprise.")
            return redirect("campaign", shown.pk)
    return _page(request, shown, returned=(key_id, form))


_CAMPAIGN = "entreprises/territoire/lettres/<uuid:campaign_id>/"
urlpatterns = [
    path("entreprises/territoire/", territory_page, name="territory"),
    path("entreprises/territoire/ecrire/<uuid:family_id>/", campaign_new, name="campaign_new"),
    path(_CAMPAIGN, campaign, name="campaign"),
    path(f"{_CAMPAIGN}pdf/", campaign_print, name="campaign_print"),
    path(f"{_CAMPAIGN}parties/", campaign_posted, name="campaign_posted"),
    path(f"{_CAMPAIGN}revenue/<uuid:key_id>/", campaign_returned, name="campaign_returned"),
]
