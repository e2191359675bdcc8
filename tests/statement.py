"""What the accessibility statement says was checked, taken from the tests themselves: `python -m tests.statement` writes it."""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

STATEMENT = Path(__file__).parents[1] / "src/sourcier/web/accessibility.json"


def facts() -> dict[str, Any]:
    """How many kinds of pages the walks look at, at which widths, with which version of axe-core."""
    from django.urls import get_resolver

    from tests.browser import test_every_page as walks
    from tests.browser import walking

    version = re.search(r"axe v([\d.]+)", walking.AXE)
    assert version
    named = set(walks.names(get_resolver().url_patterns))
    return {
        "axe": version[1],
        "pages": len(named - walks.POSTED - walks.FILES),
        "roles": len(walks.ROLES),
        "widths": list(walking.WIDTHS),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(SOURCIER_VAR=folder, DJANGO_SETTINGS_MODULE="sourcier.project.settings")
        import django

        django.setup()
        STATEMENT.write_text(json.dumps(facts(), indent=1) + "\n")
