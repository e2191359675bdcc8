"""Step 4, « Demande »: one page for what the firms will read, a second one to read it again and send it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refused
from sourcier.needs.interest_rules import ASKING
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict
from sourcier.sourcing import queries, rules, timing, words
from sourcier.sourcing.actions import invite
from sourcier.sourcing.actions import request as actions
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.doubles import doubles
from sourcier.sourcing.models import RequestDocument, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.sourcing.text_words import sentence
from sourcier.suppliers.queries import away_between, written_to
from sourcier.web.city.addresses import current_or_404, may, need_or_404
from sourcier.web.city.by_text import textable, ticked
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.interests import InterestForm, declared, interest_form
from sourcier.web.city.leading import of_sending, passed_on
from sourcier.web.city.request_clauses import Clauses, not_taken
from sourcier.web.city.request_forms import (
    LABELS,
    RequestForm,
    criterion_rows,
    in_words,
    line_rows,
    line_values,
    question_rows,
    question_values,
    typed_in_words,
)
from sourcier.web.city.rows import Rows, silence
from sourcier.web.downloads import attachment
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city


class DocumentForm(forms.Form):
    document = forms.FileField(label="Un document pour toutes les entreprises", help_text="25 Mo au plus.")


@dataclass
class Typed:
    """The page's forms together."""

    form: RequestForm
    lines: Rows
    criteria: Rows
    questions: Rows
    clauses: Clauses

    @property
    def groups(self) -> dict[str, Rows]:
        return {rows.prefix: rows for rows in (self.lines, self.criteria, self.questions)}

    def is_valid(self) -> bool:
        """Every part is asked, so that every error shows at once."""
        return all([self.form.is_valid(), *(rows.is_valid() for rows in self.groups.values())])

    def say_wrong(self) -> None:
        """Above the page too, when only its rows are to mend."""
        if not self.form.errors:
            self.form.add_error(None, "Rien n'est perdu. Corrigez ce qui est marqué en rouge, puis recommencez.")

    def refuse(self, refused: Refused) -> None:
        """An action's refusal, beside the field of the row it names (« questions-2-choices »), else as any other."""
        name, _, place = (refused.field or "").partition("-")
        number, _, field = place.partition("-")
        rows = {"price_lines": self.lines, "criteria": self.criteria, "questions": self.questions}.get(name)
        if rows and field in rows.form.base_fields:
            rows.filled()[int(number) - 1].add_error(field, refused.sentence)
            self.say_wrong()
        else:
            add_refusal(self.form, refused)

    def quiet(self) -> None:
        silence(self.form)
        for rows in self.groups.values():
            rows.quiet()

    def values(self, kind: str) -> dict[str, Any]:
        """What `save_request` takes: a list that the kind does not have is not sent."""
        fields = {name: value for name, value in self.form.cleaned_data.items() if name != "version"}
        fields["questions"] = question_values(self.questions)
        if kind != Sourcing.Kind.RFI:
            fields["price_lines"] = line_values(self.lines)
            fields["clauses"] = self.clauses.values()
        if kind == Sourcing.Kind.RFQ:
            fields["criteria"] = self.criteria.cleaned()
        return fields


def _typed(sourcing: Sourcing, data: Any = None) -> Typed:
    return Typed(
        RequestForm(sourcing, data), line_rows(sourcing, data), criterion_rows(sourcing, data), question_rows(sourcing, data),
        Clauses(sourcing, timezone.localdate(), data),
    )  # fmt: skip


