"""The key of a log renewed, lost or stolen: the next one is drawn beside it, and an entry says what became of the former.

The former file stays where it is: `journal verify` and old receipts need its public half alone, which the entry keeps.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sourcier.journal import key_line, keys
from sourcier.journal.actions import append
from sourcier.journal.key_line import LOST, RENEWED, STOLEN
from sourcier.journal.models import Entry, Log
from sourcier.kernel.notes import sign_note
from sourcier.kernel.transitions import refuse

MISSING = "La clé n'est pas sur le serveur : elle ne peut pas signer la suivante. Déclarez-la perdue."
THERE = "La clé est sur le serveur, et elle signe : elle n'est pas perdue. Vous pouvez la renouveler."


def renew(log_id: UUID, reason: str, actor: UUID) -> Entry:
    """The key signs the one that follows it (`key.renewed`). Raises `Refused` when it is not there to sign."""
    log = Log.objects.get(pk=log_id)
    try:
        private = keys.private_key(log)
    except keys.KeyMissing:
        raise refuse("key_missing", MISSING) from None
    old, new = bytes(log.public_key), keys.create_next(log_id)
    signed = sign_note(key_line.statement(log.origin, old, new), log.origin, private)
    return _replace(log_id, RENEWED, old, new, actor, reason=reason, statement=signed)


def declare_lost(log_id: UUID, reason: str, actor: UUID) -> Entry:
    """The key signs no more (`key.lost`). Raises `Refused` while it is there and signs."""
    log = Log.objects.get(pk=log_id)
    if signs(log):
        raise refuse("key_there", THERE)
    return _replace(log_id, LOST, bytes(log.public_key), keys.create_next(log_id), actor, reason=reason)


def declare_stolen(log_id: UUID, since: datetime, now: datetime, reason: str, actor: UUID) -> Entry:
    """What the key signed since then is doubtful (`key.stolen`). Raises `Refused` for a time to come."""
    if since > now:
        raise refuse("since_later", "Cette date est à venir. Écrivez depuis quand quelqu'un a pu avoir la clé.", "since")
    old = bytes(Log.objects.get(pk=log_id).public_key)
    return _replace(log_id, STOLEN, old, keys.create_next(log_id), actor, reason=reason, since=since)


def signs(log: Log) -> bool:
    """Is the key of the log on this machine?"""
    try:
        keys.private_key(log)
    except keys.KeyMissing:
        return False
    return True


@transaction.atomic
def _replace(log_id: UUID, verb: str, old: bytes, new: bytes, actor: UUID, **said: Any) -> Entry:
    """The new key is the log's from this entry on."""
    log = Log.objects.select_for_update().get(pk=log_id)
    if bytes(log.public_key) != old:
        raise refuse("key_changed", "La clé vient d'être changée par quelqu'un d'autre. Relisez la page.")
    log.public_key = new
    log.save(update_fields=["public_key"])
    payload = key_line.payload(old, new, fingerprint=keys.fingerprint_of(new), **said)
    return append(log_id, None, verb, payload, actor=actor)
