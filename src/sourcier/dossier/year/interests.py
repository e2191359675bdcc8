"""What was declared of interests in the purchases of the year, and who took the place of whom."""

from collections.abc import Sequence

from sourcier.interop.tables import Column, Kind, Table
from sourcier.needs.interest_rules import LINKS
from sourcier.needs.models import InterestDeclaration, Need, StandIn


def declared(needs: Sequence[Need], year: int) -> Table:
    """Each declaration, and each place taken of one who declared nothing, oldest first."""
    columns = (
        Column("Le", Kind.MOMENT), Column("Achat"), Column("Personne"), Column("Quand"), Column("Ce qui est déclaré"),
        Column("À sa place"),
    )  # fmt: skip
    said = InterestDeclaration.objects.filter(need__in=needs).select_related("need", "user")
    taken = StandIn.objects.filter(need__in=needs).select_related("need", "absent", "user")
    places = {(each.need_id, each.absent_id): each.user.name for each in taken}
    apart = set(said.filter(interest=True).values_list("need_id", "user_id"))
    rows = [
        (
            each.declared_at, each.need.reference, each.user.name, each.get_step_display(), _what(each),
            places.get((each.need_id, each.user_id), "") if each.interest else "",
        )
        for each in said.filter(declared_at__year=year)
    ]  # fmt: skip
    rows += [
        (each.chosen_at, each.need.reference, each.absent.name, "", "pas de déclaration", each.user.name)
        for each in taken.filter(chosen_at__year=year)
        if (each.need_id, each.absent_id) not in apart
    ]
    return Table(f"Intérêts déclarés {year}", columns, sorted(rows, key=lambda row: row[0]))


def _what(each: InterestDeclaration) -> str:
    if not each.interest:
        return "aucun intérêt"
    return ", ".join(filter(None, ("un intérêt", each.firm, LINKS.get(each.link, "").lower())))
