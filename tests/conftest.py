"""Fixtures of every test."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as properties
from xdist.scheduler import LoadScopeScheduling

from sourcier.project.management.commands.demo import EMPTY, migrations_digest
from tests.chromium import chromium
from tests.cities import City, make_city
from tests.demonstration import DEMONSTRATION_PORT, Demonstration, sourcier
from tests.journal.lifted import lift_for_the_flush
from tests.migrated import migrated
from tests.played import empty_stage

__all__ = ["chromium"]
lift_for_the_flush()
# A busy machine draws slowly: that says nothing of the code.
properties.register_profile("tests", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("tests")
# Looking for cycles among everything imported and collected was an eighth of the time of all tests.
gc.set_threshold(100_000, 20, 50)
HERE = Path(__file__).parent
ON_SQLITE = connection.vendor == "sqlite"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
# What documents and pages say of the same rows. On PostgreSQL every action is still done, every address is asked from another
# city, every form is sent, the races of these rooms are run, and a test of many cases is run for its first.
SAID_ONCE = ("dossier/", "interop/", "safety/test_roles.py", "safety/test_sealed.py", "safety/test_marks_closed.py", "web/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Which database answers, then the longest. PostgreSQL's leg leaves out what has run once, on SQLite."""
    items.sort(key=lambda item: (not item.nodeid.startswith("tests/test_0_"), not _shares_the_town(item.nodeid)))
    if os.environ.get("SOURCIER_TEST_VENDOR") != "postgresql":
        return
    apart = [item for item in items if not _tells_of_the_database(item)]
    apart += _other_cases([item for item in items if item not in set(apart)])
    items[:] = [item for item in items if item not in set(apart)]
    config.hook.pytest_deselected(items=apart)


def _other_cases(items: list[pytest.Item]) -> list[pytest.Item]:
    """The cases of a test after its first: another database is asked once. Each role and each race keeps its own."""
    seen: set[str] = set()
    others = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        marked = item.get_closest_marker("django_db")
        alone = (marked and marked.kwargs.get("transaction")) or "tests/safety/" in name or "tests/journal/" in name
        if name in seen and not alone:
            others.append(item)
        seen.add(name)
    return others


def _tells_of_the_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db")
    if item.path.relative_to(HERE).as_posix().startswith(SAID_ONCE):
        return bool(marked and marked.kwargs.get("transaction"))
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else ()
    return bool(marked) or not DATABASE_FIXTURES.isdisjoint(fixtures)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Together":
    config.option.loadscopereorder = False
    return Together(config, log)


class Together(LoadScopeScheduling):
    """A file runs whole in one process, which plays its scenes once; what shares the town of the browser, too."""

    def _split_scope(self, nodeid: str) -> str:
        return "the town" if _shares_the_town(nodeid) else nodeid.partition("::")[0]


def _shares_the_town(nodeid: str) -> bool:
    return nodeid.startswith(("tests/browser/", "tests/test_demo.py"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A paper made at collection may differ from process to process: it gives no name to a test."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def stage() -> Iterator[None]:
    """Each test begins with nothing played."""
    with empty_stage():
        yield


@pytest.fixture(scope="session")
def installation(request: pytest.FixtureRequest) -> Path:
    """A folder with a database in SQLite and all its tables, to copy; a later run with the same migrations finds it."""
    return migrated(request.config.cache.mkdir("migrated"))


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The database that the next fixture puts in place is not made anew."""
    return ON_SQLITE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest) -> None:
    """The database of the tests, before Django looks whether it lacks a migration."""
    if ON_SQLITE:
        made: Path = request.getfixturevalue("installation")
        shutil.copy(made / "sourcier.sqlite3", connection.settings_dict["TEST"]["NAME"])


@pytest.fixture
def city(db: None) -> City:
    """The city under test."""
    return make_city()


@pytest.fixture
def other_city(db: None) -> City:
    """Another city on the same instance, which must never be seen."""
    return make_city("pantin", 2)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files that stand beside the project; the tests that need them are skipped, visibly, without them."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is absent")
    return folder


@pytest.fixture(scope="session")
def bakeries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small fictitious register, imported once: the firms of `tests.sourcing.stock`."""
    from tests.sourcing import stock

    return stock.build(tmp_path_factory.mktemp("register"))


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, installation: Path) -> Demonstration:
    """`sourcier demo`, once, from the empty database that it keeps; the tests that use it share one process."""
    folder = tmp_path_factory.mktemp("demonstration")
    shutil.copy(installation / "sourcier.sqlite3", folder / EMPTY.format(migrations_digest()))
    return Demonstration(sourcier(folder, "demo", "--port", str(DEMONSTRATION_PORT)), folder)
