"""PDF files are read in a process of their own, under limits: a page of a few kilobytes may unpack to gigabytes.

The limits are those of the kernel, since the library that reads PDFs has none. The child knows no secret of the server (its
environment is empty), opens no database and can write no file.
"""

import json
import logging
import os
import resource
import subprocess
import sys
from contextlib import suppress

from sourcier.kernel.transitions import Refused, refuse

logger = logging.getLogger(__name__)
MEMORY = 768_000_000
CPU_SECONDS = 10
WALL_SECONDS = 30  # a loaded server gives the child less than a processor
_SAME, _CLEANED, _REFUSED, _TOO_MUCH = 0, 10, 11, 12


def clean_pdf(data: bytes) -> bytes:
    """What `pdf.clean` makes of `data`: the same bytes when harmless. Raises `Refused`, also when reading it takes too much."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sourcier.vault.apart"],
            input=data,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise _bomb() from None
    if done.returncode == _SAME:
        return data
    if done.returncode == _CLEANED:
        return done.stdout
    if done.returncode == _REFUSED:
        raise refuse(*json.loads(done.stdout))
    logger.warning("the reading of a PDF of %s bytes ended with %s", len(data), done.returncode)
    raise _bomb()


def _bomb() -> Refused:
    return refuse(
        "pdf_bomb",
        "Ce PDF devient démesuré quand on l'ouvre. Il n'a pas été gardé. Enregistrez-le à nouveau, ou envoyez une photo. "
        "Rien d'autre n'est perdu.",
    )


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS knows no limit of memory; the others remain
            resource.setrlimit(what, (most, most))


def _child() -> int:
    """Clean what arrives on the standard input; the exit code says what became of it."""
    _limit()
    from sourcier.vault import pdf

    data = sys.stdin.buffer.read()
    try:
        kept = pdf.clean(data)
    except Refused as refused:
        sys.stdout.buffer.write(json.dumps([refused.refusal.code, refused.sentence]).encode())
        return _REFUSED
    except MemoryError:
        return _TOO_MUCH
    if kept is data:
        return _SAME
    sys.stdout.buffer.write(kept)
    return _CLEANED


if __name__ == "__main__":
    sys.exit(_child())
