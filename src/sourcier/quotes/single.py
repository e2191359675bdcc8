"""The note of the single quote: why one price was enough, as the file must say it (CCP art. R.2122-8), at the choice."""

from typing import Any

from django.utils import timezone

from sourcier.kernel.money import format_cents
from sourcier.law.reasons import reason
from sourcier.needs.models import Lot
from sourcier.quotes.queries.comparison import Comparison, Offer
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.sourcing.queries import last_search
from sourcier.spend.past import past_prices
from sourcier.spend.taken import times_taken

VERB = "single.noted"
Note = dict[str, Any]


def is_single(comparison: Comparison) -> bool:
    """One price alone is compared: one firm was asked, or one answered."""
    return len(comparison.offers) == 1


def note_of(sourcing: Sourcing, lot: Lot | None, offer: Offer, rationale: str) -> Note:
    """What the note says, as the journal keeps it: the market and the past prices are those known before this choice."""
    need, firm, today = sourcing.need, offer.submission.firm, timezone.localdate()
    search = last_search(sourcing)
    past = past_prices(sourcing.organisation, need.family, today) if need.family else []
    return {
        "lot": lot.title if lot else "",
        "firm": offer.submission.invitation.named,
        "siret": firm.siret,
        "amount_cents": offer.total_cents,
        "asked": sourcing.invitations.exclude(channel=Invitation.Channel.NOTICE).count(),
        "notice": sourcing.public_notice,
        "reasons": list(sourcing.single_reasons),
        "words": sourcing.single_reason,
        "price": rationale,
        "family": f"{need.family.code} {need.family.label}" if need.family else "",
        "found": search.total if search else 0,
        "taken": times_taken(sourcing.organisation, firm.siret, need.department_id, today).city,
        "past": [
            {"on": each.on.isoformat(), "label": each.label, "supplier": each.supplier, "amount_cents": each.cents}
            for each in past
        ],
    }


def why_one(note: Note) -> list[str]:
    """Why one price alone: the reasons ticked, in their words, or how many were asked."""
    said = [f"{reason(each).label} ({reason(each).article})." for each in note["reasons"]]
    if note["asked"] > 1:
        said.append(f"{note['asked']} entreprises ont été interrogées : une seule a donné un prix.")
    if note["notice"]:
        said.append("Un avis public laissait répondre toute autre entreprise.")
    return [*said, *filter(None, [note["words"]])]


def market(note: Note) -> list[str]:
    """What is known of the other firms, and how often this one was taken."""
    said = []
    if note["found"] > 1:
        said.append(f"{note['found']} entreprises du métier ont été trouvées autour des lieux.")
    if note["taken"]:
        return [*said, f"La ville avait déjà pris cette entreprise {note['taken']} fois en trois ans."]
    return [*said, "La ville ne l'avait pas encore prise en trois ans."]


def price(note: Note) -> list[str]:
    """Why its price is right; the past prices stand beside, in a table."""
    said = [f"{format_cents(note['amount_cents'])} HT. {note['price']}"]
    return said if note["past"] else [*said, "Aucun achat passé de cette famille n'est connu ici."]
