from pathlib import Path
from typing import Any

import pytest

from tests.mail.servers import free_port


@pytest.fixture
def smtp(settings: Any) -> int:
    """Real sending, to a port where nobody listens yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = free_port()
    settings.EMAIL_TIMEOUT = 2
    return int(settings.EMAIL_PORT)


@pytest.fixture(autouse=True)
def vault(settings: Any, tmp_path: Path) -> Path:
    settings.VAULT = tmp_path / "vault"
    return tmp_path / "vault"
