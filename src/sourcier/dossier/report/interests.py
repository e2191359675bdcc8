"""Conflicts of interest in the report: what each person declared, who took the place of whom. Never in the version to share."""

from sourcier.dossier.history import History
from sourcier.dossier.report.blocks import Block, p, table
from sourcier.kernel.french import format_moment
from sourcier.needs.interest_rules import FIRMS, STATEMENTS
from sourcier.needs.models import InterestDeclaration


def declarations(history: History) -> list[Block]:
    """Each declaration in order, then the places taken."""
    rows = [
        [said["name"], InterestDeclaration.Step(said["step"]).label, _what(said), format_moment(step.at, weekday=False)]
        for step, said in history.payloads("interest.declared")
    ]
    blocks = table("Personne*3 | Quand*2 | Ce qui est déclaré*5 | Le*3", rows)
    return blocks + [p(step.sentence) for step, _ in history.payloads("interest.stand_in")]


def _what(said: dict[str, object]) -> str:
    if said["interest"]:
        return "\n".join(str(said[key]) for key in ("firm", "link", "words") if said[key])
    statements = said["statements"]
    ticked = [STATEMENTS[key] for key in statements if key in STATEMENTS] if isinstance(statements, list) else []
    return "\n".join([f"Aucun intérêt dans {FIRMS[str(said['step'])]}", *ticked])
