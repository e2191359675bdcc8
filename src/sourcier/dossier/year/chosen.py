"""What the year chose: each operation with its dossier, the single quotes with their notes, what was bought directly."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from sourcier.accounts.models import Organisation
from sourcier.direct.models import DirectPurchase
from sourcier.dossier.models import Export
from sourcier.interop.tables import Column, Kind, Table
from sourcier.journal.models import Entry
from sourcier.journal.queries import moment_of, payload_of
from sourcier.law.reasons import reason
from sourcier.needs.models import Need
from sourcier.quotes import single
from sourcier.quotes.models import Award, Submission
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.spend.models import Commitment

REPORT = "data/rapport.pdf"


def of_year(organisation: Organisation, year: int) -> list[Need]:
    """The operations begun or engaged that year, drafts aside, by reference."""
    engaged = Commitment.objects.filter(organisation=organisation, engaged_on__year=year).values("operation_id")
    found = Need.objects.filter(Q(created_at__year=year) | Q(pk__in=engaged), organisation=organisation)
    return list(found.exclude(state=Need.State.DRAFT).select_related("department", "family").order_by("reference"))


def operations(organisation: Organisation, needs: list[Need], year: int) -> Table:
    """One line each: who, what, the rule, how it was asked, what was chosen, and the entry that engages its last dossier."""
    asked, awards, exports = _asked(needs), _awards(needs), _dossiers(organisation, needs)
    columns = (
        Column("Référence"), Column("Objet"), Column("Service"), Column("État"), Column("Famille"),
        Column("Estimation HT", Kind.CENTS), Column("Règle gardée"), Column("Voie"), Column("Forme"),
        Column("Interrogées", Kind.INTEGER), Column("Réponses", Kind.INTEGER), Column("Choisie"),
        Column("Montant HT", Kind.CENTS), Column("Choix le", Kind.MOMENT), Column("Dossier pris le", Kind.MOMENT),
        Column("Entrée du journal", Kind.INTEGER), Column("Empreinte de l'entrée"), Column("SHA-256 du rapport"),
    )  # fmt: skip
    rows = []
    for need in needs:
        chosen = awards.get(need.pk, [])
        rows.append((
            need.reference, need.title or need.sentence, need.department.name, need.get_state_display(),
            f"{need.family.code} {need.family.label}" if need.family else "", need.estimate_cents,
            need.rule["title"] if need.rule else "pas vérifiée", need.get_lane_display(), *asked.get(need.pk, ("", None, None)),
            "\n".join(name for name, _, _ in chosen), sum(cents for _, cents, _ in chosen) if chosen else None,
            chosen[-1][2] if chosen else None, *exports.get(need.pk, (None, None, "", "")),
        ))  # fmt: skip
    notes = ("L'empreinte de l'entrée (SHA-256) engage chaque fichier du dossier : elle se retrouve dans le ZIP de cet achat.",)
    return Table(f"Opérations {year}", columns, rows, notes)


def _asked(needs: Iterable[Need]) -> dict[UUID, tuple[str, int, int | None]]:
    """Form of the last consultation sent, how many firms were asked; how many answered, once that may be known."""
    sent = Sourcing.objects.filter(need__in=needs, sent_at__isnull=False).order_by("sent_at")
    invited: defaultdict[UUID, int] = defaultdict(int)
    for pk in Invitation.objects.filter(sourcing__in=sent).exclude(channel="notice").values_list("sourcing_id", flat=True):
        invited[pk] += 1
    answers: defaultdict[UUID, int] = defaultdict(int)
    received = Submission.objects.filter(sourcing__in=sent, sourcing__opened_at__isnull=False, state="received", round=1)
    for pk in received.exclude(kind="decline").values_list("sourcing_id", flat=True):
        answers[pk] += 1
    return {
        each.need_id: (each.get_kind_display(), invited[each.pk], answers[each.pk] if each.opened_at else None) for each in sent
    }


def _awards(needs: Iterable[Need]) -> dict[UUID, list[tuple[str, int, datetime]]]:
    """Name, amount and moment of each choice, in their order; a direct purchase is one."""
    found: defaultdict[UUID, list[tuple[str, int, datetime]]] = defaultdict(list)
    made = Award.objects.filter(sourcing__need__in=needs, submission__isnull=False)
    for award in made.select_related("sourcing", "submission__firm", "submission__invitation").order_by("chosen_at", "pk"):
        if award.submission:
            found[award.sourcing.need_id].append((award.submission.firm.name, award.amount_cents, award.chosen_at))
    for bought in DirectPurchase.objects.filter(need__in=needs, cancelled_at=None).select_related("firm"):
        found[bought.need_id].append((bought.firm.name, bought.amount_cents, bought.recorded_at))
    return found


def _dossiers(organisation: Organisation, needs: Iterable[Need]) -> dict[UUID, tuple[datetime, int, str, str]]:
    """Of each operation its last whole dossier: when, its entry, the hash of that entry, that of its report."""
    exports = {each.need_id: each for each in Export.objects.filter(need__in=needs, communicable=False).order_by("made_at")}
    indexes = [each.entry_index for each in exports.values()]
    written = Entry.objects.filter(log_id=organisation.pk, index__in=indexes).select_related("payload")
    entries = {entry.index: entry for entry in written}
    found = {}
    for need_id, export in exports.items():
        entry = entries[export.entry_index]
        files = json.loads(bytes(entry.payload.body or b"{}")).get("files", {})
        found[need_id] = (export.made_at, entry.index, bytes(entry.leaf_hash).hex(), files.get(REPORT, ""))
    return found


def singles(needs: list[Need], entries: Iterable[Entry], year: int) -> Table:
    """Each price that came alone, with its note; what was bought directly, with its reasons."""
    references = {need.pk.hex: need for need in needs}
    columns = (
        Column("Référence"), Column("Objet"), Column("Service"), Column("Entreprise"), Column("Montant HT", Kind.CENTS),
        Column("Le", Kind.MOMENT), Column("Pourquoi une seule"), Column("Le marché"), Column("Le prix"),
    )  # fmt: skip
    rows = [row for entry in entries if (row := _single(references.get(entry.stream), entry))]
    bought = DirectPurchase.objects.filter(need__in=needs, cancelled_at=None, recorded_at__year=year)
    rows += [
        (
            each.need.reference, each.need.title or each.need.sentence, each.need.department.name, each.firm.name,
            each.amount_cents, each.recorded_at, "\n".join(reason(ticked).label for ticked in each.reasons), _shown(each.shown),
            each.note,
        )
        for each in bought.select_related("need__department", "firm").order_by("need__reference")
    ]  # fmt: skip
    return Table(f"Devis uniques {year}", columns, rows)


def _single(need: Need | None, entry: Entry) -> tuple[object, ...] | None:
    note = payload_of(entry)
    if need is None or note is None:
        return None
    return (
        need.reference, need.title or need.sentence, need.department.name, note["firm"], note["amount_cents"],
        moment_of(entry), *("\n".join(told(note)) for told in (single.why_one, single.market, single.price)),
    )  # fmt: skip


def _shown(seen: dict[str, Any]) -> str:
    """What the page told who bought directly."""
    said = [f"{seen['near']} autres entreprises à {seen['radius_m'] // 1000} km" if "near" in seen else "",
            f"prise {seen['taken_city']} fois en trois ans" if "taken_city" in seen else ""]  # fmt: skip
    return ", ".join(filter(None, said))
