"""The read side of needs, always through the eyes of an agent."""

from sourcier.needs.queries.contracts import (
    awaiting_contracts,
    beside_contract,
    contract_answers,
    contracts_met,
    day_of,
    renewal_of,
    to_renew,
)
from sourcier.needs.queries.family import families_to_choose, proposed_family
from sourcier.needs.queries.lanes import lane_of, lane_rules, lane_scope, lane_today, lane_words
from sourcier.needs.queries.reading import (
    READERS,
    get,
    may,
    places,
    readable_departments,
    refusal,
    roles_for,
    served_departments,
    side,
    to_take_over,
    unanswered,
    visible,
    words,
    writable_departments,
)
from sourcier.needs.queries.rule import crosses, is_exempt, rule_of_day
from sourcier.needs.queries.standing import Move, in_progress, moved, standing, standings
from sourcier.needs.queries.work import awaiting, waiting_message

__all__ = [
    "READERS",
    "Move",
    "awaiting",
    "awaiting_contracts",
    "beside_contract",
    "contract_answers",
    "contracts_met",
    "crosses",
    "day_of",
    "families_to_choose",
    "get",
    "in_progress",
    "is_exempt",
    "lane_of",
    "lane_rules",
    "lane_scope",
    "lane_today",
    "lane_words",
    "may",
    "moved",
    "places",
    "proposed_family",
    "readable_departments",
    "refusal",
    "renewal_of",
    "roles_for",
    "rule_of_day",
    "served_departments",
    "side",
    "standing",
    "standings",
    "to_renew",
    "to_take_over",
    "unanswered",
    "visible",
    "waiting_message",
    "words",
    "writable_departments",
]
