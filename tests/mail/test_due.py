import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from sourcier.mail import due
from sourcier.mail.models import DueRun, Notice
from sourcier.mail.tasks import wake_outbox
from sourcier.mail.upkeep import take_up_stalled_tasks
from tests.cities import City

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """What a test registers is forgotten after it."""
    kept = dict(due._TASKS)
    due._TASKS.clear()
    yield
    due._TASKS.clear()
    due._TASKS.update(kept)


def test_each_function_gets_the_time_and_its_count_is_told() -> None:
    now, seen = timezone.now(), []
    due.register_due("a", lambda moment: len(seen.append(moment) or [1, 2, 3]))
    assert due.run_due(now) == [due.Ran("a", 3)]
    assert seen == [now]


def test_a_failing_function_undoes_its_own_work_and_not_that_of_others(city: City) -> None:
    def fails(now: datetime) -> int:
        Notice.objects.create(user=city.buyer.user, key="x", sent_at=now)
        raise ValueError("mairie@ville.example")

    due.register_due("a", fails)
    due.register_due("b", lambda now: 1)
    assert due.run_due(timezone.now()) == [due.Ran("a", None, "ValueError"), due.Ran("b", 1)]
    assert not Notice.objects.exists()


def test_a_function_runs_at_most_once_per_period() -> None:
    now = timezone.now()
    due.register_due("a", lambda moment: 1, every=timedelta(minutes=1))
    counts = [due.run_due(now + timedelta(seconds=s))[0].count for s in (0, 10, 59, 60, 61)]
    assert counts == [1, None, None, 1, None]


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_do_the_work_once() -> None:
    done: list[int] = []

    def work(now: datetime) -> int:
        done.append(1)
        time.sleep(0.3)
        return 1

    due.register_due("a", work, every=timedelta(minutes=1))
    now = timezone.now()

    def tick() -> None:
        due.run_due(now)
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1]
    assert DueRun.objects.count() == 1


def test_the_command_tells_its_counts_and_fails_when_something_failed() -> None:
    due.register_due("relances", lambda now: 2)
    out = StringIO()
    call_command("tick", stdout=out)
    assert out.getvalue() == "relances : 2\n"

    def fails(now: datetime) -> int:
        raise ValueError

    due.register_due("relances", fails)
    with pytest.raises(SystemExit) as code:
        call_command("tick", "--json", stdout=out)
    assert code.value.code == 1
    assert out.getvalue().endswith('[{"name": "relances", "count": null, "error": "ValueError"}]\n')


def test_the_rooms_have_registered_what_is_due() -> None:
    from django.apps import apps

    apps.get_app_config("mail").ready()
    assert {"outbox", "stalled_tasks"} <= set(due._TASKS)


def test_a_wake_up_left_running_by_a_dead_worker_is_put_back() -> None:
    wake_outbox.enqueue()
    now = timezone.now()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=now, worker_ids=[uuid4().hex])
    assert take_up_stalled_tasks(now + timedelta(minutes=5)) == 0
    assert take_up_stalled_tasks(now + timedelta(minutes=11)) == 1
    assert DBTaskResult.objects.get().status == TaskResultStatus.READY


def test_a_wake_up_that_killed_five_workers_is_given_up_and_old_ones_are_forgotten() -> None:
    wake_outbox.enqueue()
    now = timezone.now()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=now - timedelta(hours=1), worker_ids=list("abcde"))
    take_up_stalled_tasks(now)
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED
    take_up_stalled_tasks(now + timedelta(days=8))
    assert not DBTaskResult.objects.exists()
