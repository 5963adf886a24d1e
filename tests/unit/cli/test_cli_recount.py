"""``steelyard doctor --recount``."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlalchemy import delete

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.foundation.guest import open_usage_log
from steelyard.settings import load
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import DAY_MS, EventKeys, first_key
from steelyard.usage.sealing import Sealing
from steelyard.usage.state import keep_from
from steelyard.usage.tables import sheets
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add
from tests.databases import MakeHome
from tests.recount import assert_as_recounted

Shell = Callable[..., CompletedProcess[str]]
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(make_home: MakeHome, tmp_path: Path) -> Iterator[Path]:
    """The home of a depot that does not run."""
    with make_home(tmp_path / "home") as home:
        yield home


def _log(home: Path) -> Database:
    return open_usage_log(load({}, {"home": home}).settings)


async def _damaged(home: Path) -> None:
    """Three days of two, two and one events, whose sheets are lost."""
    usage_log, keys = _log(home), EventKeys()
    moments = [START + timedelta(hours=9 * step) for step in range(5)]
    used = [Event("generation_completed", at, "org/a", 1, duration_ms=9) for at in moments]
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in used]
    await usage_log.write(lambda connection: add(connection, kept, Dictionary()))
    await Fold(usage_log, system_clock).fold_all()
    await Sealing(Turns(usage_log), system_clock).seal()
    await usage_log.write(lambda connection: connection.execute(delete(sheets)))
    usage_log.close()


def _in_thread(shell: Shell, *argv: str) -> CompletedProcess[str]:
    """As a command runs: in a thread without a loop of the test's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(shell, {}, *argv).result()


async def test_a_day_is_counted_anew(shell: Shell, home: Path) -> None:
    await _damaged(home)
    done = _in_thread(shell, "doctor", "--recount", "2026-01-01", "--home", str(home))
    assert (done.returncode, done.stdout) == (0, "2026-01-01  2 events (before: 0), 1 of 1\n")
    assert done.stderr == "Days counted anew: 1; of these had other counts before: 1.\n"
    again = _in_thread(shell, "doctor", "--recount", "2026-01-01", "--home", str(home))
    assert again.stdout == "2026-01-01  2 events (as before), 1 of 1\n"


async def test_every_day_is_counted_anew_and_programs_get_it_all(shell: Shell, home: Path) -> None:
    await _damaged(home)
    usage_log = _log(home)
    await usage_log.write(lambda connection: connection.execute(delete(sheets)))
    done = _in_thread(shell, "doctor", "--recount", "all", "--home", str(home), "--json")
    assert [(day["day"], day["events"], day["counted_before"]) for day in json.loads(done.stdout)] == [
        ("2026-01-01", 2, 0),
        ("2026-01-02", 2, 0),
        ("2026-01-03", 1, 0),
    ]
    assert "2026-01-02  2 events (before: 0), 2 of 3" in done.stderr
    await assert_as_recounted(usage_log)
    usage_log.close()


async def test_a_day_whose_events_are_gone_is_refused(shell: Shell, home: Path) -> None:
    await _damaged(home)
    usage_log = _log(home)
    kept = first_key(milliseconds(START) // DAY_MS * DAY_MS + DAY_MS)
    await usage_log.write(lambda connection: keep_from(connection, kept))
    usage_log.close()
    done = _in_thread(shell, "doctor", "--recount", "2026-01-01", "--home", str(home))
    assert done.returncode == 1
    assert "every event since 2026-01-02" in done.stderr
    every = _in_thread(shell, "doctor", "--recount", "all", "--home", str(home))
    assert every.stdout.count("\n") == 2


def test_what_is_no_day_or_no_depot_is_told(shell: Shell, tmp_path: Path) -> None:
    assert shell({}, "doctor", "--recount", "yesterday").returncode == 2
    assert shell({}, "doctor", "--recount", "all", "--mirror", "http://127.0.0.1:9").returncode == 2
    missing = shell({}, "doctor", "--recount", "all", "--home", str(tmp_path / "none"))
    assert (missing.returncode, "--home" in missing.stderr) == (1, True)
