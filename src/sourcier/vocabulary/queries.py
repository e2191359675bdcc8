"""The words of one city, read: for the matching, for the page, and what waits for its head of purchasing."""

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Organisation, Role
from sourcier.kernel.activities import Activity
from sourcier.vocabulary.meaning import meant
from sourcier.vocabulary.models import CityPhrase, Suggestion


def phrases(organisation: Organisation) -> list[tuple[str, Activity]]:
    """What `matching.engine.match` takes as `added`; one of NAF 2025 lifts all that correspond to its activity."""
    found = CityPhrase.objects.filter(organisation=organisation, retired_at=None).order_by("code", "phrase", "pk")
    told = found.values_list("phrase", "nomenclature", "code")
    return [(phrase, activity) for phrase, *pair in told for activity in meant(Activity(*pair))]


def live(organisation: Organisation) -> QuerySet[CityPhrase]:
    """Those that count today, by activity."""
    return CityPhrase.objects.filter(organisation=organisation, retired_at=None).select_related("added_by")


def retired(organisation: Organisation) -> QuerySet[CityPhrase]:
    """Those that no longer count, the last first."""
    found = CityPhrase.objects.filter(organisation=organisation, retired_at__isnull=False)
    return found.select_related("added_by", "retired_by").order_by("-retired_at")


def waiting(organisation: Organisation) -> QuerySet[Suggestion]:
    """Suggestions that a need still says and that are no phrase yet, with `needs` (how many) and `last` (moment)."""
    same = CityPhrase.objects.filter(
        organisation=organisation, retired_at=None, key=OuterRef("key"), nomenclature=OuterRef("nomenclature"),
        code=OuterRef("code"),
    )  # fmt: skip
    found = Suggestion.objects.filter(~Exists(same), organisation=organisation, state=Suggestion.State.WAITING)
    counted = found.annotate(needs=Count("heard"), first=Min("heard__at"), last=Max("heard__at")).filter(needs__gt=0)
    return counted.order_by("-needs", "-last", "pk")


def awaiting(agent: Agent) -> list[Awaiting]:
    """To the head of purchasing: one line for all the suggestions."""
    since = [row.first for row in waiting(agent.organisation)] if agent.has(Role.HEAD_BUYER) else []
    if not since:
        return []
    count = len(since)
    sentence = f"{count} expressions sont proposées" if count > 1 else "Une expression est proposée"
    address = f"{reverse('settings_words')}#propositions"
    return [Awaiting(min(since), f"{sentence} pour les mots de la ville.", "Regarder", address)]
