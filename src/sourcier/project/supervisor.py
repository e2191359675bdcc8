"""Keeps child processes alive: starts them, starts again one that dies, stops them all together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)
GRACE = 30.0
SHORT_LIFE = 10.0
MAX_SHORT_LIVES = 5
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A process to keep alive. `short_lives` counts deaths in a row soon after the start."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    short_lives: int = field(default=0)

    def start(self) -> None:
        # A session of its own: Ctrl+C reaches the supervisor alone, which stops the children in good order.
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=_die_with_parent)
        self.started = time.monotonic()

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None


class Supervisor:
    """Runs the children until `stop` is set. `run` returns 0, or 1 when a child cannot stay up."""

    def __init__(self, children: Sequence[Child], stop: threading.Event, *, pause: float = 0.5) -> None:
        self.children = children
        self.stop = stop
        self.pause = pause

    def run(self) -> int:
        try:
            for child in self.children:
                child.start()
            while not self.stop.wait(0.2):
                for child in self.children:
                    if not self._keep(child):
                        return 1
            return 0
        finally:
            self.stop_all()

    def _keep(self, child: Child) -> bool:
        """Start a dead child again, later and later. False when it dies at each start."""
        if child.died():
            assert child.process is not None  # noqa: S101 - for the type checker: `died` has seen it
            short = time.monotonic() - child.started < SHORT_LIFE
            child.short_lives = child.short_lives + 1 if short else 0
            logger.error("%s stopped with code %s", child.name, child.process.returncode)
            _sweep(child.process)
            if child.short_lives >= MAX_SHORT_LIVES:
                return False
            child.process = None
            child.restart_at = time.monotonic() + (2**child.short_lives - 1) * self.pause
        if child.process is None and time.monotonic() >= child.restart_at:
            child.start()
        return True

    def stop_all(self) -> None:
        """Ask all to stop, wait, then insist."""
        alive = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        end = time.monotonic() + GRACE
        for process in alive:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _sweep(process)


def _sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what a dead child left behind: a web server's own workers would go on holding the port."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _die_with_parent() -> None:
    """On Linux, a child is told to stop when its supervisor is killed: it would keep the port otherwise."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
