"""The hour of the baker."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.quotes.requests import BEFORE
from tests.web.firm import Clock


@pytest.fixture
def five_in_the_morning() -> Iterator[Clock]:
    """A morning before the deadline; it goes on, and can be moved."""
    with time_machine.travel(BEFORE, tick=True) as clock:
        yield clock
