"""« Besoins »: the list, one sentence, then five questions saved as they are answered."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.insights.lane_times import lane_times
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries, rules
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict, Verb
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.buying import may_buy_directly
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.gauges import fullness
from sourcier.web.city.need_forms import DETAIL, NeedForm, StartForm, question_of
from sourcier.web.city.need_past import alike_before
from sourcier.web.city.need_sentence import said_of
from sourcier.web.city.tables import needs_table
from sourcier.web.exports import exported
from sourcier.web.rights import READERS, city

STATES = {
    "prepares": ("En préparation", (Need.State.DRAFT, Need.State.RETURNED)),
    "envoyes": ("Chez l'acheteur", (Need.State.SUBMITTED, Need.State.ACCEPTED)),
    "interroges": ("Entreprises interrogées", (Need.State.ASKED,)),
    "choisis": ("Choisis", (Need.State.AWARDED,)),
    "clos": ("Clos", (Need.State.CLOSED,)),
}
PER_PAGE = 20
QUESTION_FIELDS = {"sentence": ("sentence",), **rules.QUESTIONS}
ASKED = (*QUESTION_FIELDS, "details", "lots")


@city(*READERS)
def needs(request: HttpRequest) -> HttpResponse:
    """The list, filtered by state and department, the latest move first."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found = queries.visible(agent).select_related("department", "author", "buyer").order_by("-waiting_since", "-reference")
    state, department = request.GET.get("etat", ""), request.GET.get("service", "")
    departments = queries.readable_departments(agent)
    if state in STATES:
        found = found.filter(state__in=STATES[state][1])
    if chosen := next((item for item in departments if str(item.pk) == department), None):
        found = found.filter(department=chosen)
    if response := exported(request, needs_table(found)):
        return response
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "states": [(key, label) for key, (label, _) in STATES.items()],
        "state": state, "departments": departments, "department": department,
        "filtered": state in STATES or chosen is not None,
        "may_write": agent.has(Role.REQUESTER), "may_buy": may_buy_directly(agent),
        "times": lane_times(agent, timezone.localdate().year),
    }  # fmt: skip
    return render(request, "city/needs/list.html", context)


