"""The `sourcier` command: Django's commands and ours."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one command; exit code 0 or 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sourcier.project.settings")
    execute_from_command_line(sys.argv)
