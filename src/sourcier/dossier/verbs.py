"""Journal verb of the dossier, in the stream of the operation."""

from sourcier.journal.registry import Verb

VERBS = (Verb("dossier.built", "{name} a pris le dossier de preuve.", ("name",), anchored=True),)
