"""« Corriger la demande » once it has left: the same words to all, at the same minute, with more time when it takes some."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.french import format_moment
from sourcier.kernel.transitions import refuse
from sourcier.sourcing import queries, rules, words
from sourcier.sourcing.actions.common import check, entry, load
from sourcier.sourcing.actions.common import words as typed
from sourcier.sourcing.actions.invite import move_deadline, tell_all
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import Correction, Relay, RequestDocument, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.vault.actions import store
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts

MAX_TEXT = 4_000


def correct(
    agent: Agent, sourcing_id: UUID, text: str, deadline: datetime | None = None, document: UploadedFile | None = None
) -> Correction:
    """Tell every firm what changes in the request, with a document and a later deadline when need be.

    Answers already given stay: each firm is told that it may change its own. Past the deadline a new one is needed, which
    opens the request again. The file is checked and written before any lock. Raises `Refused`.
    """
    check(agent, queries.get(agent, sourcing_id), Verb.CORRECT)
    file = store(agent.organisation.pk, document) if document else None
    return _correct(agent, sourcing_id, text, deadline, file)


@transaction.atomic
def _correct(agent: Agent, sourcing_id: UUID, text: str, deadline: datetime | None, file: File | None) -> Correction:
    sourcing = load(agent, sourcing_id, Verb.CORRECT)
    now = timezone.now()
    text = typed(text, MAX_TEXT, "text", required="Dites ce qui change : toutes les entreprises le liront.")
    if deadline is None and not rules.in_time(sourcing.deadline, now):
        raise refuse("past_deadline", "La date limite est passée : donnez-en une nouvelle, pour tous.", "deadline")
    rows: list[Model] = []
    if deadline is not None:
        rows.append(move_deadline(agent, sourcing, deadline, text[:1_000], now))
    if file is not None:
        rows += [_joined(sourcing, file), file]
    made = Correction.objects.create(sourcing=sourcing, text=text, file=file, made_by=agent.user, made_at=now)
    subject, body = words.correction_mail(brief(sourcing), text, file.name if file else "", moved=deadline is not None)
    rows += tell_all(sourcing, "correction", made.pk, subject, body, Relay.Subject.CORRECTION, _on_paper(text, deadline))
    entry(agent, sourcing, "request.corrected", _facts(made, sourcing, file), [made, *rows])
    return made


def _joined(sourcing: Sourcing, file: File) -> RequestDocument:
    if sourcing.documents.count() >= rules.MAX_DOCUMENTS:
        raise refuse("too_many", f"Au plus {rules.MAX_DOCUMENTS} documents.", "document")
    return RequestDocument.objects.get_or_create(sourcing=sourcing, file=file)[0]


def _on_paper(text: str, deadline: datetime | None) -> str:
    moved = f"\nNouvelle date limite : {format_moment(deadline)}." if deadline else ""
    return f"La demande change : {text}{moved}\nSi vous avez déjà répondu, vous pouvez changer votre réponse."


def _facts(made: Correction, sourcing: Sourcing, file: File | None) -> dict[str, Any]:
    facts = {"correction": made.pk, "text": made.text, "deadline_words": format_moment(sourcing.deadline)}
    return facts | ({"files": [file_facts(file)]} if file else {})
