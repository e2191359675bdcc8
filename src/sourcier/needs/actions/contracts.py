"""A contract exists already: order on it, say that it is another need, go elsewhere with reasons; prepare the next one."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Role
from sourcier.kernel.french import format_date
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import refuse
from sourcier.needs import queries, rules
from sourcier.needs.actions.common import check, clean_text, entry, load, touch
from sourcier.needs.actions.decide import keep_from_now
from sourcier.needs.actions.describe import begin_clock, new_need, tick_usual
from sourcier.needs.actions.leading import keep_lane
from sourcier.needs.models import ContractAnswer, Need
from sourcier.needs.rules import Verb
from sourcier.spend.actions import order_on
from sourcier.spend.models import Family, RunningContract


@transaction.atomic
def order_on_contract(agent: Agent, need_id: UUID, contract_id: UUID, amount_cents: int | None) -> Need:
    """« Commander sur ce marché »: the need is satisfied and closed, its amount counts as used of the contract."""
    need = load(agent, need_id)
    check(agent, need, Verb.CLOSE)
    order = order_on(agent, contract_id, need.pk, amount_cents, queries.day_of(need))
    contract = order.contract
    need.reason = (
        f"Commandé sur un marché en cours : {contract.object}, chez {contract.holder}, "
        f"pour {format_cents(order.amount_cents)} HT."
    )
    need.state = rules.after(need.state, Verb.CLOSE)
    need.waiting_since = order.ordered_at
    touch(agent, need)
    need.save()
    said = {**_named(contract), "amount_cents": order.amount_cents, "reason": need.reason}
    entry(agent, need, "need.ordered_on_contract", said, [order, *keep_from_now(need)])
    return need


@transaction.atomic
def not_this_contract(agent: Agent, need_id: UUID, contract_id: UUID) -> ContractAnswer:
    """« Ce n'est pas le même besoin »: a person says so, of a contract whose object alone is alike."""
    need = load(agent, need_id)
    check(agent, need, Verb.TICK)
    met = next((each for each in queries.contracts_met(need) if each.contract.pk == contract_id), None)
    if met and met.covers:
        raise refuse(
            "covers",
            "Ce marché couvre la famille de ce besoin : un responsable des achats dit pourquoi aller ailleurs. "
            "Rien n'est perdu.",
        )
    answer = _answer(agent, need, contract_id, ContractAnswer.Answer.OTHER, "")
    entry(agent, need, "need.not_this_contract", _named(answer.contract), [answer])
    return answer


@transaction.atomic
def go_elsewhere(agent: Agent, need_id: UUID, contract_id: UUID, reason: str) -> ContractAnswer:
    """The head buyer lets firms be asked though a contract covers the family, and says why."""
    need = load(agent, need_id)
    check(agent, need, Verb.LEAVE_CONTRACT)
    words = clean_text("reason", reason, required=True)
    answer = _answer(agent, need, contract_id, ContractAnswer.Answer.ELSEWHERE, words)
    entry(agent, need, "need.beside_contract", {**_named(answer.contract), "reason": words}, [answer])
    return answer


@transaction.atomic
def renew(agent: Agent, contract_id: UUID, department: Department) -> Need:
    """The need that replaces a contract, sent at once to the buyers with what is known: object, family, amount, dates."""
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        raise refuse("not_you", "Seul un acheteur prépare le renouvellement d'un marché.")
    contract = RunningContract.objects.select_for_update().get(organisation=agent.organisation, pk=contract_id)
    if department.organisation_id != agent.organisation.pk or not rules.BUYERS & queries.roles_for(agent, department.pk):
        raise refuse("department", "Vous n'achetez pas pour ce service : choisissez-en un autre.", "department")
    if known := queries.renewal_of(contract):
        raise refuse("renewed", f"Le besoin {known.reference} prépare déjà son renouvellement : ouvrez-le.")
    family = Family.objects.filter(organisation=agent.organisation, code__in=contract.families).order_by("code").first()
    starts_on, ends_on = rules.next_term(contract.first_on, contract.ends_on)
    now = timezone.now()
    need = new_need(
        agent, department, sentence=f"Remplacer le marché « {contract.object} », qui finit le {format_date(contract.ends_on)}.",
        title=contract.object[:160], family=family, kind=family.kind if family else "", renews=contract,
        estimate_cents=contract.maximum_cents, starts_on=starts_on, ends_on=ends_on, state=Need.State.SUBMITTED,
        submitted_at=now,
    )  # fmt: skip
    lane = keep_lane(need)
    need.save(force_insert=True)
    places = tick_usual(need)
    said = {"reference": need.reference, "lane": lane.lane, "lane_words": lane.sentence, **_named(contract)}
    entry(agent, need, "need.renews_contract", said, [*places, begin_clock(need)])
    return need


def _answer(agent: Agent, need: Need, contract_id: UUID, answer: str, reason: str) -> ContractAnswer:
    contract = RunningContract.objects.get(organisation=agent.organisation, pk=contract_id)
    said = {"answer": answer, "reason": reason, "by": agent.user, "at": timezone.now()}
    return ContractAnswer.objects.update_or_create(need=need, contract=contract, defaults=said)[0]


def _named(contract: RunningContract) -> dict[str, object]:
    return {"contract": contract.pk, "number": contract.number, "object": contract.object, "holder": contract.holder}
