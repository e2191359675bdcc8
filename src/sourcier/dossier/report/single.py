"""The notes of single quotes, from the entries that wrote them."""

from sourcier.dossier.history import History
from sourcier.dossier.report.blocks import Block, day, facts, p, table
from sourcier.kernel.identifiers import format_siret
from sourcier.kernel.money import format_cents
from sourcier.quotes import single


def notes(history: History) -> list[Block]:
    """Each note: for whom, why one, the market, the price beside the past ones."""
    blocks: list[Block] = []
    for step, note in history.payloads(single.VERB):
        blocks += facts(
            ("Lot", note["lot"]),
            ("Entreprise", f"{note['firm']}\n{format_siret(note['siret'])}" if note["siret"] else note["firm"]),
            ("Pourquoi une seule", "\n".join(single.why_one(note))),
            ("Le marché", "\n".join(single.market(note))),
            ("Le prix", "\n".join(single.price(note))),
        )
        blocks += table(
            "Achats passés de la famille*5 | Entreprise*3 | Le*2 | HT*2>",
            [[each["label"], each["supplier"], day(each["on"]), format_cents(each["amount_cents"])] for each in note["past"]],
        )
        blocks.append(p(step.sentence))
    return blocks
