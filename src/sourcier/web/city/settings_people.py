"""« Réglages · Personnes »: accounts and roles, governed by the administrator."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts import actions, queries
from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role, User
from sourcier.accounts.rules import may_govern
from sourcier.kernel.transitions import Refused
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.lists import people_table
from sourcier.web.city.settings_forms import InviteForm, PersonForm, RoleForm
from sourcier.web.exports import exported
from sourcier.web.rights import city
from sourcier.web.welcome import send_link_again, welcome

READERS_OF_PEOPLE = (Role.ADMIN, Role.AUDITOR, Role.HEAD_BUYER)


def _person(agent: Agent, user_id: UUID) -> queries.Person:
    try:
        return queries.person(agent, user_id)
    except User.DoesNotExist:
        raise Http404 from None


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    editable = may_govern(request.agent.roles, "people") is None  # type: ignore[attr-defined]
    return render(request, f"city/settings/{template}.html", {"editable": editable, **context})


@city(*READERS_OF_PEOPLE)
def settings_people(request: HttpRequest) -> HttpResponse:
    people = queries.people(request.agent)  # type: ignore[attr-defined]
    return exported(request, people_table(people)) or _page(request, "people", people=people)


@city(Role.ADMIN)
def settings_person_new(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    form = InviteForm(agent.organisation, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        department = data.pop("department")
        try:
            user = welcome(agent, **data, department_id=department.pk if department else None)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"Le compte de {user.name} est ouvert. Un courriel lui est envoyé à {user.email}.")
            return redirect("settings_people")
    return _page(request, "person_new", form=form)


@city(*READERS_OF_PEOPLE)
def settings_person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One person: roles and, for the administrator, what may be changed."""
    agent = request.agent  # type: ignore[attr-defined]
    if request.method == "POST" and not agent.has(Role.ADMIN):
        raise PermissionDenied
    person = _person(agent, user_id)
    form = PersonForm(request.POST or None, instance=person.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_person(agent, user_id, shown=form.shown(), **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("settings_person", user_id)
    return _person_page(request, user_id, form=form)


def _person_page(request: HttpRequest, user_id: UUID, **forms: Any) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    person = _person(agent, user_id)
    context = {
        "form": PersonForm(instance=person.user),
        "role_form": RoleForm(agent.organisation, prefix="role"),
        "oneself": person.user.pk == agent.id,
        **forms,
    }
    return _page(request, "person", person=person, **context)


@city(Role.ADMIN)
@require_POST
def settings_role_grant(request: HttpRequest, user_id: UUID) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    _person(agent, user_id)
    form = RoleForm(agent.organisation, request.POST, prefix="role")
    if form.is_valid():
        department = form.cleaned_data["department"]
        try:
            actions.grant_role(agent, user_id, form.cleaned_data["role"], department.pk if department else None)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Le rôle est donné.")
            return redirect("settings_person", user_id)
    return _person_page(request, user_id, role_form=form)


def _attempt(request: HttpRequest, user_id: UUID, done: str, action: Any, *args: Any) -> HttpResponse:
    """Call one action that has no form; its refusal is said above the page."""
    try:
        action(request.agent, *args)  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
    except ObjectDoesNotExist:
        raise Http404 from None
    else:
        messages.success(request, done)
    return redirect("settings_person", user_id)


@city(Role.ADMIN)
@require_POST
def settings_role_revoke(request: HttpRequest, user_id: UUID, membership_id: int) -> HttpResponse:
    _person(request.agent, user_id)  # type: ignore[attr-defined]
    return _attempt(request, user_id, "Le rôle est retiré.", actions.revoke, membership_id)


@city(Role.ADMIN)
@require_POST
def settings_person_off(request: HttpRequest, user_id: UUID) -> HttpResponse:
    return _attempt(request, user_id, "Le compte est désactivé, dès maintenant.", actions.deactivate_user, user_id)


@city(Role.ADMIN)
@require_POST
def settings_person_on(request: HttpRequest, user_id: UUID) -> HttpResponse:
    return _attempt(request, user_id, "Le compte est réactivé, avec ses rôles.", actions.reactivate_user, user_id)


@city(Role.ADMIN)
@require_POST
def settings_person_link(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Send the link again to somebody who has not chosen a password yet."""
    person = _person(request.agent, user_id)  # type: ignore[attr-defined]
    if person.user.has_usable_password() or not person.active:
        raise Http404
    return _attempt(request, user_id, f"Un nouveau lien part vers {person.user.email}.", send_link_again, person.user)


urlpatterns = [
    path("reglages/personnes/", settings_people, name="settings_people"),
    path("reglages/personnes/nouvelle/", settings_person_new, name="settings_person_new"),
    path("reglages/personnes/<uuid:user_id>/", settings_person, name="settings_person"),
    path("reglages/personnes/<uuid:user_id>/role/", settings_role_grant, name="settings_role_grant"),
    path(
        "reglages/personnes/<uuid:user_id>/role/<int:membership_id>/retirer/",
        settings_role_revoke,
        name="settings_role_revoke",
    ),
    path("reglages/personnes/<uuid:user_id>/desactiver/", settings_person_off, name="settings_person_off"),
    path("reglages/personnes/<uuid:user_id>/reactiver/", settings_person_on, name="settings_person_on"),
    path("reglages/personnes/<uuid:user_id>/lien/", settings_person_link, name="settings_person_link"),
]
