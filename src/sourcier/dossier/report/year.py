"""What the report of a year says: its tables in figures; they are among the documents that it carries."""

from sourcier.dossier.history import History
from sourcier.dossier.report.blocks import Block, table
from sourcier.dossier.verbs import YEAR


def figures(history: History) -> list[Block]:
    """The last preparation alone: those before it were taken in their own dossiers."""
    told = [said["figures"] for _, said in history.payloads(YEAR)]
    return table("Table*4 | Ce qu'elle contient*4", told[-1]) if told else []
