"""Which running contracts a need meets, what forbids to ask for prices beside them, and which ones are to be replaced."""

from dataclasses import replace
from datetime import date, datetime, time

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.kernel.french import PARIS, format_date
from sourcier.kernel.transitions import Refusal
from sourcier.needs.models import ContractAnswer, Need
from sourcier.needs.queries.family import proposed_family
from sourcier.needs.queries.reading import words
from sourcier.spend import contract_rules
from sourcier.spend.contracts import Met, met, running
from sourcier.spend.models import RunningContract


def day_of(need: Need) -> date:
    """The day on which a contract must run to serve the need: today, or the day it begins."""
    today = timezone.localdate()
    return max(today, need.starts_on or today)


def contracts_met(need: Need) -> list[Met]:
    """Those on which the need could be ordered the day it begins, but those that somebody answered, or that it replaces."""
    if not running(need.organisation, day_of(need)).exists():
        return []
    answered = set(need.contract_answers.values_list("contract_id", flat=True))
    said = f"{need.title}\n{words(need)}"
    family = need.family or proposed_family(need)
    found = met(need.organisation, said, family.code if family else "", need.estimate_cents, day_of(need))
    if need.family is None:  # a family that nobody confirmed shows a contract, and forbids nothing
        found = [replace(each, covers=False, alike=True) for each in found]
    return [each for each in found if each.contract.pk not in answered and each.contract.pk != need.renews_id]


def contract_answers(need: Need) -> list[ContractAnswer]:
    """What was said of the contracts that the need met, the first answer first."""
    return list(need.contract_answers.select_related("contract", "by").order_by("at", "pk"))


def beside_contract(need: Need) -> Refusal | None:
    """Why no price may be asked for this need: a contract covers its family, and no head buyer said why to go elsewhere."""
    covering = next((each.contract for each in contracts_met(need) if each.covers), None)
    if covering is None:
        return None
    return Refusal(
        "contract_exists",
        f"Un marché existe déjà dans cette famille : {covering.object}, chez {covering.holder}, jusqu'au "
        f"{format_date(covering.ends_on)}. Commandez sur ce marché, ou demandez à un responsable des achats de dire, à l'étape "
        "Règle, pourquoi aller ailleurs. Rien n'est parti, rien n'est perdu.",
    )


def renewal_of(contract: RunningContract) -> Need | None:
    """The need that prepares the next contract; one closed without a contract prepares nothing."""
    return Need.objects.filter(renews=contract).exclude(state=Need.State.CLOSED).order_by("created_at").first()


def to_renew(agent: Agent, on: date) -> list[RunningContract]:
    """The contracts that end within four months and that no need replaces yet."""
    renewed = Need.objects.filter(renews=OuterRef("pk")).exclude(state=Need.State.CLOSED)
    ending = running(agent.organisation, on).filter(ends_on__lte=contract_rules.soon(on))
    return list(ending.filter(~Exists(renewed)))


def awaiting_contracts(agent: Agent) -> list[Awaiting]:
    """For the buyers: each contract that ends soon, since the day it was to be thought of."""
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        return []
    lines = []
    for contract in to_renew(agent, timezone.localdate()):
        since = datetime.combine(contract_rules.first_thought(contract.ends_on), time(), PARIS)
        sentence = f"Marché à préparer : « {contract.object} » finit le {format_date(contract.ends_on)}"
        url = reverse("contract", args=[contract.pk]) + "#renouveler"
        lines.append(Awaiting(since, sentence, "Préparer le suivant", url))
    return lines
