"""Needs of the past that look like the one being described: a start, for whoever types its first sentence."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.activities import Activity
from sourcier.kernel.french import fold
from sourcier.matching import engine
from sourcier.needs import rules
from sourcier.needs.models import Need, NeedActivity
from sourcier.needs.queries.family import proposed_family
from sourcier.needs.queries.leading import roles_on
from sourcier.needs.queries.reading import visible
from sourcier.register.search import followed
from sourcier.spend.likeness import KIN, MEDIUM, Signature, grade, looked_for, shared_words, signature
from sourcier.spend.models import Family
from sourcier.spend.queries import operation_totals
from sourcier.vocabulary.queries import phrases

# Firms were asked, or one was chosen. What was withdrawn, or never sent, is no example.
EXAMPLES = (Need.State.ASKED, Need.State.AWARDED)
PROPOSED = 3
READ = 300  # the latest that share a word, the family or an activity
WORDS_READ = 2_000  # the latest whose sentences are read for their words, outside the trade
ACTIVITIES = 3  # the first of the matching
_SPELT = {"a": "[aàâä]", "c": "[cç]", "e": "[eéèêë]", "i": "[iîï]", "o": "[oôö]", "u": "[uùûü]"}


@dataclass(frozen=True, slots=True)
class Past:
    """One that looks alike, and why: words of the new sentence that it has too, the family, an activity.

    `cost_cents`, before tax, is None when nothing is known or this agent may not see it.
    """

    need: Need
    words: tuple[str, ...]
    family: Family | None
    activity: str
    cost_cents: int | None

    @property
    def why(self) -> str:
        """« les mots « pain, crèches » ; la famille 10.01 Pain et viennoiseries »."""
        said = [f"les mots «\u00a0{', '.join(self.words)}\u00a0»"] if self.words else []
        if self.family:
            said.append(f"la famille {self.family.code} {self.family.label}")
        elif self.activity:
            said.append(f"l'activité {self.activity}")
        return " ; ".join(said) or "des mots de même sens"


def examples(agent: Agent) -> QuerySet[Need]:
    """The needs of the past that this agent reads and may start from."""
    return visible(agent).filter(state__in=EXAMPLES)


def alike_before(agent: Agent, need: Need) -> list[Past]:
    """Up to three, the most alike first; those of the agent's own departments or of all, as his roles allow."""
    signed = signature(need.sentence)
    matches = engine.match(need.sentence, ACTIVITIES, added=phrases(need.organisation)).activities
    activities = followed().both(match.activity for match in matches)
    family = need.family or proposed_family(need)
    known = _annotated(agent, need, activities)
    trade = Q(shares_activity=True) | (Q(family=family) if family else Q(pk__in=()))
    found = _graded(signed, _latest(known.filter(trade)), family)
    # Every sentence has to be read for its words: not when three of the trade say the same thing, which come first.
    if sum(likeness >= MEDIUM for likeness, _, _ in found) < PROPOSED and (beginnings := looked_for(signed)):
        recent = examples(agent).order_by("-created_at").values("pk")[:WORDS_READ]
        rest = known.exclude(trade).filter(sentence__iregex=_pattern(beginnings), pk__in=recent)
        found += _graded(signed, _latest(rest), family)
    chosen = sorted(found, key=lambda each: -each[1])[:PROPOSED]
    return _told(agent, need, [pk for _, _, pk in chosen], activities, family)


Row = tuple[UUID, str, UUID | None, bool]


def _annotated(agent: Agent, need: Need, activities: Collection[Activity]) -> QuerySet[Need]:
    """The examples but itself, each with whether it has one of these activities, told in both nomenclatures."""
    same = Q(pk__in=())
    for activity in activities:
        same |= Q(nomenclature=activity.nomenclature, code=activity.code)
    # Read once: asked of each need apart, it takes a quarter of the whole time in a large city.
    sharing = NeedActivity.objects.filter(same, need__organisation=agent.organisation).values("need")
    shares = ExpressionWrapper(Q(pk__in=sharing), BooleanField())
    return examples(agent).exclude(pk=need.pk).annotate(shares_activity=shares)


def _latest(needs: QuerySet[Need]) -> list[Row]:
    rows = needs.order_by("-created_at").values_list("pk", "sentence", "family_id", "shares_activity")
    return list(rows[:READ])


def _pattern(beginnings: Collection[str]) -> str:
    """A regular expression of the words that begin so, whatever their accents."""
    spelt = ("".join(_SPELT.get(letter, letter) for letter in beginning) for beginning in sorted(beginnings))
    return rf"(^|[^a-zà-ÿ])({'|'.join(spelt)})"


def _graded(signed: Signature, rows: Collection[Row], family: Family | None) -> list[tuple[int, int, UUID]]:
    """(likeness of the words, points, id) of those alike; of several with the same sentence, the latest alone.

    Words that name the same thing are enough; one word in common asks for the same trade; without any, the family and an
    activity must both be the same.
    """
    graded: dict[str, tuple[int, int, UUID]] = {}
    for pk, sentence, its_family, shares_activity in rows:
        likeness = grade(signed, signature(sentence), {})
        same_family = family is not None and its_family == family.pk
        if likeness >= MEDIUM or (likeness and (same_family or shares_activity)) or (same_family and shares_activity):
            points = likeness + same_family * KIN + shares_activity
            graded.setdefault(fold(sentence), (likeness, points, pk))
    return list(graded.values())


def _told(agent: Agent, need: Need, chosen: list[UUID], activities: Collection[Activity], family: Family | None) -> list[Past]:
    """With what makes each alike, and what it cost for those who may know."""
    if not chosen:
        return []
    rows = examples(agent).filter(pk__in=chosen).select_related("department", "family").prefetch_related("activities")
    needs = {row.pk: row for row in rows}
    costs = operation_totals(agent.organisation, [pk for pk, row in needs.items() if _sees_cost(agent, row)])
    return [
        Past(
            row, tuple(shared_words(need.sentence, row.sentence)), family if row.family == family else None,
            next((a.label for a in row.activities.all() if Activity(a.nomenclature, a.code) in activities), ""), costs.get(pk),
        )
        for pk in chosen
        for row in [needs[pk]]
    ]  # fmt: skip


def _sees_cost(agent: Agent, need: Need) -> bool:
    """Buyers, auditors, and who led it himself."""
    return not (rules.BUYERS | {str(Role.AUDITOR)}).isdisjoint(roles_on(agent, need))
