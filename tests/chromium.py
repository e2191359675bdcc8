"""Debian's Chromium: one for all the tests of a process, which asks nothing of any network but ours."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

# The shell draws the same pages without the windows around them, for a good deal less work.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
# Without Chromium these tests are skipped, visibly; never where `CI` is set.
BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="Chromium is missing: sudo apt-get install chromium"),
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Playwright can be started once only in a process, which from then on has an event loop.

    Django keeps its connections apart from those it opened without a loop; an old one must not stay open unseen.
    """
    connections.close_all()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
