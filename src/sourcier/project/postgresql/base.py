"""Django's own backend, but for the strength of a row lock: `FOR NO KEY UPDATE` always.

Foreign keys are checked at the commit, when a transaction holds the log, the last of its locks: the check shares the key of a
row that another transaction may have locked before it waits for the log. With `FOR UPDATE` these two would block each other,
though no action changes a key. Two writers of the same row exclude each other as before.
"""

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations as Operations


class DatabaseOperations(Operations):
    def for_update_sql(self, *args: Any, **kwargs: Any) -> str:
        return super().for_update_sql(*args, **kwargs | {"no_key": True})


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
