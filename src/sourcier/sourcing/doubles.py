"""What may be one firm asked twice: the same address for two, or two establishments of one enterprise. Told, never refused."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sourcier.suppliers.models import Firm


def doubles(firms: Sequence[Firm], emails: Mapping[UUID, str]) -> list[str]:
    """One French sentence for each address, then for each SIREN, that several of the firms share.

    `emails`: firm id → where its request goes; those without one are absent.
    """
    boxes: dict[str, list[Firm]] = defaultdict(list)
    enterprises: dict[str, list[Firm]] = defaultdict(list)
    for firm in firms:
        enterprises[firm.siret[:9]].append(firm)
        if firm.pk in emails:
            boxes[emails[firm.pk].casefold()].append(firm)
    shared = [(box, same) for box, same in boxes.items() if len(same) > 1]
    owned = [same for same in enterprises.values() if len(same) > 1]
    return [
        *(f"La même adresse, {box}, reçoit {_count(same)} demandes : {_names(same)}." for box, same in shared),
        *(f"{_count(same).capitalize()} établissements de la même entreprise : {_names(same)}." for same in owned),
    ]


def _count(firms: Sequence[Firm]) -> str:
    return "deux" if len(firms) == 2 else str(len(firms))


def _names(firms: Sequence[Firm]) -> str:
    """« A (Rosny-sous-Bois) et B (Montreuil) »."""
    *first, last = [f"{firm.name} ({firm.commune})" for firm in firms]
    return f"{', '.join(first)} et {last}"
