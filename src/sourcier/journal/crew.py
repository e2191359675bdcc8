"""Processes that check blocks of a journal at the same time, and give them back in order.

Imported by processes where Django is not ready yet: what needs it is imported once it is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from uuid import UUID

from sourcier.journal.block import Block, Job, Reader, check_block

# A process costs about a second to start: it must have that much to do.
WORTH = 50_000
AHEAD = 2
_readers: list[Reader] = []


@contextmanager
def crew(opening: Callable[[], Reader], processes: int) -> Iterator[Callable[[Iterable[Job]], Iterator[Block]]]:
    """As many processes, each reading by its own `opening()`, never more than a few blocks ahead of who takes them."""
    with ProcessPoolExecutor(processes, get_context("spawn"), _prepare, (opening,)) as pool:

        def work(jobs: Iterable[Job]) -> Iterator[Block]:
            under_way: deque[Future[Block]] = deque()
            for job in jobs:
                under_way.append(pool.submit(_check, job))
                if len(under_way) > AHEAD * processes:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()

        yield work


def useful(size: int, processes: int) -> int:
    """How many of these processes a journal of that size can keep busy."""
    return max(1, min(processes, size // WORTH))


def stored(log_id: UUID, database: str) -> Reader:
    """The journal `log_id` of the database of that name, read by a process of its own."""
    import django

    django.setup()
    from django.db import connection

    from sourcier.journal.stored import Stored

    connection.settings_dict["NAME"] = database
    return Stored(log_id)


def _prepare(opening: Callable[[], Reader]) -> None:
    _readers.append(opening())


def _check(job: Job) -> Block:
    return check_block(job, _readers[0])
