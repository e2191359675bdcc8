"""What a need would make with the purchases alike to it, said on its own page while there is still time."""

from dataclasses import dataclass
from uuid import UUID

from sourcier.insights import findings
from sourcier.insights.purchases import around, limit
from sourcier.kernel.money import format_cents
from sourcier.needs.models import Need
from sourcier.spend.splitting import find_with

OVER = (Need.State.CLOSED,)


@dataclass(frozen=True, slots=True)
class Alike:
    """How many purchases, this need among them, and their sum; the finding once the city's purchases were compared."""

    count: int
    total_cents: int
    year: int
    finding_id: UUID | None = None
    decided: bool = False
    estimated: bool = True

    @property
    def sentence(self) -> str:
        """For a buyer."""
        total = format_cents(self.total_cents)
        if not self.estimated:
            return f"{self.count} achats semblables en {self.year} font déjà {total} HT, sans compter celui-ci"
        return f"{self.count} achats semblables en {self.year}, celui-ci compris, font ensemble {total} HT"


def alike(need: Need) -> Alike | None:
    """As it was found, else as it would be found today; None when nothing alike reaches the limit with it."""
    if need.state in OVER:
        return None
    if row := findings.about_need(need.organisation, need.pk):
        return Alike(row.count, row.total_cents, row.year, row.pk, bool(row.decision) and not row.grew)
    if need.state == Need.State.AWARDED:
        return None
    own, others = around(need)
    group = find_with(own.purchase, (one.purchase for one in others), limit)
    if group is None:
        return None
    count, total, year = len(group.purchases), group.total_cents, own.purchase.on.year
    if need.estimate_cents:
        return Alike(count, total, year)
    return Alike(count - 1, total - own.purchase.amount_cents, year, estimated=False)
