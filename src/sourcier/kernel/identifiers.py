"""SIRET and SIREN (INSEE), checked by python-stdnum, which knows La Poste's exception to the Luhn key."""

from stdnum.exceptions import ValidationError
from stdnum.fr import siren as _siren
from stdnum.fr import siret as _siret


class InvalidIdentifier(ValueError):
    """Not a SIRET or SIREN; the message is a French sentence."""


def parse_siret(text: str) -> str:
    """Return the 14 digits of a SIRET typed in any spacing. Raises `InvalidIdentifier`."""
    try:
        return str(_siret.validate(text))
    except ValidationError:
        raise InvalidIdentifier("Un SIRET compte 14 chiffres. Vérifiez-le sur une facture ou sur l'avis SIRENE.") from None


def parse_siren(text: str) -> str:
    """Return the 9 digits of a SIREN typed in any spacing. Raises `InvalidIdentifier`."""
    try:
        return str(_siren.validate(text))
    except ValidationError:
        raise InvalidIdentifier("Un SIREN compte 9 chiffres.") from None


def format_siret(siret: str) -> str:
    """« 732 829 320 00074 »."""
    return f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
