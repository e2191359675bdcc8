"""What the head of purchasing decides of what is kept; each act has its entry, in the stream of the operation."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.rules import insist
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel.french import PARIS, format_date
from sourcier.kernel.transitions import refuse
from sourcier.law.retention import CONTACT, CONTRACT, KINDS
from sourcier.retention import clocks, queries, rules
from sourcier.retention.clocks import today
from sourcier.retention.erasing import carry_out, plan
from sourcier.retention.models import Clock, Hold, Visa
from sourcier.retention.registry import LAST_CONTACTS, Scope
from sourcier.vault.actions import store
from sourcier.vault.queries import file_facts
from sourcier.vault.rules import is_picture_or_pdf


@transaction.atomic
def note_end(agent: Agent, operation_id: UUID, on: date | None) -> Clock:
    """The day the contract's execution ended; written again when it was wrong, as long as nothing is erased."""
    insist(rules.may_act(agent.roles))
    clock = _of_operation(agent, operation_id).filter(kind=CONTRACT, erased_at=None).first()
    if clock is None:
        raise refuse("no_contract", "Cet achat n'a pas de contrat à finir.")
    insist(rules.day_refusal(on, today(), after=clock.opened_at.astimezone(PARIS).date()), "on")
    rows = clocks.start(clock.organisation_id, CONTRACT, operation_id, on or today())
    said = {"name": agent.user.name, "on": on}
    append(agent.organisation.pk, operation_id, "retention.end_noted", said, actor=agent.id, rows=rows)
    return rows[0]


@transaction.atomic
def hold(agent: Agent, operation_id: UUID, reason: str) -> Hold:
    """« Mettre en attente : contentieux »: nothing of the operation, or of the year's file, is destroyed until it is lifted."""
    insist(rules.may_act(agent.roles))
    insist(rules.reason_refusal(reason), "reason")
    _require_operation(agent, operation_id)
    if _holds(agent, operation_id).exists():
        raise refuse("already_held", "Ce dossier est déjà en attente.")
    made = Hold.objects.create(
        organisation=agent.organisation, operation_id=operation_id, reason=reason.strip(), placed_by=agent.user,
        placed_at=timezone.now(),
    )  # fmt: skip
    said = {"name": agent.user.name, "reason": made.reason}
    append(agent.organisation.pk, operation_id, "retention.held", said, actor=agent.id, rows=[made])
    return made


@transaction.atomic
def release(agent: Agent, operation_id: UUID, reason: str) -> Hold:
    """The litigation is over: the clocks decide again."""
    insist(rules.may_act(agent.roles))
    insist(rules.reason_refusal(reason), "reason")
    held = _holds(agent, operation_id).select_for_update().first()
    if held is None:
        raise refuse("not_held", "Ce dossier n'est pas en attente.")
    held.lifted_by, held.lifted_at, held.lifted_reason = agent.user, timezone.now(), reason.strip()
    held.save(update_fields=["lifted_by", "lifted_at", "lifted_reason"])
    said = {"name": agent.user.name, "reason": held.lifted_reason}
    append(agent.organisation.pk, operation_id, "retention.released", said, actor=agent.id, rows=[held])
    return held


def record_visa(agent: Agent, operation_id: UUID, reference: str, signed_on: date | None, upload: UploadedFile | None) -> Visa:
    """The archives service signed the destruction of this operation's file: reference, day, and the paper itself."""
    insist(rules.may_act(agent.roles))
    _require_operation(agent, operation_id)
    if not reference.strip():
        raise refuse("reference", "Recopiez la référence du visa.", "reference")
    insist(rules.day_refusal(signed_on, today()), "signed_on")
    if upload is None:
        raise refuse("document", "Joignez le visa signé.", "document")
    file = store(agent.organisation.pk, upload)
    if not is_picture_or_pdf(file.media_type):
        raise refuse("document", "Joignez le visa signé, en PDF ou en photo.", "document")
    with transaction.atomic():
        visa = Visa.objects.create(
            organisation=agent.organisation, operation_id=operation_id, reference=reference.strip()[:80], signed_on=signed_on,
            file=file, recorded_by=agent.user, recorded_at=timezone.now(),
        )  # fmt: skip
        said = {
            "name": agent.user.name, "reference": visa.reference, "signed_on": visa.signed_on, "document": file_facts(file),
        }  # fmt: skip
        append(agent.organisation.pk, operation_id, "archives.signed", said, actor=agent.id, rows=[visa, file])
    return visa


@transaction.atomic
def destroy(agent: Agent, clock_id: UUID) -> Entry | None:
    """Destroy a record whose term is over: its rows are emptied, its contents and files gone; the entries stay, and verify."""
    insist(rules.may_act(agent.roles))
    clock = queries.visible(agent).select_for_update().get(pk=clock_id)
    insist(rules.may_erase(queries.facts(clock), today()))
    if clock.kind == CONTACT and (last := _last_contact(clock)) and clock.started_on and last > clock.started_on:
        raise refuse("recent", f"Cette entreprise a été contactée le {format_date(last)} : sa fin est repoussée d'autant.")
    covered = queries.scope(clock)
    ended = queries.ended_by(clock, covered)
    made = plan(covered)
    for each in ended:
        each.erased_at = timezone.now()
        each.save(update_fields=["erased_at"])
    return carry_out(made, _reason(clock, covered), agent, ended)


def renew_due(now: datetime) -> int:
    """For `tick`: a firm heard of since its term began is kept as long again, from that day."""
    done = 0
    over = Clock.objects.filter(kind=CONTACT, erased_at=None, ends_on__lt=now.astimezone(PARIS).date())
    for clock in over.order_by("pk"):
        last = _last_contact(clock)
        if last and clock.started_on and last > clock.started_on:
            with transaction.atomic():
                rows = clocks.start(clock.organisation_id, CONTACT, clock.subject_id, last)
                append(clock.organisation_id, None, "retention.renewed", {"ends_on": rows[0].ends_on}, rows=rows)
            done += 1
    return done


def _last_contact(clock: Clock) -> date | None:
    days = [reader(clock.organisation_id, [clock.subject_id]).get(clock.subject_id) for reader in LAST_CONTACTS]
    return max((day for day in days if day), default=None)


def _reason(clock: Clock, covered: Scope) -> str:
    """Why, under which rule, signed by which archives: what the dossier will say for ever."""
    what = "offres non retenues" if covered.losing else KINDS[clock.kind].lower()
    ended = format_date(clock.ends_on) if clock.ends_on else ""
    parts = [f"{what}, durée de {clock.years} ans écoulée le {ended} ({clock.article})"]
    visas: Collection[Visa] = Visa.objects.filter(organisation_id=clock.organisation_id, operation_id=clock.operation_id)
    if clock.operation_id and (visa := max(visas, key=lambda each: each.recorded_at, default=None)):
        parts.append(f"visa des archives {visa.reference} du {format_date(visa.signed_on)}")
    return " ; ".join(parts)


def _of_operation(agent: Agent, operation_id: UUID) -> "queries.QuerySet[Clock]":
    return queries.visible(agent).select_for_update().filter(operation_id=operation_id)


def _require_operation(agent: Agent, operation_id: UUID) -> None:
    """Raises `Clock.DoesNotExist` for an operation of another city."""
    if not queries.visible(agent).filter(operation_id=operation_id).exists():
        raise Clock.DoesNotExist


def _holds(agent: Agent, operation_id: UUID) -> "queries.QuerySet[Hold]":
    return Hold.objects.filter(organisation=agent.organisation, operation_id=operation_id, lifted_at=None)
