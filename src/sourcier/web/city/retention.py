"""« Conservation »: what is kept, until when, under which rule; holds, visas, and the destruction with its preview."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.transitions import Refused
from sourcier.law.retention import CONTRACT, KINDS, YEAR
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.retention import actions, queries, rules
from sourcier.retention.clocks import today
from sourcier.retention.models import Clock, Hold, Visa
from sourcier.retention.queries import READERS, Line
from sourcier.retention.registry import names
from sourcier.web.city.forms import add_refusal
from sourcier.web.exports import exported
from sourcier.web.rights import city

PAGE = 50
WIDEST = 5_000
TO_DECIDE = (rules.DUE, rules.UNSIGNED, rules.HELD)
COLUMNS = (
    Column("Quoi"), Column("De qui, de quel achat"), Column("À partir de"), Column("Depuis le", Kind.DATE),
    Column("Jusqu'au", Kind.DATE), Column("Règle"), Column("État"),
)  # fmt: skip


class HoldForm(forms.Form):
    reason = forms.CharField(label="Quel recours, devant qui ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}))


class ReleaseForm(forms.Form):
    reason = forms.CharField(label="Comment il a fini", max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}))


class EndForm(forms.Form):
    on = forms.DateField(label="Fin d'exécution, le", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class VisaForm(forms.Form):
    reference = forms.CharField(label="Référence du visa", max_length=80)
    signed_on = forms.DateField(label="Signé le", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    document = forms.FileField(label="Le visa signé", help_text="PDF ou photo.")


class SureForm(forms.Form):
    sure = forms.BooleanField(
        label="J'ai lu ce qui sera détruit", error_messages={"required": "Cochez la case : rien ne revient d'une destruction."}
    )


FORMS: dict[str, type[forms.Form]] = {"hold": HoldForm, "release": ReleaseForm, "end": EndForm, "visa": VisaForm}
DONE = {
    "hold": "C'est en attente : rien n'en sera détruit.",
    "release": "L'attente est levée.",
    "end": "La fin d'exécution est notée.",
    "visa": "Le visa est versé.",
}


@city(*READERS)
def retention(request: HttpRequest) -> HttpResponse:
    """Every clock of the city, those that ask for a decision first."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    kind = request.GET.get("nature", "")
    clocks = queries.visible(agent).order_by(
        F("erased_at").asc(nulls_first=True), F("ends_on").asc(nulls_last=True), "opened_at"
    )
    if kind in KINDS:
        clocks = clocks.filter(kind=kind)
    found = queries.lines(agent, clocks[:WIDEST], today())
    if response := exported(request, _table(found)):
        return response
    waiting = [line for line in found if line.state in TO_DECIDE]
    page = Paginator([line for line in found if line.state not in TO_DECIDE], PAGE).get_page(request.GET.get("page"))
    context = {"waiting": waiting, "page": page, "kind": kind, "kinds": KINDS.items(), "decides": _decides(agent)}
    return render(request, "city/retention/list.html", context)


def _decides(agent: Agent) -> bool:
    return rules.may_act(agent.roles) is None


def _table(lines: list[Line]) -> Table:
    rows = [
        (
            line.what, line.name, line.clock.event, line.clock.started_on, line.ends_on,
            f"{line.clock.years} ans, {line.clock.article}", line.state_words,
        )
        for line in lines
    ]  # fmt: skip
    return Table("Conservation", COLUMNS, rows)


@city(*READERS)
def retention_operation(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The clocks of one purchase, or of the file of a year, and what the head of purchasing decides of it."""
    return _operation(request, need_id)


@city(Role.HEAD_BUYER)
@require_POST
def retention_decide(request: HttpRequest, need_id: UUID, act: str) -> HttpResponse:
    """Put on hold, lift, note the end of execution, record the visa; a refusal comes back beside its field."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    _about(agent, need_id)
    form = FORMS[act](request.POST, request.FILES, prefix=act)
    if form.is_valid():
        try:
            _act(agent, need_id, act, form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        except Clock.DoesNotExist:
            raise Http404 from None
        else:
            messages.success(request, DONE[act])
            return redirect("retention_operation", need_id)
    return _operation(request, need_id, {act: form})


def _act(agent: Agent, need_id: UUID, act: str, said: dict[str, Any]) -> None:
    match act:
        case "hold":
            actions.hold(agent, need_id, said["reason"])
        case "release":
            actions.release(agent, need_id, said["reason"])
        case "end":
            actions.note_end(agent, need_id, said["on"])
        case _:
            actions.record_visa(agent, need_id, said["reference"], said["signed_on"], said["document"])


@dataclass(frozen=True, slots=True)
class About:
    """A purchase, or the file of a year: its name, and the page where its dossier is taken."""

    pk: UUID
    name: str
    reference: str
    page: str
    page_name: str


def _about(agent: Agent, stream: UUID) -> About:
    try:
        need = needs.get(agent, stream)
    except Need.DoesNotExist:
        if not queries.visible(agent).filter(operation_id=stream, kind=YEAR).exists():
            raise Http404 from None
        name = names(agent.organisation.pk, YEAR, [stream]).get(stream, "")
        return About(stream, name, "", reverse("year_files"), KINDS[YEAR])
    return About(need.pk, need.title or need.sentence, need.reference, reverse("dossier", args=[need.pk]), "Dossier de preuve")


def _operation(request: HttpRequest, need_id: UUID, filled: dict[str, forms.Form] | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    clocks = queries.visible(agent).filter(operation_id=need_id).order_by("-kind", "opened_at")
    about = {"organisation": agent.organisation, "operation_id": need_id}
    holds = list(Hold.objects.filter(**about).select_related("placed_by", "lifted_by").order_by("-placed_at"))
    context = {
        "about": _about(agent, need_id),
        "lines": queries.lines(agent, clocks, today()),
        "holds": holds,
        "held": any(each.lifted_at is None for each in holds),
        "visas": Visa.objects.filter(**about).select_related("recorded_by", "file").order_by("-recorded_at"),
        "contract": any(clock.kind == CONTRACT and clock.erased_at is None for clock in clocks),
        "alive": any(clock.erased_at is None for clock in clocks),
        "decides": _decides(agent),
        **{f"{act}_form": (filled or {}).get(act) or form(prefix=act) for act, form in FORMS.items()},
    }
    return render(request, "city/retention/operation.html", context, status=422 if filled else 200)


@city(*READERS)
def retention_erase(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """What would be destroyed, to the last file; then, confirmed by the head of purchasing, its destruction."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    clock = get_object_or_404(queries.visible(agent), pk=clock_id)
    form = SureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.destroy(agent, clock.pk)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est détruit. Le journal dit ce qui l'a été, quand et pourquoi.")
            return redirect("retention")
    refusal = rules.may_erase(queries.facts(clock), today())
    context = {
        "line": queries.lines(agent, [clock], today())[0],
        "preview": queries.preview(clock) if clock.erased_at is None else None,
        "refusal": refusal.sentence if refusal else "",
        "decides": _decides(agent),
        "form": form,
    }
    return render(request, "city/retention/erase.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("controle/conservation/", retention, name="retention"),
    path("controle/conservation/achats/<uuid:need_id>/", retention_operation, name="retention_operation"),
    *(
        path(
            f"controle/conservation/achats/<uuid:need_id>/{address}/",
            retention_decide,
            {"act": act},
            name=f"retention_{act}",
        )
        for act, address in (("hold", "attente"), ("release", "levee"), ("end", "fin"), ("visa", "visa"))
    ),
    path("controle/conservation/<uuid:clock_id>/detruire/", retention_erase, name="retention_erase"),
]
