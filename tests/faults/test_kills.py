"""`kill -9` at random moments, while firms answer: no receipt given is without its entry, its payload and its file.

`SOURCIER_KILLS` is how many; `python bench/faults.py` asks for many more.
"""

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from sourcier.journal.models import Log
from sourcier.vault.models import File
from tests.faults.crowd import crowd, prepare

KILLS = int(os.environ.get("SOURCIER_KILLS", "20"))
FIRMS = 60
LONGEST_LIFE = 0.4  # seconds, from the first receipt given
ACTS = ["answer", "answer", "without_document", "answer_then_withdraw", "decline", "question"]


@pytest.mark.django_db(transaction=True)
def test_a_receipt_given_before_a_kill_keeps_its_entry_its_payload_and_its_file(tmp_path: Path) -> None:
    firms = prepare(FIRMS, timezone.now() + timedelta(days=1))
    with crowd(tmp_path) as answering:
        for kill in range(KILLS):
            first = kill % FIRMS
            turn = firms[first:] + firms[:first]
            answering.start({"firms": turn, "acts": ACTS, "again": True, "processes": 2, "threads": 2})
            answering.wait_for(lambda read: "proof" in read)
            time.sleep(random.uniform(0, LONGEST_LIFE))
            answering.kill(signal.SIGKILL)
            assert answering.faults() == []
        told = answering.told()
    assert len([read for read in told if read.get("proof")]) >= KILLS // 4  # fewer on a machine that does other things
    assert File.objects.count() and Log.objects.get().size > KILLS
