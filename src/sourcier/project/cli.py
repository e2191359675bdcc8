"""The `sourcier` command: Django's commands and ours."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one command; exit code 0 or 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sourcier.project.settings")
    if sys.argv[1:2] == ["demo"]:
        # The demonstration has a folder and a database of its own: it never touches those of a city.
        os.environ["SOURCIER_VAR"] = os.environ.get("SOURCIER_DEMO", "var/demo")
        os.environ.pop("SOURCIER_DATABASE_URL", None)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
