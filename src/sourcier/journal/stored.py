"""Reads the parts of a journal from the database, in bulk: rows as the driver gives them, without a model for each.

The columns read are texts, numbers and bytes, which need no conversion; composing a query by the ORM would cost as much as
reading a thousand rows.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from sourcier.journal.block import Signed
from sourcier.journal.models import Checkpoint, Log

ROWS = """
    SELECT entry."index", entry.actor, entry.at, entry.payload_sha256, entry.prev, entry.seq, entry.stream, entry.verb,
        entry.raw, entry.leaf_hash, payload.entry_id, payload.salt, payload.body
    FROM journal_entry AS entry LEFT JOIN journal_payload AS payload ON payload.entry_id = entry.id
    WHERE entry.log_id = %s AND entry."index" >= %s AND entry."index" < %s ORDER BY entry."index"
"""
NODES = """
    SELECT position, hash FROM journal_node
    WHERE log_id = %s AND level = %s AND position >= %s AND position < %s ORDER BY position
"""


class Stored:
    """The journal `log_id` as the database holds it."""

    def __init__(self, log_id: UUID) -> None:
        self.log_id = log_id
        self._key = Log._meta.pk.get_db_prep_value(log_id, connection)

    def rows(self, start: int, end: int) -> Sequence[tuple[Any, ...]]:
        """Entries with their payloads, by their index."""
        return self._fetch(ROWS, start, end)

    def nodes(self, level: int, first: int, last: int) -> Sequence[tuple[int, bytes]]:
        """Subtrees of a level, by their position."""
        return self._fetch(NODES, level, first, last)

    def checkpoints(self, start: int, end: int) -> Sequence[Signed]:
        """Checkpoints by their size."""
        found = Checkpoint.objects.filter(log_id=self.log_id, size__gt=start, size__lte=end).order_by("size", "pk")
        return [Signed(*row) for row in found.values_list("size", "root", "text", "created_at")]

    def _fetch(self, sql: str, *parameters: int) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, (self._key, *parameters))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
