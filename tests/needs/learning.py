"""A small register of firms and what published contracts taught on it."""

from pathlib import Path

from pytest_django import Settings

from sourcier.register.importing.run import import_stock
from tests.cities import siret
from tests.register.stocks import establishment, unit, write

BAKER, GROCER, LIFTS, PERSON, CLOSED, MUTE = (siret(number) for number in range(1, 7))
STRANGER = siret(99)


def install_register(folder: Path, settings: Settings) -> Path:
    """A baker (10.71C), a grocer (47.11B), a lift firm (43.29B), a baker not to be named, one closed, one without activity."""
    folder.mkdir(exist_ok=True)
    rows = [
        establishment(1, activitePrincipaleNAF25Etablissement="10.71Y"),
        establishment(2, activitePrincipaleEtablissement="47.11B"),
        establishment(3, activitePrincipaleEtablissement="43.29B"),
        establishment(4, statutDiffusionEtablissement="P", activitePrincipaleNAF25Etablissement="10.71Y"),
        establishment(5, etatAdministratifEtablissement="F", activitePrincipaleNAF25Etablissement="10.71Y"),
        establishment(6, activitePrincipaleEtablissement=""),
    ]
    units = [unit(number) for number in (1, 2, 3, 5, 6)] + [unit(4, statutDiffusionUniteLegale="P")]
    settings.REGISTER = str(import_stock(*write(folder, rows, units), out=folder / "small.duckdb").file)
    return Path(settings.REGISTER)
