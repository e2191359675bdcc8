"""« Votre chemin » : on a need's page, what its purchase will ask, in plain words, before anybody opens the rule."""

from typing import Any

from django.utils import timezone

from sourcier.needs import queries
from sourcier.needs.models import Need

# What was chosen or closed asks nothing more.
OVER = (Need.State.AWARDED, Need.State.CLOSED)


def way(need: Need) -> dict[str, Any]:
    """The rule kept with the need, else that of today for the family that a person chose, or that its words call.

    Nothing while none is known, or once all is over.
    """
    if need.state in OVER:
        return {}
    proposed = None if need.kind or need.rule else queries.proposed_family(need)
    kind = need.kind or (proposed.kind if proposed else "")
    rule = need.rule
    if rule is None and kind:
        rule = queries.rule_of_day(need, need.family or proposed, kind, timezone.localdate())
    if not rule or not rule.get("path"):
        return {}
    return {"way": rule["path"], "way_title": rule["title"], "way_family": proposed}
