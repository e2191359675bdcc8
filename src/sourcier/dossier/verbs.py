"""Journal verbs of the dossier, in the stream of the operation."""

from sourcier.journal.registry import Verb

WHOLE, COMMUNICABLE = "dossier.built", "dossier.communicable"
PROFILE, YEAR = "profile.packaged", "year.prepared"

VERBS = (
    Verb(WHOLE, "{name} a pris le dossier de preuve.", ("name",), anchored=True),
    # Its entry cites the files that went out and no other.
    Verb(COMMUNICABLE, "{name} a pris la version communicable du dossier de preuve.", ("name",), anchored=True),
    Verb(YEAR, "{name} a préparé le dossier de l'année {year}.", ("name",)),
    Verb(PROFILE, "{name} a pris le paquet pour le profil d'acheteur.", ("name",)),
)
