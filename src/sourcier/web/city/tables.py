"""The lists of the city as tables to export: what the page shows, as filtered, without its paging."""

from collections.abc import Iterable, Sequence

from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.identifiers import format_siret
from sourcier.needs.models import Need
from sourcier.quotes.queries.comparison import Comparison
from sourcier.sourcing.models import Candidate
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
            candidate.get_state_display(), " ".join(why.get("sentence", "") for why in candidate.why), candidate.reason,
        )
        for candidate in candidates
    ]  # fmt: skip
    return Table(f"Entreprises {reference}", columns, rows, notes)


def comparison_table(reference: str, comparisons: Sequence[Comparison]) -> Table:
    """One row per answer and lot; marks as this person may see them now."""
    criteria = comparisons[0].criteria if comparisons else ()
    columns = (
        Column("Lot"), Column("Entreprise"), Column("SIRET"), Column("Total HT", Kind.CENTS), Column("Total TTC", Kind.CENTS),
        *(Column(f"{criterion.label} ({criterion.weight} %)", Kind.MARK) for criterion in criteria),
        Column("Note", Kind.MARK), Column("Rang", Kind.INTEGER), Column("Oui, mais"),
    )  # fmt: skip
    rows = [
        (
            comparison.lot.title if comparison.lot else "", offer.submission.firm.name,
            format_siret(offer.submission.firm.siret),
            offer.total_cents, offer.total_with_vat_cents, *(offer.marks.get(criterion.pk) for criterion in criteria),
            offer.total_mark, offer.rank, offer.submission.reservation,
        )
        for comparison in comparisons
        for offer in comparison.offers
    ]  # fmt: skip
    return Table(f"Comparaison {reference}", columns, rows, ("Sur les quantités estimées de la demande.",))
