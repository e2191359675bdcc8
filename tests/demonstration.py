"""The demonstration, played once for all the tests that look at it, in processes of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Where it would be served afterwards: `make demo PORT=8077`.
DEMONSTRATION_PORT = 8077


@dataclass(frozen=True)
class Demonstration:
    """What `sourcier demo` printed, and the folder it left. Who changes anything there works on a copy."""

    played: subprocess.CompletedProcess[str]
    folder: Path


def clean_environment() -> dict[str, str]:
    """Without the variables of the tests themselves."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("SOURCIER_", "DJANGO_"))}


def sourcier(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the demonstration's folder."""
    environment = {**clean_environment(), "SOURCIER_DEMO": str(folder), "SOURCIER_VAR": str(folder)}
    command = [sys.executable, "-m", "sourcier.project.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
