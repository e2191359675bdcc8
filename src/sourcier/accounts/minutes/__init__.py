"""The minutes of the city's key: a page to print and sign, which ties its fingerprint to the city from outside."""

import base64
from datetime import UTC, datetime
from importlib.resources import files
from tempfile import TemporaryDirectory

from sourcier.accounts.models import Organisation
from sourcier.journal import keys
from sourcier.journal.key_line import LOST, RENEWED
from sourcier.journal.models import Entry
from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.kernel.typesetting import typeset

GROUPS_A_LINE = 4


def minutes(organisation: Organisation) -> bytes:
    """The PDF of the present key: its creation, or what replaced the one before. Printed again, it is the same."""
    changes = keys.changes(organisation.pk)
    entry = Entry.objects.get(log_id=organisation.pk, index=changes[-1].index if changes else 0)
    at = datetime.fromtimestamp(entry.at / 1000, UTC)
    key = keys.public_key(organisation.pk)
    groups = keys.fingerprint_of(key).split(" ")
    lines = [groups[start : start + GROUPS_A_LINE] for start in range(0, len(groups), GROUPS_A_LINE)]
    former = keys.fingerprint_of(changes[-1].old) if changes else ""
    data = {
        "title": _title(changes[-1].verb if changes else ""),
        "city": organisation.name,
        "siret": organisation.siret,
        "commune": organisation.commune,
        "colour": organisation.colour,
        "day": format_date(at.astimezone(PARIS).date()),
        "moment": format_moment(at),
        "fingerprint": ["  ".join(line) for line in lines],
        "public_key": base64.b64encode(key).decode(),
        "former": former,
        "how": _how(changes[-1].verb if changes else ""),
    }
    template = files(__package__).joinpath("minutes.typ").read_bytes()
    with TemporaryDirectory() as empty:
        return typeset(template, data, root=empty, timestamp=int(at.timestamp()))


def _title(verb: str) -> str:
    what = {"": "de la création", RENEWED: "du renouvellement", LOST: "du remplacement, après perte,"}
    return f"Procès-verbal {what.get(verb, 'du remplacement, après vol,')} de la clé de la Ville"


def _how(verb: str) -> str:
    drawn = "Elle a été tirée au hasard par le serveur de la Ville"
    if not verb:
        return f"{drawn}, à l'ouverture de son journal."
    if verb == RENEWED:
        return f"{drawn}. La clé d'avant l'a signée, et ne signe plus."
    return f"{drawn}. La clé d'avant n'a pas signé celle-ci : ce papier seul les relie."
