"""The line of a need that other purchases of the year look like: for a buyer its sum and a link, for a department the why."""

from typing import Any

from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.insights.alike import alike
from sourcier.needs.models import Need
from sourcier.web.rights import INSPECTION


def seen_together(agent: Agent, need: Need) -> dict[str, Any]:
    """For the pages of a need: `alike`, and `together_url` for those who may read the page."""
    found = alike(need)
    if found is None:
        return {}
    if not agent.has(*INSPECTION):
        return {"alike": found}
    anchor = f"#{found.finding_id}" if found.finding_id else ""
    return {"alike": found, "together_url": f"{reverse('together')}?annee={found.year}{anchor}"}
