"""Wake-ups. What must happen is a row; a task only says that it is time to look."""

import logging

from django_tasks import task
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)


@task
def wake_outbox() -> int:
    """Send what is due, and ask to be called again when there is more. Returns how many messages were tried."""
    from sourcier.mail.outbox import PASS, send_due

    tried = send_due()
    if tried >= PASS:
        wake_soon()
    return tried


@task
def wake_texts() -> int:
    """Send the SMS that are due. Returns how many were tried."""
    from sourcier.mail.text_outbox import send_texts_due

    return send_texts_due()


def wake_soon() -> None:
    """Ask the worker to look at the outbox, once for all that waits. A failure here loses nothing: `tick` looks too."""
    if not DBTaskResult.objects.ready().filter(task_path=wake_outbox.module_path).exists():
        wake_outbox.enqueue()


def wake_texts_soon() -> None:
    """The same for the SMS."""
    if not DBTaskResult.objects.ready().filter(task_path=wake_texts.module_path).exists():
        wake_texts.enqueue()
