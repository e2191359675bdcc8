"""Lifts the triggers of the journal for the time of a test's flush, or of a deliberate alteration; nothing else may."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.test.testcases import TransactionTestCase

TABLES = ("journal_entry", "journal_node", "journal_checkpoint", "journal_payload")


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """What an administrator of the database could always do."""
    lift, restore = _sqlite() if connection.vendor == "sqlite" else _postgresql()
    _run(lift)
    try:
        yield
    finally:
        _run(restore)


def _run(statements: list[str]) -> None:
    connection.check_constraints()  # PostgreSQL alters no table while deferred checks wait
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _sqlite() -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    return [f"DROP TRIGGER {name}" for name, _ in triggers], [sql for _, sql in triggers]


def _postgresql() -> tuple[list[str], list[str]]:
    both = [[f"ALTER TABLE {table} {verb} TRIGGER USER" for table in TABLES] for verb in ("DISABLE", "ENABLE")]
    return both[0], both[1]


def lift_for_the_flush() -> None:
    """After a transactional test, every row is deleted, the triggers lifted.

    Django's own flush makes each file of PostgreSQL anew, then writes its types and permissions, which nothing here reads.
    """

    def delete_every_row(case: TransactionTestCase) -> None:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with triggers_lifted(), transaction.atomic(), connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608

    TransactionTestCase._fixture_teardown = delete_every_row  # type: ignore[method-assign]
