"""Department and buyer talk on the need: messages and files, all in the journal."""

from collections.abc import Sequence
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import queries
from sourcier.needs.actions.common import check, clean_text, load
from sourcier.needs.models import NeedMessage
from sourcier.needs.rules import Verb
from sourcier.vault.actions import store
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts


def say(agent: Agent, need_id: UUID, text: str, files: Sequence[UploadedFile] = ()) -> NeedMessage:
    """Write a message on the need, with files: they are checked and on disk before any lock."""
    check(agent, queries.visible(agent).get(pk=need_id), Verb.SAY)
    clean_text("text", text, required=True)
    return say_with(agent, need_id, text, [_keep(agent, upload) for upload in files])


@transaction.atomic
def say_with(agent: Agent, need_id: UUID, text: str, stored: Sequence[File]) -> NeedMessage:
    """`say`, with files that are in the vault already."""
    text = clean_text("text", text, required=True)
    need = load(agent, need_id)
    check(agent, need, Verb.SAY)
    side = queries.side(agent, need)
    message = NeedMessage.objects.create(need=need, author=agent.user, side=side, text=text, created_at=timezone.now())
    message.files.set(stored)
    attached = [{"file": file.pk, **file_facts(file)} for file in stored]
    payload = {"name": agent.user.name, "text": text, "files": attached}
    append(agent.organisation.pk, need.pk, "need.said", payload, actor=agent.id, rows=[message, *stored])
    return message


def _keep(agent: Agent, upload: UploadedFile) -> File:
    """One of several files: a refusal says which."""
    try:
        return store(agent.organisation.pk, upload)
    except Refused as refused:
        raise refuse(refused.refusal.code, f"« {(upload.name or 'fichier')[:60]} » : {refused.sentence}", "files") from None


@transaction.atomic
def settle(agent: Agent, need_id: UUID) -> NeedMessage:
    """« Rien à répondre »: the last message of the other side waits no more."""
    need = load(agent, need_id)
    check(agent, need, Verb.SAY)
    message = queries.waiting_message(need, queries.side(agent, need))
    if message is None:
        raise refuse("nothing_waits", "Aucun message n'attend de réponse.")
    message.settled_at = timezone.now()
    message.save(update_fields=["settled_at"])
    payload = {"name": agent.user.name, "message": message.pk}
    append(agent.organisation.pk, need.pk, "need.message_settled", payload, actor=agent.id, rows=[message])
    return message
