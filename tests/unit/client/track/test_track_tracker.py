"""The tracker in its process: threads, forks, the end, the next process."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.client.track import Tracker
from steelyard.testing.clock import HandClock
from tests.unit.client.track.conftest import AWAY, FakeDepot

_SCRIPT = """
import sys
from pathlib import Path
import steelyard.track
steelyard.track.configure("http://127.0.0.1:9", folder=Path(sys.argv[1]))
with steelyard.track("org/name"):
    print("the program goes on")
"""


def waiting(folder: Path) -> list[str]:
    """The models of the events that lie in a folder."""
    return [json.loads(line)["model"] for path in sorted(folder.iterdir()) for line in path.read_bytes().splitlines()]


def test_many_threads_at_once(tracker: Tracker, depot: FakeDepot) -> None:
    def work(number: int) -> None:
        for each in range(50):
            tracker.record("a", f"{number}/{each}", {})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tracker.flush()
    assert len({event["model"] for event in depot.events}) == len(depot.events) == tracker.tally.tracked == 400


def test_closing_delivers_and_it_can_be_used_again(tracker: Tracker, depot: FakeDepot) -> None:
    tracker.record("a", "one", {})
    tracker.close()
    assert [event["model"] for event in depot.events] == ["one"]
    tracker.record("a", "two", {})
    tracker.close()
    assert [event["model"] for event in depot.events] == ["one", "two"]


def test_what_could_not_be_delivered_the_next_one_delivers(
    new_tracker: Callable[[], Tracker], depot: FakeDepot, tmp_path: Path
) -> None:
    first, depot.fault = new_tracker(), AWAY
    first.record("a", "one", {})
    assert not first.flush()
    first.close()
    assert waiting(tmp_path / "track") == ["one"]
    depot.fault = None
    assert new_tracker().flush()
    assert [event["model"] for event in depot.events] == ["one"]


def test_an_event_that_cannot_be_written_down_is_counted(tracker: Tracker) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    tracker.record("a", "m", {"session": Odd()})  # type: ignore[typeddict-item]
    assert (tracker.tally.tracked, tracker.tally.dropped) == (1, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_delivers_its_own_and_only_them(tracker: Tracker, depot: FakeDepot, tmp_path: Path) -> None:
    depot.fault = AWAY
    tracker.record("a", "parent", {})
    child = multiprocessing.get_context("fork").Process(target=lambda: tracker.record("a", "child", {}))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert sorted(waiting(tmp_path / "track")) == ["child", "parent"]
    depot.fault = None
    assert tracker.flush()
    assert [event["model"] for event in depot.events] == ["parent"]


def test_a_program_without_a_depot_ends_as_ever_and_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "track"
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(folder)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "the program goes on\n"
    assert waiting(folder) == ["org/name"]


def test_an_address_that_is_none_does_not_reach_the_program(tmp_path: Path) -> None:
    tracker = Tracker("nonsense", folder=tmp_path)
    tracker.record("a", "m", {})
    assert not tracker.flush()
    tracker.close()
    assert waiting(tmp_path) == ["m"]


def test_a_program_that_is_killed_loses_nothing_that_was_written_down(
    new_tracker: Callable[[], Tracker], depot: FakeDepot, tmp_path: Path, clock: HandClock
) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom steelyard.track import Tracker\n"
        "tracker = Tracker('http://127.0.0.1:9', folder=Path(sys.argv[1]))\n"
        "tracker.record('a', 'killed', {})\ntracker.flush()\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "track")], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    clock.forward(days=10_000)
    assert new_tracker().flush()
    assert [event["model"] for event in depot.events] == ["killed"]
