"""The `sourcier` command: Django's commands and ours."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

WRONG_USAGE = 2


def main() -> None:
    """Run one command; exit code 0 when all went well, else 1, a wrong use of the command included."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sourcier.project.settings")
    if sys.argv[1:2] == ["demo"]:
        # The demonstration has a folder and a database of its own: it never touches those of a city.
        os.environ["SOURCIER_VAR"] = os.environ.get("SOURCIER_DEMO", "var/demo")
        os.environ.pop("SOURCIER_DATABASE_URL", None)
    try:
        execute_from_command_line(sys.argv)
    except SystemExit as leaving:
        # A command that gives a code of its own a meaning leaves with a `SystemExit` of its own.
        sys.exit(1 if leaving.code == WRONG_USAGE and type(leaving) is SystemExit else leaving.code)
    except BrokenPipeError:
        # Who was reading has gone; Python would complain once more when it closes the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit("La sortie a été coupée : ce qui était demandé a pu être fait. Vérifiez avant de recommencer.")
    except (ImproperlyConfigured, DatabaseError, OSError) as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(sentence(error))


def sentence(error: Exception) -> str:
    """What an installer reads instead of a traceback (`--traceback` shows it)."""
    if isinstance(error, DatabaseError):
        return "La base de données ne répond pas, n'est pas à jour ou est abîmée. Lancez : sourcier doctor"
    if isinstance(error, OSError):
        return f"{error.filename or 'Le système'} : {error.strerror or error}. Rien n'a été changé."
    return str(error)


if __name__ == "__main__":
    main()
