"""Wake-ups that a dead worker left in the middle, and those that are long done."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

STALLED = timedelta(minutes=10)
KEPT = timedelta(days=7)
MAX_WORKERS = 5


@transaction.atomic
def take_up_stalled_tasks(now: datetime) -> int:
    """Put back what has been RUNNING too long: its worker was killed. Returns how many were put back.

    Nothing is lost meanwhile: a task only wakes, the work is a row. One that killed five workers is marked as failed.
    """
    stalled = list(DBTaskResult.objects.running().select_for_update(skip_locked=True).filter(started_at__lt=now - STALLED))
    for task in stalled:
        task.status = TaskResultStatus.READY if len(task.worker_ids) < MAX_WORKERS else TaskResultStatus.FAILED
        task.finished_at = None if task.status == TaskResultStatus.READY else timezone.now()
        task.save(update_fields=["status", "finished_at"])
    DBTaskResult.objects.finished().filter(finished_at__lt=now - KEPT).delete()
    return len(stalled)
