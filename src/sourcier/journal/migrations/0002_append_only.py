"""Entries, nodes, checkpoints and payloads refuse UPDATE, DELETE and TRUNCATE; a payload may be emptied by an erasure.

An erasure is known by its entry, `payload.erased`, which must then be the last of the log.
"""

from django.db import migrations

TABLES = ("journal_entry", "journal_node", "journal_checkpoint", "journal_payload")
MESSAGE = "the journal only grows"

# True when OLD becomes NEW by losing its content, right after the entry that says so.
EMPTYING = """
    NEW.entry_id = OLD.entry_id AND NEW.salt IS NULL AND NEW.body IS NULL AND EXISTS (
        SELECT 1 FROM journal_entry AS emptied
        JOIN journal_log AS log ON log.id = emptied.log_id
        JOIN journal_entry AS last ON last.log_id = log.id AND last."index" = log.size - 1
        WHERE emptied.id = OLD.entry_id AND last.id <> emptied.id AND last.verb = 'payload.erased'
    )
"""


def sqlite() -> list[str]:
    statements = []
    for table in TABLES:
        for event in ("UPDATE", "DELETE"):
            unless = f"WHEN NOT ({EMPTYING})" if (table, event) == ("journal_payload", "UPDATE") else ""
            statements.append(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {unless} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
    return statements


def postgresql() -> list[str]:
    refuse = f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';"
    statements = [
        f"CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse} END $$",
        "CREATE FUNCTION journal_refuse_unless_emptying() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {EMPTYING} THEN RETURN NEW; END IF; {refuse} END $$",
    ]
    for table in TABLES:
        update = "journal_refuse_unless_emptying" if table == "journal_payload" else "journal_refuse"
        for event, level, function in (
            ("UPDATE", "ROW", update),
            ("DELETE", "ROW", "journal_refuse"),
            ("TRUNCATE", "STATEMENT", "journal_refuse"),
        ):
            statements.append(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"FOR EACH {level} EXECUTE FUNCTION {function}()"
            )
    return statements


def guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in {"sqlite": sqlite, "postgresql": postgresql}[vendor]():
        schema_editor.execute(statement, params=None)


def unguard(apps, schema_editor):
    on_table = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for event in ("update", "delete", "truncate") if on_table else ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER {table}_no_{event}{f' ON {table}' if on_table else ''}")
    if on_table:
        schema_editor.execute("DROP FUNCTION journal_refuse_unless_emptying()")
        schema_editor.execute("DROP FUNCTION journal_refuse()")


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
