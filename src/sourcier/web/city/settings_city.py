"""« Réglages »: the city's identity, its departments, its delivery places."""

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts import actions, queries
from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Role
from sourcier.accounts.rules import may_govern
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import nomenclatures
from sourcier.vault.actions import store
from sourcier.vault.models import File
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.lists import departments_table, places_table
from sourcier.web.city.settings_forms import ArchivesForm, CityForm, DepartmentForm, PlaceForm, UsualPlacesForm
from sourcier.web.exports import exported
from sourcier.web.rights import city

SETTLERS = (Role.HEAD_BUYER, Role.ADMIN, Role.AUDITOR)


def _page(request: HttpRequest, template: str, subject: str, **context: object) -> HttpResponse:
    editable = may_govern(request.agent.roles, subject) is None  # type: ignore[attr-defined]
    return render(request, f"city/settings/{template}.html", {"editable": editable, **context})


@city(*SETTLERS)
def settings_city(request: HttpRequest) -> HttpResponse:
    """Read by those who govern something here, changed by the head of purchasing."""
    agent = request.agent  # type: ignore[attr-defined]
    form = CityForm(request.POST or None, request.FILES or None, instance=queries.organisation(agent))
    if request.method == "POST" and form.is_valid():
        fields = {name: value for name, value in form.cleaned_data.items() if name not in ("logo", "remove_logo")}
        try:
            if form.cleaned_data["logo"]:
                logo = _store_logo(agent, form.cleaned_data["logo"])
                fields |= {"logo_file_id": logo.pk, "logo": logo}
            elif form.cleaned_data["remove_logo"]:
                fields["logo_file_id"] = None
            actions.update_organisation(agent, shown=form.shown(), **fields)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("settings_city")
    return _page(request, "city", "identity", form=form, naf=nomenclatures.in_use())


def _store_logo(agent: Agent, upload: UploadedFile) -> File:
    """Keep a picture for every page to show. Raises `Refused`, beside the field."""
    try:
        file = store(agent.organisation.pk, upload)
    except Refused as refused:
        raise Refused(refused.refusal, "logo") from None
    if file.media_type not in ("image/png", "image/jpeg"):
        raise refuse("logo_type", "Ce fichier n'est pas une image PNG ou JPEG. Choisissez-en une.", "logo")
    return file


@city(*SETTLERS)
def settings_archives(request: HttpRequest) -> HttpResponse:
    """The identifiers that a transfer to the archives carries."""
    agent = request.agent  # type: ignore[attr-defined]
    form = ArchivesForm(request.POST or None, instance=queries.organisation(agent))
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_organisation(agent, shown=form.shown(), **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("settings_archives")
    return _page(request, "archives", "identity", form=form)


@city(*SETTLERS)
def settings_departments(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    form = DepartmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            department = actions.add_department(agent, form.cleaned_data["name"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"La direction « {department.name} » est ajoutée.")
            return redirect("settings_departments")
    departments = queries.departments(agent)
    if response := exported(request, departments_table(departments)):
        return response
    return _page(request, "departments", "departments", form=form, departments=departments)


@city(Role.HEAD_BUYER)
def settings_department(request: HttpRequest, department_id: UUID) -> HttpResponse:
    """Its name here; its usual places by the other form of the page."""
    agent = request.agent  # type: ignore[attr-defined]
    department = get_object_or_404(queries.departments(agent), pk=department_id)
    form = DepartmentForm(request.POST or None, initial={"name": department.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_department(agent, department_id, form.cleaned_data["name"], shown=form.shown())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Le nom est changé.")
            return redirect("settings_departments")
    return _department_page(request, department, form, UsualPlacesForm(department))


@city(Role.HEAD_BUYER)
@require_POST
def settings_department_places(request: HttpRequest, department_id: UUID) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    department = get_object_or_404(queries.departments(agent), pk=department_id)
    form = UsualPlacesForm(department, request.POST)
    if form.is_valid():
        try:
            places = [place.pk for place in form.cleaned_data["places"]]
            actions.set_usual_places(agent, department_id, places, shown=form.ticked_before())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("settings_departments")
    return _department_page(request, department, DepartmentForm(initial={"name": department.name}), form)


def _department_page(
    request: HttpRequest, department: Department, form: DepartmentForm, places_form: UsualPlacesForm
) -> HttpResponse:
    return _page(request, "department", "departments", form=form, places_form=places_form, department=department)


@city(*SETTLERS)
def settings_places(request: HttpRequest) -> HttpResponse:
    places = queries.places(request.agent)  # type: ignore[attr-defined]
    return exported(request, places_table(places)) or _page(request, "places", "places", places=places)


@city(Role.HEAD_BUYER)
def settings_place_new(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    form = PlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            place = actions.add_place(agent, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"Le lieu « {place.name} » est ajouté.")
            return redirect("settings_places")
    return _page(request, "place", "places", form=form)


@city(Role.HEAD_BUYER)
def settings_place(request: HttpRequest, place_id: UUID) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    place = get_object_or_404(queries.places(agent), pk=place_id)
    form = PlaceForm(request.POST or None, instance=place)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_place(agent, place_id, shown=form.shown(), **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("settings_places")
    return _page(request, "place", "places", form=form, place=get_object_or_404(queries.places(agent), pk=place_id))


@city(Role.HEAD_BUYER)
@require_POST
def settings_place_switch(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Offer the place again, or no longer."""
    agent = request.agent  # type: ignore[attr-defined]
    place = get_object_or_404(queries.places(agent), pk=place_id)
    switch = actions.deactivate_place if request.POST.get("to") == "off" else actions.reactivate_place
    try:
        switch(agent, place.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "C'est enregistré.")
    return redirect("settings_places")


urlpatterns = [
    path("reglages/", settings_city, name="settings_city"),
    path("reglages/archives/", settings_archives, name="settings_archives"),
    path("reglages/directions/", settings_departments, name="settings_departments"),
    path("reglages/directions/<uuid:department_id>/", settings_department, name="settings_department"),
    path("reglages/directions/<uuid:department_id>/lieux/", settings_department_places, name="settings_department_places"),
    path("reglages/lieux/", settings_places, name="settings_places"),
    path("reglages/lieux/nouveau/", settings_place_new, name="settings_place_new"),
    path("reglages/lieux/<uuid:place_id>/", settings_place, name="settings_place"),
    path("reglages/lieux/<uuid:place_id>/proposer/", settings_place_switch, name="settings_place_switch"),
]
