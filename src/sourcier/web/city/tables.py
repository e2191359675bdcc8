"""The lists of the city as tables to export: what the page shows, as filtered, without its paging."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.identifiers import format_siret
from sourcier.needs.models import Need
from sourcier.quotes.models import Award
from sourcier.quotes.queries.comparison import Comparison
from sourcier.sourcing.constraints import in_words
from sourcier.sourcing.models import Candidate, Criterion, Invitation, PriceLine
from sourcier.suppliers.models import Firm
from sourcier.suppliers.queries import emails_of


def needs_table(needs: Iterable[Need]) -> Table:
    columns = (
        Column("Référence"), Column("Besoin"), Column("Service"), Column("Demandeur"), Column("Acheteur"), Column("État"),
        Column("Estimation HT", Kind.CENTS), Column("Depuis le", Kind.MOMENT),
    )  # fmt: skip
    rows = [
        (
            need.reference, need.title or need.sentence, need.department.name, need.author.name,
            need.buyer.name if need.buyer else "", need.get_state_display(), need.estimate_cents, need.waiting_since,
        )
        for need in needs
    ]  # fmt: skip
    return Table("Besoins", columns, rows)


def firms_table(firms: Sequence[Firm], searched: str) -> Table:
    emails = emails_of([firm.pk for firm in firms])
    columns = (
        Column("SIRET"), Column("Nom"), Column("Adresse"), Column("Code postal"), Column("Commune"), Column("Activité"),
        Column("Courriel"), Column("Ne plus écrire"),
    )  # fmt: skip
    rows = [
        (
            format_siret(firm.siret), firm.name, firm.address, firm.postal_code, firm.commune, firm.activity,
            emails.get(firm.pk, ""), "oui" if firm.unsubscribed_at else "",
        )
        for firm in firms
    ]  # fmt: skip
    return Table("Entreprises", columns, rows, (f"Recherche : {searched}",) if searched else ())


def panel_table(reference: str, candidates: Iterable[Candidate], notes: Sequence[str]) -> Table:
    columns = (
        Column("SIRET"), Column("Nom"), Column("Commune"), Column("Distance (m)", Kind.INTEGER), Column("Panel"),
        Column("Pourquoi"), Column("Raison"),
    )  # fmt: skip
    rows = [
        (
            format_siret(candidate.firm.siret), candidate.firm.name, candidate.firm.commune, candidate.distance_m,
            candidate.get_state_display(), in_words(candidate.why), candidate.reason,
        )
        for candidate in candidates
    ]  # fmt: skip
    return Table(f"Entreprises {reference}", columns, rows, notes)


def _channel(invitation: Invitation) -> str:
    """« Courriel », or how far one knows who came by the notice."""
    if not invitation.came:
        return invitation.get_channel_display()
    return f"Avis public, {invitation.address}, identité {'non ' if invitation.unverified else ''}vérifiée"


def comparison_table(reference: str, comparisons: Sequence[Comparison]) -> Table:
    """One row per answer and lot; marks as this person may see them now."""
    criteria = comparisons[0].criteria if comparisons else ()
    marked, lines, choices = _marked(comparisons), _priced(comparisons), _choices(comparisons)
    columns = (
        Column("Lot"), Column("Entreprise"), Column("SIRET"), Column("Voie"),
        Column("Total HT", Kind.CENTS), Column("Total TTC", Kind.CENTS),
        *(Column(f"{criterion.label} ({criterion.weight} %)", Kind.MARK) for criterion in criteria),
        Column("Note", Kind.MARK), Column("Rang", Kind.INTEGER), Column("Oui, mais"),
        Column("Choix"), Column("Au plus, par jour"), Column("Lieux servis"),
        *(Column(f"{criterion.label}, note de {name}", Kind.INTEGER) for criterion, name in marked.values()),
        *(Column(f"{line.designation} ({line.unit}) HT", Kind.UNIT_PRICE) for line in lines.values()),
    )  # fmt: skip
    rows = [
        (
            comparison.lot.title if comparison.lot else "", offer.submission.firm.name,
            format_siret(offer.submission.firm.siret), _channel(offer.submission.invitation),
            offer.total_cents, offer.total_with_vat_cents, *(offer.marks.get(criterion.pk) for criterion in criteria),
            offer.total_mark, offer.rank, offer.reservation,
            choices.get((comparison.lot and comparison.lot.pk, offer.submission.pk), ""), offer.daily_maximum,
            ", ".join(sorted(each.place.name for each in offer.submission.places.all())) or "tous",
            *_pick(marked, {(score.criterion_id, score.evaluator_id): score.value for score in offer.scores}),
            *_pick(lines, {each.line.pk: each.unit_price_e4 for each in offer.lines}),
        )
        for comparison in comparisons
        for offer in comparison.offers
    ]  # fmt: skip
    return Table(f"Comparaison {reference}", columns, rows, ("Sur les quantités estimées de la demande.",))


def _marked(comparisons: Sequence[Comparison]) -> dict[Any, tuple[Criterion, str]]:
    """`{(criterion, evaluator): names}` of the marks given by each, those alone that this person may see."""
    return {
        (criterion.pk, score.evaluator_id): (criterion, score.evaluator.name)
        for comparison in comparisons
        for criterion in comparison.judged
        for offer in comparison.offers
        for score in offer.scores
        if score.criterion_id == criterion.pk
    }


def _priced(comparisons: Sequence[Comparison]) -> dict[Any, PriceLine]:
    """The lines priced, of all lots."""
    offers = (offer for comparison in comparisons for offer in comparison.offers)
    return {each.line.pk: each.line for offer in offers for each in offer.lines}


def _pick(columns: Iterable[Any], values: Mapping[Any, Any]) -> list[Any]:
    return [values.get(column) for column in columns]


def _choices(comparisons: Sequence[Comparison]) -> dict[tuple[UUID | None, UUID | None], str]:
    """`{(lot, answer): « choisie » or « remplaçante »}`."""
    found: dict[tuple[UUID | None, UUID | None], str] = {}
    for award in Award.objects.filter(sourcing__in={comparison.sourcing.pk for comparison in comparisons}):
        found[award.lot_id, award.stand_in_id] = "remplaçante"
        found[award.lot_id, award.submission_id] = "choisie"
    return found
