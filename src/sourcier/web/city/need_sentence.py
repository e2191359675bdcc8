"""What a sentence seems to say beside one need: two needs, the name of a firm, or nothing that is read. A person decides."""

from typing import Any

from sourcier.accounts.agents import Agent
from sourcier.matching.engine import Result, match
from sourcier.matching.remarks import NEAR, remark
from sourcier.matching.several import halves
from sourcier.needs import queries
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb
from sourcier.vocabulary.queries import phrases


def said_of(agent: Agent, need: Need, result: Result | None = None) -> dict[str, Any]:
    """For a page: `halves`; `firms_named`, with `starts`: what they do, « NAFRev2:10.71C » → label; `may_tick`; `remark`, and
    `misread`: the same where no activities are listed.

    `result`: what the words of the need match, when the caller knows it.
    """
    said = queries.words(need)
    result = result or match(said, added=phrases(agent.organisation))
    told = remark(said, result)
    firms = queries.firms_named(agent.organisation, need.sentence, result)
    starts = {f"{each.activity.nomenclature}:{each.activity.code}": each.label for each in firms if each.activity}
    return {
        "halves": halves(need.sentence), "firms_named": firms, "starts": starts,
        "may_tick": queries.may(agent, need, Verb.TICK), "remark": told, "misread": "" if told == NEAR else told,
    }  # fmt: skip
