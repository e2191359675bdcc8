"""Appends to a journal and its full check, beside plain SHA-256 of the same: `python bench/journal.py [ENTRIES]`.

One append is one transaction with one fsync, as in an action; the batch shares one transaction, as when many firms are asked.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from filled import fill

GROWN = 50  # the journal that is checked has that many times the entries appended one by one


def timed(name: str, count: int, work: Callable[[], object]) -> float:
    """Run once, print entries a second; return the seconds."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(f"{name:<44} {count:>8} entries {seconds:>9.4f} s {count / seconds:>11.0f} /s")
    return seconds


def main(size: int) -> None:
    """Measure on a new SQLite file (or `SOURCIER_DATABASE_URL`)."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from sourcier.journal import proofs
    from sourcier.journal.actions import append, open_log
    from sourcier.journal.models import Entry
    from sourcier.journal.registry import Verb, register_verbs

    call_command("migrate", verbosity=0)
    register_verbs([Verb("bench.done", "Mesure {n}.")])
    log = open_log(uuid4(), f"bench/{uuid4().hex}").pk

    def one(number: int) -> None:
        append(log, UUID(int=number % 50), "bench.done", {"n": number, "label": "Baguette de tradition, 250 g"})

    def each_alone() -> None:
        for number in range(single):
            with transaction.atomic():
                one(number)

    def together() -> None:
        with transaction.atomic():
            for number in range(size):
                one(number)

    print(f"{connection.vendor}, Python {sys.version.split()[0]}")
    single = max(size // 10, 20)
    timed("append, one transaction each", single, each_alone)
    timed("append, one transaction for all", size, together)
    last = Entry.objects.get(log_id=log, index=single + size - 1)
    text = proofs.receipt(last)
    timed("receipts", 100, lambda: [proofs.receipt(last) for _ in range(100)])
    print(f"a receipt: {len(text)} bytes for a tree of {single + size}")
    check(open_log(uuid4(), f"bench/{uuid4().hex}").pk, size * GROWN)


def check(log: UUID, size: int) -> None:
    """A full check of a large journal, by one core and by two, beside the bare hashing of what it must hash."""
    from sourcier.journal.export_check import verify_export
    from sourcier.journal.exported import About, write
    from sourcier.journal.keys import line
    from sourcier.journal.models import Log, Node, Payload
    from sourcier.journal.stored import Stored
    from sourcier.journal.verify import verify

    fill(log, size)
    stored = Payload.objects.filter(entry__log_id=log).values_list("entry__raw", "salt", "body").iterator()
    hashed = [(b"\0" + raw, salt + body, bytes(65)) for raw, salt, body in stored]
    nodes = Node.objects.filter(log_id=log, level__gt=0).count()

    def bare() -> None:
        for entry, content, _ in hashed:
            sha256(entry).digest(), sha256(content).digest()
        for _, _, pair in hashed[:nodes]:
            sha256(pair).digest()

    peer = timed("peer: SHA-256 alone of the same, in memory", size, bare)
    export = Path(os.environ["SOURCIER_VAR"]) / "journal.zip"
    about = About(log, Log.objects.get(pk=log).origin, line(Log.objects.get(pk=log)), size)
    timed("export", size, lambda: write(about, Stored(log), export))
    print(f"an export: {export.stat().st_size / size:.0f} bytes an entry")
    checks = {"the database": partial(verify, log), "an export": partial(verify_export, export)}
    for source, check_it in checks.items():
        for processes in (1, 2):
            start = time.process_time()
            work = partial(check_it, processes=processes)
            seconds = timed(f"verify from {source}, processes: {processes}", size, lambda w=work: w().ok or sys.exit("not ok"))
            spent = time.process_time() - start if processes == 1 else 0.0
            print(f"  {seconds / peer:.1f} times the bare hashing" + (f"; {size / spent:.0f} /s of processor" if spent else ""))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sourcier-bench-") as folder:
        os.environ["SOURCIER_VAR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "sourcier.project.settings"
        import django

        django.setup()
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
