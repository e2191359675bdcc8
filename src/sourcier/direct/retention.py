"""What a direct purchase gives up when its operation is erased: words and papers; who was paid, how much and when stay."""

from sourcier.direct.models import DirectPurchase
from sourcier.retention.registry import Emptied, Scope


def give_up(scope: Scope) -> Emptied:
    """Nothing while only losing answers go: there was none."""
    made = Emptied()
    if scope.losing:
        return made
    bought = DirectPurchase.objects.filter(need_id=scope.subject_id, organisation_id=scope.organisation_id)
    made.empty(bought, note="", cancel_reason="")
    made.files.update(bought.exclude(files=None).values_list("files", flat=True))
    return made
