"""« Votre chemin » : on a need's page, what its purchase will ask, in plain words, before anybody opens the rule."""

from typing import Any

from django.utils import timezone

from sourcier.needs import queries
from sourcier.needs.models import Need

# What was chosen or closed asks nothing more.
OVER = (Need.State.AWARDED, Need.State.CLOSED)


def way(need: Need) -> dict[str, Any]:
    """The rule kept with the need, else that of today; nothing while its kind is not known, or once all is over."""
    if need.state in OVER:
        return {}
    rule = need.rule or (queries.rule_of_day(need, need.family, need.kind, timezone.localdate()) if need.kind else None)
    return {"way": rule["path"], "way_title": rule["title"]} if rule and rule.get("path") else {}
