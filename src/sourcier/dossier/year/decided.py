"""What was decided against what the tool refused or advised, with the reasons, as the journal tells it."""

from collections.abc import Iterable

from sourcier.accounts.models import Organisation
from sourcier.dossier.year.spent import last_day
from sourcier.insights.models import Finding
from sourcier.insights.rotation import family_rotations
from sourcier.interop.tables import Column, Kind, Table
from sourcier.journal.models import Entry
from sourcier.journal.queries import moment_of, sentence
from sourcier.journal.registry import VERBS
from sourcier.needs.models import Need


def verbs() -> list[str]:
    """Those by which somebody goes past what the tool refused or advised."""
    return [verb.id for verb in VERBS.values() if verb.overrules]


def rotation(organisation: Organisation, year: int) -> Table:
    """The firms above the city's part of a family over three years, and the largest one of each other family."""
    columns = (
        Column("Famille"), Column("Entreprise"), Column("Achats", Kind.INTEGER), Column("Montant HT", Kind.CENTS),
        Column("Part %", Kind.INTEGER), Column("Dernier achat", Kind.DATE), Column("Demandes", Kind.INTEGER),
        Column("Au-delà de la part"), Column("Jamais interrogées", Kind.INTEGER),
    )  # fmt: skip
    rows = [
        (
            f"{one.family.code} {one.family.named(year)}", share.name, share.purchases, share.cents, share.percent,
            share.last_on, asked.times if asked else 0, "oui" if over else "", one.never,
        )
        for one in family_rotations(organisation, last_day(year))
        for place, (share, asked, over) in enumerate(one.lines)
        if over or not place
    ]  # fmt: skip
    percent = organisation.rotation_percent
    note = f"Sur trois ans, jusqu'au {last_day(year):%d/%m/%Y}. La part de la ville : {percent} %, à partir de trois achats."
    return Table(f"Rotation {year}", columns, rows, (note,))


def together(organisation: Organisation, year: int) -> Table:
    """Purchases shown together, limits reached, firms often taken, and what the head buyer decided of them."""
    columns = (
        Column("Ce qui est montré"), Column("Pourquoi"), Column("Achats", Kind.INTEGER), Column("Ensemble HT", Kind.CENTS),
        Column("Limite HT", Kind.CENTS), Column("Décision"), Column("Raison"), Column("Par"), Column("Le", Kind.MOMENT),
    )  # fmt: skip
    found = Finding.objects.filter(organisation=organisation, year=year).select_related("decided_by", "unit")
    rows = [
        (
            each.get_kind_display(), " ".join(each.sentences), each.count, each.total_cents, each.limit_cents,
            each.get_decision_display() or ("à décider" if each.waits else ""), each.unit.label if each.unit else each.reason,
            each.decided_by.name if each.decided_by else "", each.decided_at,
        )
        for each in found
    ]  # fmt: skip
    return Table(
        f"À regarder ensemble {year}", columns, rows, ("Montré par les mots, les familles, les dates : jamais un reproche.",)
    )


def overruled(needs: Iterable[Need], entries: Iterable[Entry], year: int) -> Table:
    """Each of them in a sentence, oldest first, with the operation it belongs to."""
    references = {need.pk.hex: need.reference for need in needs}
    columns = (
        Column("Le", Kind.MOMENT),
        Column("Achat"),
        Column("Ce qui a été décidé, et pourquoi"),
        Column("Entrée", Kind.INTEGER),
    )
    rows = [(moment_of(entry), references.get(entry.stream, ""), sentence(entry), entry.index) for entry in entries]
    return Table(f"Décisions contraires {year}", columns, rows)