@city(Role.REQUESTER)
def need_new(request: HttpRequest) -> HttpResponse:
    """One sentence, saved as it is typed (a POST from htmx, the address becoming the draft's); or a purchase taken over."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = StartForm(request.POST or None, departments=queries.writable_departments(agent))
    if request.method == "POST" and form.is_valid():
        try:
            need = _begin(agent, form.cleaned_data)
        except Need.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _begun(request, agent, need) if request.htmx else redirect("need_edit", need.pk)  # type: ignore[attr-defined]
    if request.method == "POST" and request.htmx:  # type: ignore[attr-defined]
        return render(request, "city/needs/_not_begun.html", {"form": form})
    past = Paginator(queries.to_take_over(agent).select_related("department"), 10).get_page(request.GET.get("page"))
    return render(request, "city/needs/new.html", {"form": form, "past": past})


def _begin(agent: Agent, typed: dict[str, Any]) -> Need:
    """The draft with this sentence: begun, or the one begun while it was typed."""
    sentence, department = typed["sentence"], typed.get("department")
    if typed["draft"]:
        need = actions.say_again(agent, typed["draft"], typed["version"] or 0, sentence, department)
    else:
        need = actions.start(agent, sentence, department)
    if typed["estimate_cents"] is None:
        return need
    return actions.save(agent, need.pk, need.version, estimate_cents=typed["estimate_cents"])


def _begun(request: HttpRequest, agent: Agent, need: Need) -> HttpResponse:
    """The draft is there: reloaded, the page is its five questions, with the sentence."""
    context = {"need": need, "lane": queries.lane_of(need), **alike_before(agent, need)}
    response = render(request, "city/needs/_begun.html", context)
    response["HX-Replace-Url"] = reverse("need_edit", args=[need.pk])
    return response


@city(Role.REQUESTER)
@require_POST
def need_take_over(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    source = need_or_404(agent, need_id)
    try:
        need = actions.take_over(agent, source.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("need", source.pk)
    messages.success(request, f"Tout est repris de l'achat {source.reference}. Relisez, changez ce qui a changé, puis envoyez.")
    return redirect("need_edit", need.pk)


@city(Role.REQUESTER)
@require_POST
def need_split(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« En faire deux besoins »: the second opens, the first waits beside it."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    try:
        other = actions.split(agent, need.pk, _version(request))
    except (Refused, Conflict) as refused:
        messages.error(request, refused.sentence)
        return redirect("need_edit", need.pk)
    said = f"Deux besoins : {need.reference} garde le premier, {other.reference} prend le second. Décrivez-les chacun."
    messages.success(request, said)
    return redirect("need_edit", other.pk)


@city(Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER)
def need_edit(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The five questions. A POST from htmx carries one question; « Enregistrer » and « Envoyer mon besoin » carry them all."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    writing = queries.may(agent, need, Verb.WRITE)
    if not writing and not queries.may(agent, need, Verb.COMPLETE):
        messages.error(request, "Ce besoin ne se modifie plus ici : écrivez un message à votre interlocuteur.")
        return redirect("need", need.pk)
    form = NeedForm(need, queries.places(agent), request.POST if request.method == "POST" else None)
    if not writing:
        del form.fields["sentence"]
    if request.method != "POST":
        return _edit_page(request, form, writing)
    asked = [q for q in request.POST.getlist("question") if q in ASKED] or list(ASKED)
    if not {"sentence", "what"}.isdisjoint(asked):
        asked.append("details")  # other words may bring other questions: what was typed in those shown is kept first
    version = _version(request)
    try:
        version = _save(agent, form, version, asked, writing)
    except Conflict as conflict:
        return _conflict(request, form, conflict, asked, writing)
    except Refused as refused:
        add_refusal(form, refused)
    return _answer(request, agent, form, writing, version)


def _answer(request: HttpRequest, agent: Agent, form: NeedForm, writing: bool, version: int) -> HttpResponse:
    """After the save: a line for htmx, else the page again with its errors, or the next page."""
    need = need_or_404(agent, form.need.pk)
    if request.htmx:  # type: ignore[attr-defined]
        if "version_seen" in request.POST:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"need": need, "form": form, "version": version, "lane": queries.lane_of(need), **fullness(need)}
        context |= _questions_again(form, need)
        if "sentence" in request.POST.getlist("question"):
            context |= {"sentence_saved": True, **said_of(agent, need)}
        return render(request, "city/needs/_saved.html", context)
    if form.errors:
        return _edit_page(request, form, writing, version=version)
    if "send" not in request.POST:
        messages.success(request, "Votre besoin est enregistré. Vous pouvez le reprendre plus tard.")
        return redirect("need_edit" if writing else "need", need.pk)
    try:
        need = actions.submit(agent, need.pk)
    except Refused as refused:
        for question in queries.unanswered(need) if refused.refusal.code == "unanswered" else ():
            form.add_error(f"unknown_{question}", refused.sentence)
        if not form.errors:
            form.add_error(None, refused.sentence)
        return _edit_page(request, form, writing, version=version)
    return sent(request, need)


def _questions_again(form: NeedForm, need: Need) -> dict[str, Any]:
    """The meter after a save; and the questions of the family, when what was written brings others than those shown."""
    again = NeedForm(need, form.city_places)
    asked = [each.question.id for each in again.refining.asked]
    shown = [each for each in form.detail_ids if DETAIL + each in form.data]
    return {"refining": again.refining, "details_form": again if shown != asked else None}


def sent(request: HttpRequest, need: Need) -> HttpResponse:
    """After the sending: to the firms when the department leads, to the need when a buyer does."""
    if queries.leads(request.agent, need):  # type: ignore[attr-defined]
        messages.success(request, "Votre besoin est enregistré. Vous conduisez cet achat.")
        return redirect("lead", need.pk)
    messages.success(request, "Votre besoin est envoyé au service achats.")
    return redirect("need", need.pk)


def _save(agent: Agent, form: NeedForm, version: int, asked: list[str], writing: bool) -> int:
    """Write the questions asked, leaving out the fields that do not read."""
    form.is_valid()
    names = [name for question in asked for name in QUESTION_FIELDS.get(question, ()) if name in form.cleaned_data]
    fields: dict[str, Any] = {name: form.cleaned_data[name] for name in names if writing or name != "sentence"}
    fields["unknown"] = form.unknown([question for question in asked if question in rules.QUESTIONS])
    if "details" in asked:
        fields["details"] = form.details()
    places = form.chosen_places() if "where" in asked else None
    lots = form.lot_titles() if "lots" in asked else None
    version = actions.describe(agent, form.need.pk, version, fields, places, lots)
    for name in [name for name in form.errors if question_of(name) not in asked and name != "__all__"]:
        del form.errors[name]
    return version


def _version(request: HttpRequest) -> int:
    """The version this page was read at; the one seen in a conflict, once its reader has decided."""
    text = request.POST.get("version_seen") or request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _edit_page(request: HttpRequest, form: NeedForm, writing: bool, **more: Any) -> HttpResponse:
    met = [{"met": each} for each in queries.contracts_met(form.need)]
    context = {
        "form": form, "need": form.need, "writing": writing, "version": form.need.version, "contracts_met": met,
        "lane": queries.lane_of(form.need), "refining": form.refining, **fullness(form.need), **more,
    }  # fmt: skip
    if writing and not form.is_bound:
        context |= alike_before(request.agent, form.need)  # type: ignore[attr-defined]
    if writing:
        context |= said_of(request.agent, form.need)  # type: ignore[attr-defined]
    return render(request, "city/needs/edit.html", context)


def _conflict(request: HttpRequest, form: NeedForm, conflict: Conflict, asked: list[str], writing: bool) -> HttpResponse:
    """Both versions side by side; the page keeps what was typed, and nothing was overwritten."""
    theirs = NeedForm(conflict.current, form.city_places)
    context = {
        "conflict": conflict,
        "differences": _differences(form, theirs, asked),
        "asked": asked,
        "version": _version(request),
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "city/needs/_conflict.html", {"form": form, "need": form.need, **context})
        response["HX-Retarget"] = "#conflict"
        response["HX-Reswap"] = "innerHTML show:#conflict:top"  # the question may be far below
        return response
    return _edit_page(request, form, writing, **context)


LABELS = {
    "sentence": "Votre besoin", "what": "Quoi", "how_much": "Combien", "where_note": "Précision sur le lieu",
    "starts_on": "À partir du", "ends_on": "Jusqu'au", "estimate_cents": "Montant estimé", "lots": "Lots",
}  # fmt: skip


def _differences(mine: NeedForm, theirs: NeedForm, asked: list[str]) -> list[dict[str, str]]:
    """Field by field, what the other saved and what is typed here, where they differ."""
    found = []
    for name, label in LABELS.items():
        if question_of(name) not in asked or name not in mine.fields:
            continue
        typed, saved = mine.cleaned_data.get(name, mine.data.get(name, "")), theirs.initial[name]
        if (typed or "") != (saved or ""):
            found.append({"label": label, "theirs": _shown(name, saved), "mine": _shown(name, typed)})
    for row in mine.detail_rows() if "details" in asked else ():
        if row["name"] in mine.data and row["name"] in mine.cleaned_data:
            typed, saved = (_detail(form, row["name"]) for form in (mine, theirs))
            if typed != saved:
                found.append({"label": row["question"].name, "theirs": saved, "mine": typed})
    if "where" in asked:
        rows = {
            form: [f"{r['place'].name} {r['note']}".strip() for r in form.place_rows() if r["ticked"]]
            for form in (mine, theirs)
        }
        if rows[mine] != rows[theirs]:
            found.append({"label": "Lieux", "theirs": ", ".join(rows[theirs]), "mine": ", ".join(rows[mine])})
    return found


def _detail(form: NeedForm, name: str) -> str:
    """An answer to a question of the family, as typed or as stored."""
    values = form.cleaned_data if form.is_bound else form.initial
    return values.get(name) or ("Je ne sais pas" if values.get(f"unknown_{name}") else "")


def _shown(name: str, value: Any) -> str:
    if name == "estimate_cents" and isinstance(value, int):
        return format_cents(value)
    return value.strftime("%d/%m/%Y") if hasattr(value, "strftime") else str(value or "")


urlpatterns = [
    path("besoins/", needs, name="needs"),
    path("besoins/nouveau/", need_new, name="need_new"),
    path("besoins/<uuid:need_id>/reprendre/", need_take_over, name="need_take_over"),
    path("besoins/<uuid:need_id>/separer/", need_split, name="need_split"),
    path("achats/<uuid:need_id>/decrire/", need_edit, name="need_edit"),
]
