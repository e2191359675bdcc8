"""Record a direct purchase, cancel it, or ask others instead. What came is in the vault before any lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Organisation
from sourcier.direct import queries, rules
from sourcier.direct.models import DirectPurchase
from sourcier.direct.parties import Party, party
from sourcier.journal.actions import append
from sourcier.kernel.french import PARIS
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refused, refuse
from sourcier.law.reasons import reason
from sourcier.law.retention import CONTRACT, PROCEDURE
from sourcier.needs import actions as needs
from sourcier.needs import queries as needs_queries
from sourcier.needs.models import Need
from sourcier.register import search as register
from sourcier.retention import clocks
from sourcier.sourcing.actions import panel
from sourcier.sourcing.known_firms import exclusions
from sourcier.spend.actions import commit, undo
from sourcier.spend.models import Family
from sourcier.suppliers.actions import meet
from sourcier.vault.actions import store
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts

Uploads = Sequence[UploadedFile]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the page holds. `amount_cents` is before tax; `typed_cents` as it was written, with the rate it includes, if any."""

    department: Department
    sentence: str
    siret: str
    amount_cents: int | None
    typed_cents: int
    vat_bp: int | None
    family: Family | None
    reasons: tuple[str, ...] = ()
    note: str = ""


def record(agent: Agent, typed: Typed, uploads: Uploads, key: str) -> DirectPurchase:
    """One purchase, its need, its commitment and its papers. The same `key` sent again gives back what it made."""
    if made := _made(agent, key):
        return made.direct_purchase
    _check(agent, typed)
    chosen = _party(agent, typed)
    stored = _keep(agent, uploads)
    return _record(agent, typed, chosen, stored, key)


@transaction.atomic
def _record(agent: Agent, typed: Typed, chosen: Party, stored: Sequence[File], key: str) -> DirectPurchase:
    # Two purchases of a family at once wait for one another: together they may reach the limit.
    Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    if made := _made(agent, key):
        return made.direct_purchase
    rule = _check(agent, typed)
    now = timezone.now()
    today = now.astimezone(PARIS).date()
    seen = queries.look(agent, typed.department, typed.sentence, chosen, typed.family, typed.amount_cents, today)
    need = needs.start_whole(
        agent, queries.operation_id(agent, key), typed.department, typed.sentence, family=typed.family,
        estimate_cents=typed.amount_cents, direct=True, rule=rule,
    )  # fmt: skip
    need = needs.mark_bought(need)
    firm = meet(agent.organisation, chosen.source, "register")
    purchase = DirectPurchase.objects.create(
        organisation=agent.organisation, need=need, firm=firm, amount_cents=typed.amount_cents, typed_cents=typed.typed_cents,
        vat_bp=typed.vat_bp, reasons=list(typed.reasons), note=typed.note.strip(), shown=seen.kept(),
        recorded_by=agent.user, recorded_at=now,
    )  # fmt: skip
    purchase.files.set(stored)
    commitment = commit(
        agent, award_id=purchase.pk, operation_id=need.pk, family=need.family, department=need.department, siret=firm.siret,
        supplier=firm.name, label=need.title, amount_cents=purchase.amount_cents, engaged_on=today,
    )  # fmt: skip
    terms = [
        *clocks.start(need.organisation_id, PROCEDURE, need.pk, now, "l'achat direct"),
        clocks.begin(need.organisation_id, CONTRACT, need.pk, operation_id=need.pk, nature=need.kind),
    ]
    told = _told(agent, purchase, stored)
    append(
        agent.organisation.pk, need.pk, "direct.recorded", told, actor=agent.id,
        rows=[need, purchase, commitment, firm, *terms, *stored],
    )  # fmt: skip
    return purchase


def _told(agent: Agent, purchase: DirectPurchase, stored: Sequence[File]) -> dict[str, Any]:
    ticked = [reason(each) for each in purchase.reasons]
    return {
        "name": agent.user.name,
        "firm": purchase.firm.name,
        "siret": purchase.firm.siret,
        "amount": format_cents(purchase.amount_cents),
        "amount_cents": purchase.amount_cents,
        "why": " ; ".join(each.label for each in ticked),
        "reasons": [
            {"id": each.id, "label": each.label, "article": each.article, "confidence": each.confidence} for each in ticked
        ],
        "note": purchase.note,
        "shown": purchase.shown,
        "files": [{"file": file.pk, **file_facts(file)} for file in stored],
    }


