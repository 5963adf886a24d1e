"""What the tests of many rooms need: a clock that stands still, and databases of both kinds with the present schema.

Whatever asks for ``backend``, ``database`` or ``usage_log`` runs twice, on SQLite and on PostgreSQL. A test that is
about one of them says ``@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)``.
"""

import gc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.testing.postgres import PostgresCluster
from tests.databases import (
    BACKENDS,
    Backend,
    MakeHome,
    PostgresRecords,
    Records,
    SqliteRecords,
    make_templates,
    migrated_cluster,
    postgres_home,
    sqlite_home,
)
from tests.grouping import ByFolder, make_scheduler

# A busy machine draws its first example slowly, and no test here is about time.
settings.register_profile("depot", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("depot")

for suite in ("engine", "queue", "source", "storage"):  # their asserts shall explain themselves as the tests' own do
    pytest.register_assert_rewrite(f"steelyard.testing.{suite}_suite")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder | None:
    """Keep together what would starve each other."""
    return make_scheduler(config, log)


def pytest_collection_finish() -> None:
    """Everything imported and collected stays to the end: looking at it for garbage took a twelfth of a flow's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> HandClock:
    """It stands at noon on 1 January 2026."""
    return HandClock()


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """The kind of database."""
    kind: Backend = request.param
    return kind


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one migrated, empty file of each history."""
    folder = tmp_path_factory.mktemp("schemas")
    make_templates(folder)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A PostgreSQL of this test process, in which every new database has the present schema."""
    with migrated_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def make_home(backend: Backend, request: pytest.FixtureRequest) -> MakeHome:
    """``with make_home(folder)``: there a depot keeps its records in this kind of database, an empty one."""
    if backend == "sqlite":
        return partial(sqlite_home, request.getfixturevalue("schemas"))
    return partial(postgres_home, request.getfixturevalue("postgres"))


@pytest.fixture
def records(backend: Backend, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Records]:
    """Databases for one test; PostgreSQL starts with the first test that needs it."""
    if backend == "sqlite":
        yield SqliteRecords(request.getfixturevalue("schemas"), tmp_path)
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    with cluster.database() as url:
        yield PostgresRecords(url)


@pytest.fixture
def database(records: Records) -> Iterator[Database]:
    """The depot's own database, empty; on SQLite its file is ``depot.db`` in ``tmp_path``."""
    database = records.open("depot")
    yield database
    database.close()


@pytest.fixture
def usage_log(records: Records) -> Iterator[Database]:
    """The usage log, empty; on SQLite its file is ``usage.db`` in ``tmp_path``."""
    database = records.open("usage")
    yield database
    database.close()
