"""The verbs of ideas: a firm proposes; the city routes, checks who speaks, answers, and says how the answer was passed on."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Organisation
from sourcier.accounts.rules import insist
from sourcier.ideas import messages, queries, routing, rules
from sourcier.ideas.models import Idea
from sourcier.ideas.rules import Verb
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.receipts import draw_number
from sourcier.kernel.transitions import refuse
from sourcier.law.retention import CONTACT, IDEA
from sourcier.mail.models import OutgoingMessage
from sourcier.register import search as register
from sourcier.register.search import RegisterMissing
from sourcier.retention.clocks import begin, today
from sourcier.retention.erasing import carry_out, plan
from sourcier.retention.registry import Scope
from sourcier.retention.rules import may_act
from sourcier.sourcing import limits
from sourcier.sourcing.actions.common import words as typed
from sourcier.suppliers import rules as suppliers
from sourcier.suppliers.models import Firm, FirmKey
from sourcier.vault.actions import store
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts

PURCHASING = "le service des achats"


@dataclass(frozen=True, slots=True)
class Told:
    """What its author typed."""

    words: str
    name: str = ""
    siret: str = ""
    trade: str = ""
    email: str = ""


def propose(organisation: Organisation, told: Told, upload: UploadedFile | None, sender: str) -> Idea:
    """From the public page; `sender` (the visitor's network address) is only counted, as an HMAC. Raises `Refused`."""
    told = _clean(told)
    if not told.email:
        raise refuse("email", "Écrivez votre adresse électronique : la réponse y viendra.", "email")
    insist(rules.who_refusal(told.name, told.siret, told.trade), "name")
    now = timezone.now()
    limits.take("idea.sender", sender, rules.BY_SENDER, now)
    limits.take("idea.email", told.email, rules.BY_EMAIL, now)
    limits.take("idea.city", organisation.pk.hex, rules.BY_CITY, now)
    if upload and (upload.size or 0) > rules.LIGHT_FILE:
        raise refuse("heavy", "Ce fichier dépasse 5 Mo. Rien n'est perdu : envoyez-en un plus léger.", "file")
    return _keep(organisation, told, _store(organisation, upload), None)


def propose_as(key: FirmKey, told: Told, upload: UploadedFile | None) -> Idea:
    """From a firm's own place: the city knows who speaks."""
    firm = key.firm
    told = _clean(told)
    told = Told(told.words, firm.name, firm.siret, "", told.email)
    limits.take("idea.firm", firm.pk.hex, rules.BY_SENDER, timezone.now())
    return _keep(firm.organisation, told, _store(firm.organisation, upload), firm)


def _clean(told: Told) -> Told:
    words = typed(told.words, rules.LIMITS["words"], "words", required="Écrivez votre idée en quelques mots.")
    name, trade = (" ".join(typed(getattr(told, field), rules.LIMITS[field], field).split()) for field in ("name", "trade"))
    try:
        siret = parse_siret(told.siret) if told.siret.strip() else ""
        email = suppliers.clean_email(told.email) if told.email.strip() else ""
    except InvalidIdentifier as error:
        raise refuse("siret", str(error), "siret") from None
    except suppliers.Invalid as error:
        raise refuse("email", str(error), "email") from None
    return Told(words, name or _name_of(siret), siret, trade, email)


def _name_of(siret: str) -> str:
    """The register's name of this SIRET, when it may be said; a register that is missing keeps nobody from speaking."""
    try:
        found = register.by_siret(siret) if siret else None
    except RegisterMissing:
        found = None
    return found.name if found and found.disclosed else ""


def _store(organisation: Organisation, upload: UploadedFile | None) -> File | None:
    """Checked and on the disk before any lock."""
    return store(organisation.pk, upload) if upload else None


@transaction.atomic
def _keep(organisation: Organisation, told: Told, file: File | None, firm: Firm | None) -> Idea:
    route = routing.propose(organisation, f"{told.trade}\n{told.words}")
    taken = Idea.objects.filter(organisation=organisation)
    idea = Idea.objects.create(
        organisation=organisation, firm=firm, siret=told.siret, name=told.name, trade=told.trade, words=told.words,
        email=told.email, file=file, department=route.department, family=route.family, routed_because=route.because,
        received_at=timezone.now(), answer_by=rules.answer_by(today(), organisation.idea_days),
        receipt_number=draw_number(secrets.choice, lambda number: taken.filter(receipt_number=number).exists()),
    )  # fmt: skip
    clock = begin(organisation.pk, IDEA, idea.pk, on=today())
    messages.send_received(idea)
    payload = {
        "idea": idea.pk, "number": idea.receipt_number, "firm": idea.named, "siret": idea.siret, "email": idea.email,
        "trade": idea.trade, "words": idea.words, "file": file_facts(file) if file else None, "answer_by": idea.answer_by,
        "department": _named(route.department), "because": route.because,
    }  # fmt: skip
    rows: list[Model] = [idea, clock, *([file] if file else [])]
    if firm:
        rows.append(begin(organisation.pk, CONTACT, firm.pk, on=today()))
    entry = append(organisation.pk, None, "idea.received", payload, actor=firm.pk if firm else None, rows=rows)
    Idea.objects.filter(pk=idea.pk).update(entry_id=entry.pk)
    idea.entry_id = entry.pk
    return idea


def _named(department: Department | None) -> str:
    return department.name if department else PURCHASING


@transaction.atomic
def route(agent: Agent, idea_id: UUID, department_id: UUID | None) -> Idea:
    """A person knows better who should read it; None: the purchasing service. The delay stays the same."""
    idea = _lock(agent, idea_id, Verb.ROUTE)
    department = agent.organisation.departments.get(pk=department_id) if department_id else None
    if department == idea.department:
        raise refuse("same", "Cette idée y est déjà. Choisissez une autre direction.", "department")
    idea.department = department
    idea.routed_because = f"Orientée par {agent.user.name}."[:300]
    idea.save()
    _entry(agent, idea, "idea.routed", department=_named(department))
    return idea


@transaction.atomic
def check_identity(agent: Agent, idea_id: UUID, how: str) -> Idea:
    """Somebody has checked who speaks: `how`."""
    idea = _lock(agent, idea_id, Verb.CHECK)
    if not idea.unverified:
        raise refuse("checked", "L'identité est déjà vérifiée.")
    required = "Dites comment vous avez vérifié : rappel au numéro du répertoire, Kbis au guichet…"
    idea.identity_how = typed(how, rules.LIMITS["how"], "how", required=required)
    idea.identity_checked_at, idea.identity_checked_by = timezone.now(), agent.user
    idea.save()
    _entry(agent, idea, "idea.checked", how=idea.identity_how)
    return idea


@transaction.atomic
def answer(agent: Agent, idea_id: UUID, text: str) -> Idea:
    """Once: it leaves by e-mail at once, or waits for somebody to pass it on."""
    idea = _lock(agent, idea_id, Verb.ANSWER)
    idea.answer = typed(text, rules.LIMITS["answer"], "answer", required="Écrivez votre réponse à l'entreprise.")
    idea.state, idea.answered_at, idea.answered_by = Idea.State.ANSWERED, timezone.now(), agent.user
    idea.save()
    clock = begin(idea.organisation_id, IDEA, idea.pk, on=today())
    messages.send_answer(idea)
    _entry(agent, idea, "idea.answered", clock, answer=idea.answer)
    return idea


@transaction.atomic
def mark_told(agent: Agent, idea_id: UUID, how: str) -> Idea:
    """By post, by telephone, at the counter: when no e-mail reaches its author."""
    idea = _lock(agent, idea_id, Verb.TELL)
    if idea.told_at:
        raise refuse("told", "Cette réponse est déjà transmise.")
    idea.told_how = typed(how, rules.LIMITS["how"], "how", required="Dites comment : par téléphone, par courrier, au guichet…")
    idea.told_at = timezone.now()
    idea.save()
    _entry(agent, idea, "idea.told", how=idea.told_how)
    return idea


@transaction.atomic
def forget(agent: Agent, idea_id: UUID) -> Entry | None:
    """Its author asks: the idea, its document, the answer and the messages about it are destroyed. Raises `Refused`."""
    insist(may_act(agent.roles))
    idea = queries.visible(agent).select_for_update(of=("self",)).get(pk=idea_id)
    if idea.state == Idea.State.ERASED:
        raise refuse("erased", "Cette idée est déjà effacée.")
    return carry_out(plan(Scope(idea.organisation_id, IDEA, idea.pk)), "idée, à la demande de la personne", agent)


def record_delivery(message: OutgoingMessage) -> None:
    """What became of the e-mail that carries an answer, in the transaction that records it."""
    idea = Idea.objects.select_for_update(of=("self",)).filter(pk=message.subject_id, told_at=None).first()
    if idea is None:
        return
    sent = message.state == OutgoingMessage.State.SENT
    idea.told_at, idea.told_how = (timezone.now(), "par courriel") if sent else (None, "L'adresse est en échec.")
    idea.save()
    payload = {"idea": idea.pk, "number": idea.receipt_number, "how": idea.told_how}
    append(idea.organisation_id, None, "idea.told" if sent else "idea.untold", payload, rows=[idea])


def _lock(agent: Agent, idea_id: UUID, verb: Verb) -> Idea:
    """Raises `Idea.DoesNotExist`, `Refused`."""
    idea = queries.visible(agent).select_related("organisation").select_for_update(of=("self",)).get(pk=idea_id)
    insist(queries.refusal(agent, idea, verb))
    return idea


def _entry(agent: Agent, idea: Idea, verb: str, *rows: Model, **said: object) -> None:
    payload = {"name": agent.user.name, "idea": idea.pk, "number": idea.receipt_number, **said}
    append(idea.organisation_id, None, verb, payload, actor=agent.id, rows=[idea, *rows])
