"""The firm's first page, and the code form."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from sourcier.journal.keys import fingerprint_line
from sourcier.kernel.french import plural
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.queries import answers
from sourcier.sourcing.briefs import asked_places
from sourcier.sourcing.queries import answered, extensions
from sourcier.web.firm import door, words
from sourcier.web.firm.door import Visit
from sourcier.web.rights import firm


@firm
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    return door.open_token(request, token)


@firm
@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """The request with its three buttons when the cookie says which; else the form of the typed code."""
    if request.method == "POST":
        return door.open_code(request)
    visit = door.find(request)
    if visit is None or "code" in request.GET:
        return door.discreet(render(request, "firm/code.html"))
    response = render(request, "firm/first.html", first_context(visit))
    return door.discreet(visit.write(response))


def base_context(visit: Visit) -> dict[str, Any]:
    """What every page of a firm shows: the city, the request, the deadline, whom to call."""
    sourcing = visit.invitation.sourcing
    window = answers.window(visit.invitation)
    return {
        "organisation": sourcing.organisation,
        "sourcing": sourcing,
        "visit": visit,
        "hall": words.city_hall(sourcing.organisation),
        "heading": words.title(sourcing),
        "deadline": words.short_moment(window.deadline),
        "window": window,
        "caller": words.caller(sourcing),
        "priced": sourcing.kind != sourcing.Kind.RFI,
        "fingerprint": partial(fingerprint_line, sourcing.organisation_id),  # asked for where a receipt is shown
    }


def first_context(visit: Visit) -> dict[str, Any]:
    """The request in a few lines, and what this firm can do now."""
    context = base_context(visit)
    invitation, sourcing, window = visit.invitation, visit.invitation.sourcing, context["window"]
    places = asked_places(sourcing)
    refusal = rules.may_answer(window)
    return context | {
        "places": places,
        "when": words.when(sourcing, places),
        "criteria": words.criteria(sourcing),
        "clauses": sourcing.clauses.filter(taken=True),
        "lines": [
            {"line": line, "unit": plural(line.unit, line.quantity_milli)}
            for line in sourcing.price_lines.select_related("lot")
        ],
        "documents": list(sourcing.documents.select_related("file")),
        "answered": answered(sourcing).count(),
        "extension": extensions(sourcing).first(),
        "corrections": list(sourcing.corrections.all()),
        "refusal": refusal,
        "in_time": rules.in_time(window, timezone.now()),
        "current": answers.current(invitation, window.round),
        "late": answers.came_late(invitation),
        "result": answers.result(invitation),
        "clarification": answers.clarifications(invitation).filter(answered_at=None).first(),
    }


urlpatterns = [path("r/", first, name="firm")]
# Tried after every other address under /r/: a token cut or mistyped gets a page that says what to do, never a bare 404.
late_urlpatterns = [re_path(r"^r/(?P<token>[^/]+)/?$", open_link, name="firm_open")]
