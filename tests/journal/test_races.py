"""Many writers at once, and one that dies in the middle: the tree stays whole."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from sourcier.journal import proofs
from sourcier.journal.actions import append, erase
from sourcier.journal.models import Entry, Log
from sourcier.journal.verify import verify

Write = Callable[..., Entry]
WRITERS, EACH = 10, 12
PAUSE_S = 0.01


@pytest.mark.django_db(transaction=True)
def test_ten_writers_at_once_leave_contiguous_indexes_and_whole_chains(write: Write) -> None:
    log = Log.objects.get()
    operations = [uuid4() for _ in range(3)]

    def work(writer: int) -> list[int]:
        try:
            indexes = []
            for number in range(EACH):
                with transaction.atomic():
                    indexes.append(append(log.pk, operations[(writer + number) % 3], "test.done", {"n": number}).index)
                if number % 4 == writer % 4:
                    proofs.checkpoint(log.pk)
            return indexes
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        written = [index for indexes in pool.map(work, range(WRITERS)) for index in indexes]
    assert sorted(written) == list(range(log.size, log.size + WRITERS * EACH))
    report = verify(log.pk)
    assert report.ok, report.problems
    assert report.size == log.size + WRITERS * EACH
    assert report.checkpoints > 0


@pytest.mark.django_db(transaction=True)
def test_a_verification_beside_a_writer_raises_no_false_alarm(city: object, write: Write) -> None:
    log = Log.objects.get()
    place = city.place  # type: ignore[attr-defined]
    stop: list[bool] = []

    def rewrite() -> None:
        try:
            while not stop:
                with transaction.atomic():
                    place.lat_e6 += 1
                    place.save()
                    append(log.pk, None, "test.done", {}, rows=[place])
                time.sleep(PAUSE_S)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(rewrite)
        reports = [verify(log.pk) for _ in range(8)]
        stop.append(True)
        running.result()
    assert [report.problems for report in reports] == [()] * 8


@pytest.mark.django_db(transaction=True)
def test_a_verification_beside_an_erasure_raises_no_false_alarm(write: Write) -> None:
    log = Log.objects.get()
    indexes = [write().index for _ in range(40)]

    def erase_one_by_one() -> None:
        try:
            for index in indexes:
                erase(log.pk, [index], "fin de conservation")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(erase_one_by_one)
        reports = []
        while not running.done():
            reports.append(verify(log.pk))
        running.result()
    assert [report.problems for report in reports] == [()] * len(reports)


@pytest.mark.django_db(transaction=True)
def test_a_writer_killed_in_the_middle_leaves_a_whole_tree_with_all_it_had_confirmed(write: Write) -> None:
    log_id = Log.objects.get().pk
    confirmed = 0
    for delay in (0.0, 0.013, 0.029):
        confirmed = max(confirmed, _write_then_die(log_id, delay))
        report = verify(log_id)
        assert report.ok, report.problems
        assert report.size > confirmed
    write(stream=UUID(int=0))
    assert verify(log_id).ok


def _write_then_die(log_id: UUID, delay: float) -> int:
    """Start a writer, let it confirm ten entries, kill it `delay` seconds later; return the last index it confirmed."""
    command = [sys.executable, "-m", "tests.journal.writer", str(connection.settings_dict["NAME"]), log_id.hex]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        lines = [writer.stdout.readline() for _ in range(10)]
        time.sleep(delay)
        writer.kill()
        lines += writer.stdout.readlines()
    return max(int(line) for line in lines if line.endswith("\n"))
