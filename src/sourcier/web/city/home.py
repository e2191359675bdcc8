"""« Ce qui vous attend »: what awaits this person, oldest first, one button each."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from sourcier.accounts.models import Role
from sourcier.kernel.french import PARIS, format_date
from sourcier.needs import queries as needs
from sourcier.web.awaiting import awaiting
from sourcier.web.city.buying import may_buy_directly
from sourcier.web.operations import three_words
from sourcier.web.rights import EVERYBODY, READERS, city

MISSIONS = {
    Role.REQUESTER: "Vous dites ce qu'il vous faut.",
    Role.BUYER: "Vous interrogez les entreprises.",
    Role.HEAD_BUYER: "Vous réglez, vous décidez des exceptions.",
    Role.AUDITOR: "Vous lisez tout, vous ne changez rien.",
    Role.ADMIN: "Vous gérez les comptes, pas les achats.",
}


@city(*EVERYBODY)
def home(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    now = timezone.now()
    lines = [(line, since(line.since, now)) for line in awaiting(agent)]
    context = {
        "lines": lines,
        "progress": [
            {"need": need, "standing": standing, "steps": three_words(need)} for need, standing in needs.in_progress(agent, now)
        ],
        "today": format_date(now.astimezone(PARIS).date(), weekday=True),
        "missions": [MISSIONS[role] for role in Role if role in agent.roles],
        "may_ask": agent.has(Role.REQUESTER),
        "may_buy": may_buy_directly(agent),
        "may_read": agent.has(*READERS),
    }
    return render(request, "city/home.html", context)


def since(start: datetime, now: datetime) -> str:
    """« aujourd'hui », « depuis hier », « depuis 12 jours », by the calendar of the city."""
    days = (now.astimezone(PARIS).date() - start.astimezone(PARIS).date()).days
    return "aujourd'hui" if days <= 0 else "depuis hier" if days == 1 else f"depuis {days} jours"


urlpatterns = [path("", home, name="home")]
