"""Take, write and verify a dossier, beside `zipfile` and SHA-256 of the same files: `python bench/dossier.py [ENTRIES] [MB]`.

A purchase made by the real actions, then ENTRIES messages and MB megabytes of documents of 5 MB each. The page is given the
same ZIP in Chromium, where there is one.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = 5 << 20


def timed(name: str, megabytes: float, work: Callable[[], object]) -> float:
    """Run once, print the time and the rate; return the seconds."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(f"{name:<52} {seconds:>9.3f} s {megabytes / seconds:>9.0f} MB/s")
    return seconds


def judged_by_the_page(file: Path, folder: Path) -> None:
    """Give the ZIP to VERIFIER.html; print the most it read at once, and the most that its scripts held."""
    from playwright.sync_api import sync_playwright

    from tests.dossier.verifying import LARGEST_BLOCK, alone_in, largest_block

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--enable-precise-memory-info"])
        page = browser.new_page()
        page.add_init_script(LARGEST_BLOCK)
        page.goto(alone_in(folder).as_uri())
        page.evaluate("setInterval(() => { window.held = Math.max(window.held || 0, performance.memory.usedJSHeapSize); }, 50)")
        page.set_input_files("#file", file)
        page.wait_for_selector("#result[data-state]", timeout=0)
        if page.get_attribute("#result", "data-state") == "bad":
            sys.exit("not verified")
        held = page.evaluate("window.held")
        print(f"{'largest block the page read at once':<52} {largest_block(page) / 1e6:>9.1f} MB")
        print(f"{'most that its scripts held':<52} {held / 1e6:>9.1f} MB")
        browser.close()


def main(entries: int, megabytes: int, folder: Path) -> None:
    """Measure on a new SQLite file."""
    import time_machine
    from django.conf import settings
    from django.core.management import call_command
    from django.db import transaction

    from sourcier.dossier import build
    from sourcier.dossier.offline import verifier
    from sourcier.journal.actions import append
    from sourcier.vault.queries import content_path
    from tests.cities import make_city
    from tests.dossier.purchase import DEADLINE, finished_purchase
    from tests.sourcing import stock

    call_command("migrate", verbosity=0)
    settings.REGISTER = str(stock.build(folder))
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    purchase = finished_purchase(make_city())
    log, need = purchase.city.organisation.pk, purchase.need.pk

    def document(number: int) -> dict[str, str]:
        """A file of the vault, its content unlike the others, and what an entry says of it."""
        data = number.to_bytes(8) * (DOCUMENT // 8)
        digest = sha256(data).hexdigest()
        place = content_path(log, digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return {"name": f"{number}.pdf", "sha256": digest}

    with time_machine.travel(DEADLINE.replace(month=10, day=2), tick=True), transaction.atomic():
        for number in range(entries):
            files = [document(number)] if number * DOCUMENT < megabytes << 20 else []
            append(log, need, "need.said", {"name": "Bruno", "text": f"Message {number}", "files": files})
    file, plain = folder / "dossier.zip", folder / "plain.zip"
    with time_machine.travel(DEADLINE.replace(month=10, day=3), tick=True):
        start = time.perf_counter()
        export = build.take(purchase.city.auditor, need)
        took = time.perf_counter() - start

    def write() -> None:
        with file.open("wb") as out:
            build.write(export, out)

    def zip_alone() -> None:
        with ZipFile(file) as source, ZipFile(plain, "w", ZIP_STORED) as target:
            for name in source.namelist():
                with source.open(name) as member, target.open(name, "w") as out:
                    digest = sha256()
                    while block := member.read(1 << 20):
                        digest.update(block)
                        out.write(block)

    def hash_alone() -> None:
        with ZipFile(file) as source:
            for name in source.namelist():
                with source.open(name) as member:
                    digest = sha256()
                    while block := member.read(1 << 20):
                        digest.update(block)

    write()
    size = file.stat().st_size / 1e6
    print(f"Python {sys.version.split()[0]}, {entries} entries more, {size:.0f} MB in {len(ZipFile(file).namelist())} files")
    print(f"{'take (report, sums, entry, checkpoints)':<52} {took:>9.3f} s")
    built = timed("write the ZIP (report made again)", size, write)
    zipped = timed("peer: zipfile and SHA-256 of the same files", size, zip_alone)
    checked = timed("verify (verifier.py)", size, lambda: verifier.verify(file).ok or sys.exit("not verified"))
    hashed = timed("peer: SHA-256 of the same files in the ZIP", size, hash_alone)
    if CHROMIUM:
        in_page = timed("verify (VERIFIER.html, in Chromium)", size, lambda: judged_by_the_page(file, folder))
        print(f"the page takes {in_page / hashed:.1f} times the bare hashing")
    print(f"writing costs {built / zipped:.1f} times the plain ZIP, verifying {checked / hashed:.1f} times the bare hashing")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="sourcier-bench-") as temporary:
        os.environ["SOURCIER_VAR"] = temporary
        os.environ["DJANGO_SETTINGS_MODULE"] = "sourcier.project.settings"
        import django

        django.setup()
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, int(sys.argv[2]) if len(sys.argv) > 2 else 200, Path(temporary))
