"""Many at once: nobody is lost, and what each firm reads is what the journal has."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from sourcier.journal.models import Log
from sourcier.sourcing.actions.closing import close_due
from sourcier.sourcing.models import Sourcing
from tests.faults.crowd import crowd, prepare
from tests.faults.whole import answered

LONG = "SOURCIER_KILLS" in os.environ
pytestmark = pytest.mark.django_db(transaction=True)
IN_THE_LAST_MINUTE = 300


def test_ten_processes_that_write_at_once_all_have_their_receipts(tmp_path: Path) -> None:
    firms = prepare(20, timezone.now() + timedelta(days=1))
    with crowd(tmp_path) as answering:
        answering.carry_out({"firms": firms, "processes": 10})
        assert answering.faults() == []
        given = [read for read in answering.told() if read.get("proof")]
    assert {read["firm"] for read in given} == {firm["token"] for firm in firms}
    assert len({read["number"] for read in given}) == len(firms)


@pytest.mark.skipif(bool(os.environ.get("SOURCIER_DATABASE_URL")) and not LONG, reason="on PostgreSQL, in the long run")
def test_three_hundred_firms_in_the_last_minute_are_each_told_in_time_or_too_late_as_it_is_written(tmp_path: Path) -> None:
    """The deadline passes, and the request is closed, while they answer."""
    firms = prepare(IN_THE_LAST_MINUTE, timezone.now() + timedelta(days=1), lines=1)
    with crowd(tmp_path) as answering:
        answering.start({"firms": firms, "processes": 2, "threads": 4, "acts": ["without_document", "decline"], "quick": True})
        while len(answering.told()) < IN_THE_LAST_MINUTE // 2:
            time.sleep(0.05)
        Sourcing.objects.update(deadline=timezone.now(), next_check=timezone.now())
        close_due(timezone.now())
        answering.wait()
        faults = answering.faults()
        told = answering.told()
    late = {read["firm"] for read in told if read.get("late")}
    assert faults == []
    assert len(late) > 20 and len({read["firm"] for read in told if read.get("number")}) == IN_THE_LAST_MINUTE
    assert answered(Log.objects.get()) == {firm["author"] for firm in firms}
