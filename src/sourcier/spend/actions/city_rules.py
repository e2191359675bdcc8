"""The city's own rules: stricter than the law, from an amount, by its own decision."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.law.book import KINDS
from sourcier.spend.models import CityRule

MAX_SENTENCE, MAX_BASIS = 300, 200


@transaction.atomic
def add_rule(
    agent: Agent, *, kinds: Collection[str], from_cents: int | None, first: date | None, sentence: str, basis: str
) -> CityRule:
    """A duty that the city adds from an amount before tax and a day. Raises `Refused` beside the field at fault."""
    _check(agent)
    sentence, basis = " ".join(sentence.split()), " ".join(basis.split())
    if not kinds or not set(kinds) <= set(KINDS):
        raise refuse("kinds", "Cochez au moins une nature d'achat.", "kinds")
    if from_cents is None or from_cents < 0:
        raise refuse("amount", "Écrivez un montant hors taxes, par exemple 5 000.", "from_cents")
    if first is None:
        raise refuse("first", "Dites à partir de quel jour la règle s'applique.", "first")
    for name, words, limit in (("sentence", sentence, MAX_SENTENCE), ("basis", basis, MAX_BASIS)):
        if not 0 < len(words) <= limit:
            raise refuse(name, f"Écrivez la règle et sa source, en {limit} caractères au plus.", name)
    rule = CityRule.objects.create(
        organisation=agent.organisation, kinds=sorted(kinds), from_cents=from_cents, first=first, sentence=sentence,
        basis=basis, added_by=agent.user, added_at=timezone.now(),
    )  # fmt: skip
    _entry(agent, "city_rule.added", rule)
    return rule


@transaction.atomic
def end_rule(agent: Agent, rule_id: UUID, last: date | None) -> CityRule:
    """It applies until that day, and stays in the history. Raises `CityRule.DoesNotExist` for another city's."""
    _check(agent)
    rule = CityRule.objects.select_for_update().get(organisation=agent.organisation, pk=rule_id)
    if rule.last is not None:
        raise refuse("ended", "Cette règle a déjà un dernier jour. Rien n'est changé.")
    if last is None or last < rule.first:
        raise refuse("last", "Le dernier jour ne peut pas venir avant le premier.", "last")
    rule.last = last
    rule.save(update_fields=["last"])
    _entry(agent, "city_rule.ended", rule)
    return rule


def _check(agent: Agent) -> None:
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un responsable des achats change les règles de la ville.")


def _entry(agent: Agent, verb: str, rule: CityRule) -> None:
    facts = {
        "name": agent.user.name, "rule": rule.pk, "kinds": list(rule.kinds), "amount_cents": rule.from_cents,
        "first": rule.first, "last": rule.last, "sentence": rule.sentence, "basis": rule.basis,
    }  # fmt: skip
    append(agent.organisation.pk, None, verb, facts, actor=agent.id, rows=[rule])
