"""Why one firm alone may be taken: reasons a person ticks below the exemption, and the special cases that the law names. Pure.

Below the exemption (R.2122-8) nothing obliges to compare, three duties remain, and the file says why one firm was right. The
special cases hold at any amount; each says what the file should show.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sourcier.kernel.transitions import Refusal
from sourcier.law.book import CHECK, SURE


@dataclass(frozen=True, slots=True)
class Reason:
    """`small`: it is enough below the exemption only. `shows`: what makes it believable to who reads the file later."""

    id: str
    label: str
    article: str
    shows: str
    small: bool = True
    confidence: str = SURE

    @property
    def to_verify(self) -> bool:
        return self.confidence != SURE


# In the order of the page: first what is ticked most.
REASONS = (
    Reason(
        "small_amount",
        "Petit montant : demander plusieurs devis coûterait plus que l'écart attendu",
        "CCP art. L.2122-1 et R.2122-8",
        "Le montant suffit.",
    ),
    Reason(
        "fair_price",
        "Le prix est raisonnable au vu des achats passés",
        "CCP art. R.2122-8",
        "Dites à quel achat, ou à quel prix public, vous le comparez.",
    ),
    Reason(
        "urgency",
        "Urgence qui ne vient pas de nous",
        "CCP art. L.2122-1 et R.2122-8",
        "Dites ce qui est arrivé, et quel jour.",
    ),
    Reason(
        "complement",
        "Complément d'un achat récent",
        "CCP art. R.2122-8",
        "Dites lequel, et pourquoi la même entreprise convient le mieux.",
    ),
    Reason(
        "few_firms",
        "Très peu d'entreprises font ce métier",
        "CCP art. L.2122-1 et R.2122-8",
        "Dites lesquelles vous avez cherchées.",
    ),
    Reason(
        "only_one",
        "Une seule entreprise peut répondre : œuvre unique, raison technique ou droit exclusif",
        "CCP art. R.2122-3",
        "Dites ce qui empêche toute autre entreprise de répondre.",
        small=False,
    ),
    Reason(
        "imperious_urgency",
        "Urgence impérieuse : un danger imprévisible, qui ne laisse pas le temps de consulter",
        "CCP art. R.2122-1",
        "Dites ce qui est arrivé et quel jour ; n'achetez que ce qui y répond.",
        small=False,
    ),
    Reason(
        "no_answer",
        "Une consultation n'a reçu aucune offre recevable",
        "CCP art. R.2122-2",
        "Joignez cette consultation ; ses conditions n'ont pas changé.",
        small=False,
        confidence=CHECK,
    ),
    Reason(
        "same_equipment",
        "Livraison complémentaire : un autre matériel serait incompatible",
        "CCP art. R.2122-4",
        "Dites quel matériel vous complétez, et le premier contrat.",
        small=False,
        confidence=CHECK,
    ),
    Reason(
        "similar_work",
        "Prestations similaires, annoncées dans un premier contrat mis en concurrence",
        "CCP art. R.2122-7",
        "Dites quel contrat l'annonçait.",
        small=False,
        confidence=CHECK,
    ),
)
_BY_ID = {reason.id: reason for reason in REASONS}


def reasons(exempt: bool = True) -> tuple[Reason, ...]:
    """Those that may be ticked: all of them below the exemption, above it the special cases of the law alone."""
    return tuple(reason for reason in REASONS if exempt or not reason.small)


def reason(id: str) -> Reason:
    """One reason by its id. Raises `KeyError` for an unknown one."""
    return _BY_ID[id]


def reasons_refusal(ticked: Iterable[str], exempt: bool = True) -> Refusal | None:
    """Why these ticks do not allow one firm alone; None when at least one does and none is out of place."""
    allowed = {found.id for found in reasons(exempt)}
    chosen = set(ticked)
    if not chosen:
        return Refusal("no_reason", "Dites pourquoi une seule entreprise : cochez au moins une raison.")
    if not chosen <= allowed:
        return Refusal(
            "wrong_reason",
            "Une raison cochée ne suffit pas à ce montant. Choisissez un cas prévu par la loi, ou demandez plusieurs devis."
            if chosen <= set(_BY_ID)
            else "Choisissez les raisons dans la liste.",
        )
    return None
