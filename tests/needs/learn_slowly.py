"""Learn in a process of its own, one row every fifth of a second: `python -m tests.needs.learn_slowly VAR REGISTER FILE`."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from sourcier.matching import decp

rows = decp.rows


def slowly(read: Callable[[int], str]) -> Iterator[object]:
    """The rows, with time to be killed between them."""
    for each in rows(read):
        sys.stdout.write("reading\n")
        sys.stdout.flush()
        time.sleep(0.2)
        yield each


if __name__ == "__main__":
    settings.configure(VAR=sys.argv[1], REGISTER=sys.argv[2], USE_TZ=True, TIME_ZONE="Europe/Paris")
    decp.rows = slowly
    from sourcier.needs.learning import learn

    learn([Path(sys.argv[3])], lambda told: None)