@city(*INSPECTION, led=True)
def request_page(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id, sourcing_id)
    if not may(agent, sourcing, Verb.EDIT):
        return _read_only(request, agent, need, sourcing)
    if request.method != "POST":
        return _page(request, agent, need, sourcing, _typed(sourcing))
    typed = _typed(sourcing, request.POST)
    if "add" in request.POST or "remove" in request.POST:
        return _page(request, agent, need, sourcing, _moved(request, typed))
    if not typed.is_valid():
        typed.say_wrong()
        if "review" in request.POST:
            typed.form.tell_missing(sourcing, typed.criteria)
        return _page(request, agent, need, sourcing, typed, status=422)
    try:
        actions.save_request(agent, sourcing.pk, typed.form.cleaned_data["version"], **typed.values(sourcing.kind))
    except Conflict as conflict:
        return _conflict(request, agent, need, typed, conflict)
    except Refused as refused:
        typed.refuse(refused)
        return _page(request, agent, need, sourcing, typed, status=422)
    if "review" in request.POST:
        return redirect("request_send", need.pk)
    messages.success(request, "La demande est enregistrée. Rien n'est parti.")
    return redirect("request", need.pk)


def _moved(request: HttpRequest, typed: Typed) -> Typed:
    """A row more, or a row less; nothing is judged nor saved."""
    prefix, _, number = request.POST.get("remove", "").rpartition("-")
    if group := typed.groups.get(request.POST.get("add", "")):
        group.add()
    elif (group := typed.groups.get(prefix)) and number.isdecimal():
        group.remove(int(number))
    typed.quiet()
    return typed


def _conflict(request: HttpRequest, agent: Agent, need: Need, typed: Typed, conflict: Conflict) -> HttpResponse:
    """Both versions side by side; what was typed stays in the form, ready to be saved over the other on purpose."""
    current: Sourcing = conflict.current
    theirs, mine = in_words(current), typed_in_words(typed.form, typed.lines, typed.criteria, typed.questions)
    mine["clauses"] = typed.clauses.in_words()
    differences = [
        {"label": LABELS[name], "theirs": theirs[name], "mine": mine[name]} for name in LABELS if theirs[name] != mine[name]
    ]
    more = {"conflict": conflict, "differences": differences, "version": current.version}
    return _page(request, agent, need, current, typed, status=409, **more)


def _page(
    request: HttpRequest, agent: Agent, need: Need, sourcing: Sourcing, typed: Typed, status: int = 200, **more: Any
) -> HttpResponse:
    facts = queries.facts(sourcing)
    context = {
        **operation_context(agent, need, sourcing),
        "sourcing": sourcing, "typed": typed, "form": typed.form, "version": sourcing.version,
        "documents": sourcing.documents.select_related("file").order_by("pk"), "document_form": DocumentForm(),
        "firms": facts.firms, "single": facts.firms == 1 and rules.needs_single_reason(facts),
        "compares": rules.compares(sourcing.kind), "total_weight": queries.total_weight(sourcing),
        "advice": timing.advice(sourcing, timezone.now()),
    } | more  # fmt: skip
    return render(request, "city/sourcing/request.html", context, status=status)


def _told(sourcing: Sourcing) -> dict[str, Any]:
    """The request as a firm will read it; empty without a deadline."""
    if sourcing.deadline is None:
        return {}
    told = brief(sourcing)
    return {"brief": told, "headline": words.headline(told), "when": words.when(told)}


def _read_only(request: HttpRequest, agent: Agent, need: Need, sourcing: Sourcing) -> HttpResponse:
    context = {
        **operation_context(agent, need, sourcing),
        "sourcing": sourcing, **_told(sourcing), "answered": queries.answered(sourcing),
        "not_taken": not_taken(sourcing, timezone.localdate()),
        "documents": sourcing.documents.select_related("file").order_by("pk"),
    }  # fmt: skip
    return render(request, "city/sourcing/request_sent.html", context)


