"""Which purchases are of one firm: those of one SIREN, else of one name."""

from sourcier.kernel.french import fold

SIREN = 9


def firm_key(siret: str, name: str) -> str:
    """The SIREN when it is known, else the name without capitals and accents; empty when nothing is known."""
    return siret[:SIREN] if len(siret) >= SIREN else fold(" ".join(name.split()))
