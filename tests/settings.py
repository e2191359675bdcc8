"""Settings of the tests: the project's own, on a folder of their own."""

import os
import tempfile
from pathlib import Path

# Playwright keeps a loop in the thread of the tests, which use the database between two pages.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# A folder for each process of the run: a scene played in one must not take along the files of another.
_folder = Path(os.environ.get("SOURCIER_VAR") or tempfile.mkdtemp(prefix="sourcier-tests-"))
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    _folder /= worker
os.environ["SOURCIER_VAR"] = str(_folder)

from sourcier.project.settings import *  # noqa: E402, F403

# A file rather than memory: threads and processes of the races must meet in the same database.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": _folder / "tests.sqlite3"}  # noqa: F405
elif template := os.environ.get("SOURCIER_TEST_TEMPLATE"):
    DATABASES["default"]["TEST"] = {"TEMPLATE": template}  # noqa: F405

# The scenes of the tests open at their deadline; `tests/quotes/test_opening.py` waits.
OPENING_WAIT = timedelta(0)  # noqa: F405

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
