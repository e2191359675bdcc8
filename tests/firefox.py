"""Debian's Firefox, without windows, told what to do by WebDriver BiDi (its own remote protocol, over a WebSocket)."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
# Without Firefox the test is skipped, visibly; never where `CI` is set.
IN_FIREFOX = [
    pytest.mark.browser,
    pytest.mark.skipif(not FIREFOX and not os.environ.get("CI"), reason="Firefox is missing: sudo apt-get install firefox-esr"),
]
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# Nothing is asked of any network: neither updates nor lists nor a first page.
PREFERENCES = {
    "app.update.enabled": False, "browser.safebrowsing.downloads.remote.enabled": False, "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9, "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9, "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.enabled": False,
}  # fmt: skip
WAIT = 60


class Tab:
    """One page: an address, then what its script answers."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.numbers = count(1)
        self.ask("session.new", capabilities={})
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one command; events between are left aside."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv(WAIT))).get("id") != number:
            continue
        assert answer["type"] == "success", answer
        result: dict[str, Any] = answer["result"]
        return result

    def go(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def before_each_page(self, function: str) -> None:
        self.ask("script.addPreloadScript", functionDeclaration=function)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, its promise awaited; texts, numbers and booleans."""
        asked = {"expression": expression, "target": {"context": self.context}, "awaitPromise": True}
        answer = self.ask("script.evaluate", **asked)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def give_file(self, selector: str, file: Path) -> None:
        """As who chooses a file in the field."""
        found = self.ask("browsingContext.locateNodes", context=self.context, locator={"type": "css", "value": selector})
        self.ask("input.setFiles", context=self.context, element={"sharedId": found["nodes"][0]["sharedId"]}, files=[str(file)])


@contextmanager
def firefox(folder: Path) -> Iterator[Tab]:
    """A browser with a profile of its own in `folder`, ended with the block."""
    profile = folder / "profile"
    profile.mkdir()
    lines = (f'user_pref("{key}", {json.dumps(value)});\n' for key, value in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    options = ["--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    environment = os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"}
    started = subprocess.Popen(
        [str(FIREFOX), *options, "about:blank"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    )
    with started as browser:
        try:
            assert browser.stderr
            address = next(match[1] for line in browser.stderr if (match := LISTENS.search(line)))
            with connect(f"{address}/session", max_size=None, proxy=None) as socket:
                tab = Tab(socket)
                yield tab
                tab.ask("session.end")
        finally:
            browser.terminate()