@transaction.atomic
def cancel(agent: Agent, need_id: UUID, why: str) -> DirectPurchase:
    """« Annuler cet achat »: nothing is engaged any more, and all that was recorded stays to be read."""
    need = needs_queries.visible(agent).select_for_update().get(pk=need_id)
    purchase = DirectPurchase.objects.select_for_update(of=("self",)).select_related("firm").get(need=need)
    if refusal := rules.may_cancel(needs_queries.roles_for(agent, need.department_id), purchase.cancelled_at is not None):
        raise Refused(refusal)
    why = " ".join(why.replace("\x00", "").split())
    if not why:
        raise refuse("required", "Dites pourquoi : le dossier gardera votre raison.", "reason")
    if len(why) > rules.LENGTHS["cancel_reason"]:
        raise refuse("too_long", f"Écrivez {rules.LENGTHS['cancel_reason']} caractères au plus. Rien n'est perdu.", "reason")
    now = timezone.now()
    purchase.cancelled_by, purchase.cancelled_at, purchase.cancel_reason = agent.user, now, why
    purchase.save(update_fields=["cancelled_by", "cancelled_at", "cancel_reason"])
    need = needs.mark_cancelled(need, why)
    commitment = undo(purchase.pk)
    event = "l'annulation de l'achat"
    terms = [clock for kind in (PROCEDURE, CONTRACT) for clock in clocks.start(need.organisation_id, kind, need.pk, now, event)]
    told = {"name": agent.user.name, "firm": purchase.firm.name, "amount_cents": purchase.amount_cents, "reason": why}
    append(agent.organisation.pk, need.pk, "direct.cancelled", told, actor=agent.id, rows=[need, purchase, commitment, *terms])
    return purchase


def ask_others(agent: Agent, typed: Typed, uploads: Uploads, key: str) -> Need:
    """« Demander aussi un devis à 3 autres »: nothing is bought. A need with all that was typed; for a buyer, accepted, with a
    request whose panel keeps this firm and the three nearest of its trade."""
    if made := _made(agent, key):
        return made
    _check_who(agent, typed)
    if typed.amount_cents is None or typed.amount_cents <= 0:
        raise refuse("amount", "Écrivez un montant plus grand que zéro, par exemple 240.", "amount")
    chosen = _party(agent, typed) if typed.siret else None
    stored = _keep(agent, uploads)
    return _ask_others(agent, typed, chosen, stored, key)


@transaction.atomic
def _ask_others(agent: Agent, typed: Typed, chosen: Party | None, stored: Sequence[File], key: str) -> Need:
    Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    if made := _made(agent, key):
        return made
    roles = needs_queries.roles_for(agent, typed.department.pk)
    buys = not rules.PURCHASING.isdisjoint(roles)
    need = needs.start_whole(
        agent, queries.operation_id(agent, key), typed.department, typed.sentence, family=typed.family, sent=buys,
        estimate_cents=typed.amount_cents,
    )  # fmt: skip
    around = queries.centres(agent, typed.department)
    activities = queries.trade(agent.organisation, typed.family, typed.sentence)
    found = queries.near(activities, around, chosen)
    others = _nearest(agent, activities, around, found, chosen)
    if not buys:
        needs.tick_activities(agent, need.pk, activities, by_hand=False)
        _tell(agent, need, typed, chosen, others, stored)
        return needs.submit(agent, need.pk)
    need = needs.accept(agent, need.pk)
    _tell(agent, need, typed, chosen, others, stored)
    needs.tick_activities(agent, need.pk, activities, by_hand=False)
    if typed.family:
        rule = needs_queries.rule_of_day(need, typed.family, typed.family.kind, timezone.localdate())
        needs.keep_rule(agent, need.pk, typed.family, typed.family.kind, rule)
    named = chosen.siret if chosen and _may_be_asked(agent, chosen) else ""
    panel.start_with(
        agent, need.pk, activities, found.radius_m if found else None, [each.siret for each in others], named
    )  # fmt: skip
    return need


