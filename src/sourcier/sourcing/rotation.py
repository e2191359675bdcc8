"""« Pas toujours la même », for a request: the share that each firm has of the family, and which must be justified."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from sourcier.kernel.french import format_date
from sourcier.kernel.transitions import Refusal
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.spend.rotation import FirmShare, Rotation, rotation


def family_rotation(sourcing: Sourcing) -> Rotation | None:
    """Over three years, as of today; None for a need without family, or when nothing was bought."""
    family = sourcing.need.family
    found = rotation(sourcing.organisation, family, timezone.localdate()) if family else None
    return found if found and found.cents > 0 else None


def in_words(sourcing: Sourcing, share: FirmShare) -> str:
    """« 62 % de la famille Pain en trois ans · prise 5 fois · dernière fois le 12 mars 2026 »."""
    label = sourcing.need.family.label if sourcing.need.family else ""
    times = f"prise {share.purchases} fois" if share.purchases > 1 else "prise une fois"
    when = f" · dernière fois le {format_date(share.last_on)}" if share.last_on else ""
    return f"{share.percent}\u00a0% de la famille {label} en trois ans · {times}{when}"


def over(sourcing: Sourcing, found: Rotation | None, siret: str, name: str) -> bool:
    """This firm is beyond the city's limit in the family: asking it prices again takes a reason."""
    share = found.of(siret, name) if found and sourcing.kind != Sourcing.Kind.RFI else None
    return bool(share and share.over(sourcing.organisation.rotation_percent))


def unexplained(sourcing: Sourcing, candidates: Sequence[Candidate]) -> Refusal | None:
    """Why the request may not leave yet: the first firm over the limit that nobody justified."""
    found = family_rotation(sourcing)
    for candidate in candidates:
        firm = candidate.firm
        if candidate.again_reason or not over(sourcing, found, firm.siret, firm.name):
            continue
        share = found.of(firm.siret, firm.name) if found else None
        return Refusal(
            "rotation",
            f"{firm.name} : {in_words(sourcing, share) if share else ''}. À l'étape Entreprises, écrivez pourquoi la proposer "
            "de nouveau, ou écartez-la. Rien n'est parti, rien n'est perdu.",
        )
    return None


def told(sourcing: Sourcing, candidates: Iterable[Candidate]) -> list[dict[str, Any]]:
    """For the entry of the sending: the share of each firm asked that was bought from, with the reason to ask it again."""
    found = family_rotation(sourcing)
    if found is None:
        return []
    listed = []
    for candidate in candidates:
        if share := found.of(candidate.firm.siret, candidate.firm.name):
            listed.append(
                {
                    "siret": candidate.firm.siret, "name": candidate.firm.name, "percent": share.percent,
                    "purchases": share.purchases, "cents": share.cents, "last": share.last_on, "reason": candidate.again_reason,
                }
            )  # fmt: skip
    return listed


class Shares:
    """The shares of the firms of a page: one look at the family."""

    def __init__(self, sourcing: Sourcing) -> None:
        self.sourcing, self.found = sourcing, family_rotation(sourcing)

    def words(self, siret: str, name: str) -> str:
        """Empty for a firm that the family was never bought from."""
        share = self.found.of(siret, name) if self.found else None
        return in_words(self.sourcing, share) if share else ""

    def over(self, candidate: Candidate) -> bool:
        return over(self.sourcing, self.found, candidate.firm.siret, candidate.firm.name)
