"""Settings of the tests: the project's own, on a folder of their own."""

import os
import tempfile
from pathlib import Path

_folder = Path(os.environ.setdefault("SOURCIER_VAR", tempfile.mkdtemp(prefix="sourcier-tests-")))

from sourcier.project.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