def _may_be_asked(agent: Agent, chosen: Party) -> bool:
    """One may buy from a firm that may not be written to, or that the register does not know."""
    return bool(getattr(chosen.source, "disclosed", False)) and not exclusions(agent.organisation.pk, [chosen.siret])


def _nearest(
    agent: Agent, activities: Sequence[Any], around: Sequence[Any], found: queries.Near | None, chosen: Party | None
) -> list[Any]:
    """The three nearest others that may be written to."""
    if found is None:
        return []
    rows = register.search(activities, around, found.radius_m, limit=30).rows
    left_out = {*exclusions(agent.organisation.pk, [row.siret for row in rows]), chosen.siret if chosen else ""}
    return [row for row in rows if row.siret not in left_out][: rules.OTHERS]


def _tell(agent: Agent, need: Need, typed: Typed, chosen: Party | None, others: Sequence[Any], stored: Sequence[File]) -> None:
    """What the page held beside the need, as its first message: who was thought of, who else is near, the papers."""
    lines = []
    if chosen:
        lines.append(f"Prix connu : {format_cents(typed.amount_cents or 0)} HT, {chosen.name} (SIRET {chosen.shown_siret}).")
    if typed.note.strip():
        lines.append(typed.note.strip())
    if others:
        lines.append("Autres entreprises proches : " + ", ".join(each.name for each in others) + ".")
    if lines or stored:
        needs.say_with(agent, need.pk, "\n".join(lines) or "Pièces jointes.", stored)


def _made(agent: Agent, key: str) -> Need | None:
    """What this page has made already."""
    found = Need.objects.filter(organisation=agent.organisation, pk=queries.operation_id(agent, key))
    return found.select_related("direct_purchase").first()


def _check(agent: Agent, typed: Typed) -> dict[str, Any]:
    """Raise `Refused` beside its field, else the rule of the day."""
    _check_who(agent, typed)
    below = Organisation.objects.values_list("direct_below_cents", flat=True).get(pk=agent.organisation.pk)
    if refusal := rules.amount_refusal(typed.amount_cents, below):
        raise Refused(refusal, "amount")
    if typed.family is None:
        raise refuse("family", "Confirmez la famille : elle dit ce qui s'additionne dans l'année.", "family")
    if problem := rules.why_refusal(typed.reasons, typed.note):
        raise Refused(problem[1], problem[0])
    if len(typed.note) > rules.LENGTHS["note"]:
        raise refuse("too_long", f"Écrivez {rules.LENGTHS['note']} caractères au plus. Rien n'est perdu.", "note")
    rule = queries.rule_of(agent, typed.family, typed.amount_cents or 0, timezone.localdate())
    if refusal := queries.why_a_need(agent, typed.sentence, typed.family, typed.amount_cents or 0, rule):
        raise Refused(refusal, "amount" if refusal.code != "contract_exists" else "family")
    return rule


def _check_who(agent: Agent, typed: Typed) -> None:
    if typed.department not in needs_queries.served_departments(agent):
        raise PermissionDenied
    if typed.family is not None and typed.family.organisation_id != agent.organisation.pk:
        raise Family.DoesNotExist


def _party(agent: Agent, typed: Typed) -> Party:
    if not typed.siret:
        raise refuse("who", "Choisissez l'entreprise dans la liste, ou écrivez son SIRET.", "who")
    return party(agent, typed.siret, queries.centres(agent, typed.department))


def _keep(agent: Agent, uploads: Uploads) -> list[File]:
    """Photographs and PDF alone: a quote or a ticket. A refusal says which file."""
    if len(uploads) > rules.MAX_FILES:
        raise refuse("too_many", f"Joignez {rules.MAX_FILES} pièces au plus.", "files")
    kept = []
    for upload in uploads:
        named = f"« {(upload.name or 'fichier')[:60]} »"
        try:
            file = store(agent.organisation.pk, upload)
        except Refused as refused:
            raise refuse(refused.refusal.code, f"{named} : {refused.sentence}", "files") from None
        if not file.media_type.startswith("image/") and file.media_type != "application/pdf":
            raise refuse(
                "not_a_paper", f"{named} n'est ni une photo ni un PDF. Le reste est gardé : joignez-la de nouveau.", "files"
            )
        kept.append(file)
    return kept
