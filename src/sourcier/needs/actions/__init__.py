"""The verbs of a need. Each takes the agent, locks the row, asks `rules`, writes, and ends with its entry."""

from sourcier.needs.actions.decide import (
    accept,
    allow_crossing,
    close,
    keep_from_now,
    keep_rule,
    mark_asked,
    mark_awarded,
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
    take_over,
    tick_activities,
)
from sourcier.needs.actions.lanes import add_lane, end_lane, propose_lanes
from sourcier.needs.actions.talk import say, settle

__all__ = [
    "accept",
    "add_lane",
    "allow_crossing",
    "change_department",
    "close",
    "describe",
    "end_lane",
    "keep_from_now",
    "keep_rule",
    "mark_asked",
    "mark_awarded",
    "mark_closed",
    "propose_lanes",
    "save",
    "say",
    "say_again",
    "send_back",
    "set_lots",
    "set_places",
    "settle",
    "start",
    "submit",
    "take_over",
    "tick_activities",
]
