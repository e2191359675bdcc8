"""Appends and verification of a journal, beside plain SHA-256 of the same entries: `python bench/journal.py [ENTRIES]`.

One append is one transaction with one fsync, as in an action; the batch shares one transaction, as when many firms are asked.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID, uuid4


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
    from sourcier.journal.verify import verify

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
    entries = Entry.objects.filter(log_id=log)
    raws = [bytes(raw) for raw in entries.values_list("raw", flat=True)]
    total = len(raws)
    checked = timed("verify (texts, chains, tree, payloads)", total, lambda: verify(log).ok or sys.exit("not verified"))
    hashed = timed("peer: SHA-256 of the same entries in memory", total, lambda: [sha256(b"\0" + raw).digest() for raw in raws])
    print(f"verify costs {checked / hashed:.0f} times the bare hashing")
    last = entries.get(index=total - 1)
    text = proofs.receipt(last)
    timed("receipts", 100, lambda: [proofs.receipt(last) for _ in range(100)])
    print(f"a receipt: {len(text)} bytes for a tree of {total}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sourcier-bench-") as folder:
        os.environ["SOURCIER_VAR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "sourcier.project.settings"
        import django

        django.setup()
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
