"""The activities of a need: five proposed with the words that matched, those that win such contracts, others looked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity, InvalidActivity, parse_activity
from sourcier.kernel.french import fold, format_number
from sourcier.kernel.transitions import Refused
from sourcier.matching import engine, labels
from sourcier.matching.engine import How, Met
from sourcier.matching.learned import Bought
from sourcier.needs import actions, nomenclatures, queries
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb
from sourcier.register.search import followed
from sourcier.vocabulary.queries import phrases
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.need_page import next_step
from sourcier.web.city.need_sentence import said_of
from sourcier.web.operations import operation_context
from sourcier.web.rights import READERS, city

PROPOSED = 5
FOUND = 12
FEWEST = 3
"""Contracts under which an activity that won them is not proposed."""

MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to tick: the activity, what the words of the need met (empty when a person looked for it), its tick, and what is
    known of the published contracts that it won."""

    activity: Activity
    label: str
    met: tuple[Met, ...]
    ticked: bool
    bought: Bought | None = None

    @property
    def value(self) -> str:
        return f"{self.activity.nomenclature}:{self.activity.code}"

    @property
    def corresponds(self) -> str:
        """What one of NAF 2025 stands for in NAF rév. 2, and by what proof."""
        return nomenclatures.corresponds(self.activity)

    @property
    def contracts(self) -> str:
        """« 1 214 marchés publiés », empty when none is known."""
        if self.bought is None:
            return ""
        return f"{format_number(self.bought.contracts)} marché{'s publiés' if self.bought.contracts > 1 else ' publié'}"


@city(*READERS)
def activities(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """Tick and save; or look for others (button `search`) or start from what a firm does (`start`): both write nothing and keep
    what is ticked."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    error = ""
    if request.method == "POST" and {"search", "start"}.isdisjoint(request.POST):
        try:
            had = need.activities.exists()
            actions.tick_activities(agent, need.pk, _posted(request.POST.getlist("activity")))
        except Refused as refused:
            error = refused.sentence
        else:
            if need.activities.exists():
                messages.success(request, "Activités retenues.")
            else:
                messages.info(request, "Plus aucune activité n'est retenue." if had else "Rien n'est coché : rien n'a changé.")
            return redirect("activities", need.pk)
    started = _started(request) if queries.may(agent, need, Verb.TICK) else None
    ticked = _ticked(request, need) | ({started} if started else set())
    own, said = phrases(agent.organisation), queries.words(need)
    result, bought = engine.match(said, PROPOSED, added=own), _bought(need, ticked)
    proposed = [Choice(m.activity, m.label, m.met, m.activity in ticked, bought.get(m.activity)) for m in result.activities]
    shown = {choice.activity for choice in proposed}
    won = winning(bought, ticked, without=shown)
    shown |= {choice.activity for choice in won}
    added = [Choice(a, nomenclatures.named(a) or a.code, (), True, bought.get(a)) for a in sorted(ticked - shown)]
    text = request.POST.get("words", "")[:MAX_SEARCH].strip()
    found = [Choice(a, nomenclatures.named(a) or a.code, (), False) for a in search(text, own) if a not in shown | ticked]
    context = {
        **operation_context(agent, need), "need": need, "proposed": proposed, "won": won,
        "learned_on": queries.learned_on() if bought else None, "added": added, "found": found, "searched": text,
        "no_code": unknown_code(text), "sure": result.sure, "error": error,
        **said_of(agent, need, result), "started": nomenclatures.named(started) if started else "", **next_step(agent, need),
    }  # fmt: skip
    return render(request, "city/needs/activities.html", context, status=422 if error else 200)


def _bought(need: Need, ticked: Collection[Activity]) -> dict[Activity, Bought]:
    """What published contracts say of the activities of NAF rév. 2, and of NAF 2025 when one of it is ticked."""
    asked = {NAF_REV2, *(activity.nomenclature for activity in ticked)}
    return {each.activity: each for nomenclature in asked for each in queries.bought(need, nomenclature)}


def winning(bought: Mapping[Activity, Bought], ticked: Collection[Activity], *, without: Collection[Activity]) -> list[Choice]:
    """The activities that win such contracts most often, as published: those not proposed already, and not by chance."""
    names = labels.labels()
    often = [each for each in bought.values() if each.activity in names and each.activity not in without]
    return [
        Choice(each.activity, names[each.activity], _met(each.words), each.activity in ticked, each)
        for each in often
        if each.contracts >= FEWEST
    ][:PROPOSED]


def _met(words: Iterable[str]) -> tuple[Met, ...]:
    return tuple(Met(word, word, How.SAME) for word in words)


def search(text: str, own: Sequence[engine.CityPhrase]) -> list[Activity]:
    """Activities of that code (whole or its beginning), then whose label holds each word, then that match in meaning.

    A whole code is looked for in both nomenclatures. `own`: the city's phrases.
    """
    if not text:
        return []
    names = labels.labels()
    try:
        exact = parse_activity(text)
        recent = Activity(NAF_2025, exact.code)
        either = [exact] if exact in names else []
        return either + ([recent, *followed().of(recent)] if nomenclatures.named(recent) else [])
    except InvalidActivity:
        pass
    digits = text.replace(" ", "").upper()
    by_code = [a for a in names if digits[:1].isdigit() and a.code.replace(".", "").startswith(digits.replace(".", ""))]
    words = fold(text).split()
    by_label = [a for a, label in names.items() if all(word in fold(label) for word in words)]
    by_meaning = [match.activity for match in engine.match(text, added=own).activities]
    return list(dict.fromkeys([*sorted(by_code), *sorted(by_label), *by_meaning]))[:FOUND]


def unknown_code(text: str) -> str:
    """The sentence for a whole code that neither nomenclature has, with those near it; empty for anything else."""
    try:
        activity = parse_activity(text)
    except InvalidActivity:
        return ""
    known = activity in labels.labels() or nomenclatures.named(Activity(NAF_2025, activity.code))
    return "" if known else labels.unknown(activity.code)


def _ticked(request: HttpRequest, need: Need) -> set[Activity]:
    """What is ticked on the page: as just posted, else as stored."""
    if request.method == "POST":
        return {activity for activity in _posted(request.POST.getlist("activity")) if nomenclatures.named(activity)}
    return {Activity(row.nomenclature, row.code) for row in need.activities.all()}


def _started(request: HttpRequest) -> Activity | None:
    """The activity of a firm that a person starts from: ticked on the page, kept once the page is."""
    asked = _posted([request.POST.get("start") or request.GET.get("start", "")])
    return next((activity for activity in asked if nomenclatures.named(activity)), None)


def _posted(values: list[str]) -> list[Activity]:
    """« NAFRev2:10.71C » values."""
    return [Activity(nomenclature[:10], code[:6]) for nomenclature, _, code in (value.partition(":") for value in values[:100])]


urlpatterns = [path("achats/<uuid:need_id>/activites/", activities, name="activities")]
