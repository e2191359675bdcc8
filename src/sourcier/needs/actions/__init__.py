"""The verbs of a need. Each takes the agent, locks the row, asks `rules`, writes, and ends with its entry."""

from sourcier.needs.actions.contracts import go_elsewhere, not_this_contract, order_on_contract, renew
from sourcier.needs.actions.decide import (
    accept,
    allow_crossing,
    close,
    join_unit,
    keep_from_now,
    keep_rule,
    mark_asked,
    mark_awarded,
    mark_bought,
    mark_cancelled,
    mark_closed,
    send_back,
    submit,
)
from sourcier.needs.actions.describe import (
    change_department,
    describe,
    save,
    say_again,
    set_lots,
    set_places,
    start,
    start_whole,
    tick_activities,
)
from sourcier.needs.actions.interests import choose_stand_in, declare
from sourcier.needs.actions.lanes import add_lane, end_lane, propose_lanes
from sourcier.needs.actions.leading import hand_over
from sourcier.needs.actions.past import begin_from, take_over
from sourcier.needs.actions.split import split
from sourcier.needs.actions.talk import say, say_with, settle

__all__ = [
    "accept",
    "add_lane",
    "allow_crossing",
    "begin_from",
    "change_department",
    "choose_stand_in",
    "close",
    "declare",
    "describe",
    "end_lane",
    "go_elsewhere",
    "hand_over",
    "join_unit",
    "keep_from_now",
    "keep_rule",
    "mark_asked",
    "mark_awarded",
    "mark_bought",
    "mark_cancelled",
    "mark_closed",
    "not_this_contract",
    "order_on_contract",
    "propose_lanes",
    "renew",
    "save",
    "say",
    "say_again",
    "say_with",
    "send_back",
    "set_lots",
    "set_places",
    "settle",
    "split",
    "start",
    "start_whole",
    "submit",
    "take_over",
    "tick_activities",
]
