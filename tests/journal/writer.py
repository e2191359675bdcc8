"""A process that appends until it is killed: `python -m tests.journal.writer DATABASE LOG`, printing an index a commit."""

import os
import sys
from uuid import UUID


def main(database: str, log_id: UUID) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sourcier.project.settings"
    from sourcier.project import settings

    settings.DATABASES["default"]["NAME"] = database
    import django

    django.setup()
    from django.db import transaction

    from sourcier.journal.actions import append
    from sourcier.journal.registry import Verb, register_verbs

    register_verbs([Verb("test.raced", "Course {n}.")])
    number = 0
    while True:
        with transaction.atomic():
            entry = append(log_id, UUID(int=number % 3), "test.raced", {"n": number})
        print(entry.index, flush=True)  # noqa: T201
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], UUID(sys.argv[2]))