@city(*INSPECTION, led=True)
def request_send(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """What the firm will see, what is still missing, to whom it will go; then one button."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    if sourcing.state != Sourcing.State.DRAFT:
        if request.method == "POST":
            messages.info(request, rules.WRONG_STATE[Verb.SEND])
        return redirect("asked", need.pk)
    refused: Refused | None = None
    declaring = interest_form(request, agent, need, ASKING)
    if request.method == "POST" and declared(agent, need, declaring, ASKING):
        try:
            sent = invite.send(agent, sourcing.pk, ticked(request))
        except Refused as error:
            if error.refusal.code == "wrong_state":
                messages.info(request, error.sentence)
                return redirect("asked", need.pk)
            if response := passed_on(request, need, error):
                return response
            refused = error
        else:
            messages.success(request, f"La demande est envoyée à tous, à la même heure ({len(sent)}).")
            return redirect("asked", need.pk)
    return _send_page(request, agent, need, sourcing, refused, declaring)


def _send_page(
    request: HttpRequest, agent: Agent, need: Need, sourcing: Sourcing, refused: Refused | None, declaring: InterestForm | None
) -> HttpResponse:
    now = timezone.now()
    kept = queries.to_invite(sourcing)
    facts = queries.facts(sourcing)
    emails = written_to([candidate.firm for candidate in kept])
    by_text = textable(kept, ticked(request) if request.method == "POST" else None)
    chosen = {line["firm"].pk for line in by_text if line["ticked"]}
    told = _told(sourcing)
    context = {
        **operation_context(agent, need, sourcing),
        "doubles": doubles([each.firm for each in kept], {firm: box for firm, box in emails.items() if firm not in chosen}),
        "sourcing": sourcing, **told, "kept": kept, "by_email": len(emails.keys() - chosen),
        "by_letter": len(kept) - len(emails.keys() | chosen), "by_text": by_text, "texts": len(chosen),
        "away": away_between([candidate.firm for candidate in kept], *map(timezone.localdate, (now, sourcing.deadline or now))),
        "excluded": queries.excluded(sourcing), "refused": refused,
        "missing": [(field, refusal.sentence) for field, refusal in rules.missing(facts, now)],
        "mail": words.invitation_mail(told["brief"]) if told else None,
        "text": sentence("invitation", sourcing.kind, sourcing.deadline) if by_text else "",
        "advice": timing.advice(sourcing, timezone.now()),
        **of_sending(agent, sourcing),
        "not_taken": not_taken(sourcing, timezone.localdate()), "may_edit_clauses": may(agent, sourcing, Verb.EDIT),
        "reminders": timing.reminders(sourcing, now), "may_send": may(agent, sourcing, Verb.SEND), "interest_form": declaring,
    }  # fmt: skip
    return render(
        request, "city/sourcing/send.html", context, status=422 if refused or (declaring and declaring.errors) else 200
    )


@city(*PURCHASING, led=True)
@require_POST
def request_document_join(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            actions.join_document(agent, sourcing.pk, form.cleaned_data["document"])
        except Refused as refused:
            form.add_error("document", refused.sentence)
        else:
            messages.success(request, "Le document est joint.")
            return redirect("request", need.pk)
    return _page(request, agent, need, sourcing, _typed(sourcing), status=422, document_form=form)


@city(*PURCHASING, led=True)
@require_POST
def request_document_remove(request: HttpRequest, need_id: UUID, document_id: int) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    try:
        actions.remove_document(agent, sourcing.pk, document_id)
    except RequestDocument.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("request", need.pk)


@city(*INSPECTION, led=True)
def request_document(request: HttpRequest, need_id: UUID, document_id: int) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    document = get_object_or_404(RequestDocument.objects.select_related("file"), pk=document_id, sourcing__need=need)
    return attachment(document.file)


urlpatterns = [
    *consultation_paths("demande/", request_page, "request"),
    path("achats/<uuid:need_id>/demande/envoyer/", request_send, name="request_send"),
    path("achats/<uuid:need_id>/demande/documents/", request_document_join, name="request_document_join"),
    path("achats/<uuid:need_id>/demande/documents/<int:document_id>/", request_document, name="request_document"),
    path(
        "achats/<uuid:need_id>/demande/documents/<int:document_id>/retirer/",
        request_document_remove,
        name="request_document_remove",
    ),
]
