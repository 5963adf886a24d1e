"""kill -9 of a recorder between any two of its steps: what it called safe is in the log once, and nothing is twice."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from steelyard.db import postgres, sqlite
from steelyard.testing.postgres import PostgresCluster
from steelyard.usage.tables import hot
from tests.chaos.doomed_usage import EVENTS
from tests.databases import Backend

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(backend: Backend, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty usage log that nobody has open."""
    if backend == "sqlite":
        schemas: Path = request.getfixturevalue("schemas")
        yield shutil.copyfile(schemas / "usage.db", tmp_path / "usage.db").as_posix()
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    with cluster.database() as url:
        yield url


@pytest.mark.parametrize("step", ["put", "commit", "replay", "settle"])
def test_killed_behind_a_step(step: str, address: str, tmp_path: Path) -> None:
    safe = _run(step, address, tmp_path / "spool", 0)
    safe |= _run("none", address, tmp_path / "spool", EVENTS)
    _assert_once(address, safe)
    assert not list(tmp_path.glob("spool/*/*"))


def test_killed_while_it_takes_over(address: str, tmp_path: Path) -> None:
    safe = _run("put", address, tmp_path / "spool", 0)
    page = min(tmp_path.glob("spool/*/*.events"))
    for number in range(4):  # of several pages half are taken over
        shutil.copyfile(page, page.with_name(f"9999999{number}.events"))
    safe |= _run("adopt", address, tmp_path / "spool", EVENTS)
    safe |= _run("none", address, tmp_path / "spool", 2 * EVENTS)
    _assert_once(address, safe)
    assert not list(tmp_path.glob("spool/*/*"))


def _run(step: str, address: str, spool: Path, first: int) -> set[int]:
    """The numbers that it called safe."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.chaos.doomed_usage", step, address, str(spool), str(first)],
        cwd=ROOT, timeout=60, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == (0 if step == "none" else -signal.SIGKILL), ended.stderr
    return {int(line) for line in ended.stdout.split()}


def _assert_once(address: str, safe: set[int]) -> None:
    is_file = "://" not in address
    engine = sqlite.reader_engine(Path(address)) if is_file else postgres.reader_engine(postgres.parse_address(address))
    with engine.connect() as connection:
        found = connection.execute(select(hot.c.bytes_out)).scalars().all()
    engine.dispose()
    assert safe <= set(found)
    assert len(found) == len(set(found))
