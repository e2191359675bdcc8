"""VERIFIER.html alone in a folder, opened from disk in a browser without WebCrypto that may reach no network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sourcier.dossier.contents import OFFLINE

WITHOUT_WEBCRYPTO = "Object.defineProperty(window, 'crypto', { value: undefined }); delete window.SubtleCrypto;"

# The most that a page reads of a file at once, in bytes.
LARGEST_BLOCK = """
    const read = Blob.prototype.arrayBuffer;
    window.largestBlock = 0;
    Blob.prototype.arrayBuffer = function () {
        window.largestBlock = Math.max(window.largestBlock, this.size);
        return read.call(this);
    };
    for (const whole of ["text", "bytes"]) Blob.prototype[whole] = () => { throw new Error("read whole"); };
    window.FileReader = undefined;
"""


def largest_block(page: Page) -> int:
    return int(page.evaluate("window.largestBlock"))


def alone_in(folder: Path) -> Path:
    """The page, without the neighbours that it has in a dossier."""
    alone = folder / "VERIFIER.html"
    alone.write_bytes((OFFLINE / "VERIFIER.html").read_bytes())
    return alone


@contextmanager
def verifier_page(chromium: Browser, folder: Path) -> Iterator[Page]:
    """At telephone width; fails on an error of the page, or on anything asked of the network."""
    alone = alone_in(folder)
    context = chromium.new_context(viewport={"width": 390, "height": 800}, offline=True)
    context.add_init_script(WITHOUT_WEBCRYPTO)
    context.add_init_script(LARGEST_BLOCK)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda message: pytest.fail(message.text) if message.type == "error" else None)
    page.goto(alone.as_uri())
    assert page.evaluate("typeof crypto") == "undefined"
    yield page
    assert asked == [alone.as_uri()]
    context.close()


def judged(page: Page, data: bytes, fingerprint: str = "") -> str:
    """`good`, `partial` or `bad`."""
    page.get_by_label("Empreinte de la clé de la ville").fill(fingerprint)
    page.get_by_label("Le dossier de preuve").set_input_files(
        [{"name": "dossier.zip", "mimeType": "application/zip", "buffer": data}]
    )
    page.wait_for_selector("#result[data-state]")
    state = page.get_attribute("#result", "data-state")
    page.evaluate("document.getElementById('file').value = ''; delete document.getElementById('result').dataset.state")
    return str(state)
