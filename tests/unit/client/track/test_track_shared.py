"""The tracker that a program shares, and the names under which it is found."""

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

import steelyard
import steelyard.track
from steelyard.client.track import Tracker
from steelyard.client.track.shared import Shared
from tests.unit.client.track.conftest import FakeDepot


def test_it_is_made_once(new_tracker: Callable[[], Tracker]) -> None:
    shared = Shared(new_tracker)
    assert shared.get() is shared.get()


def test_another_one_takes_over_and_nothing_is_lost(new_tracker: Callable[[], Tracker], depot: FakeDepot) -> None:
    shared, other = Shared(new_tracker), new_tracker()
    shared.get().record("a", "one", {})
    shared.use(other)
    assert shared.get() is other
    assert [event["model"] for event in depot.events] == ["one"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_forked_while_it_is_made_makes_its_own(new_tracker: Callable[[], Tracker]) -> None:
    parent, made, go_on = os.getpid(), threading.Event(), threading.Event()

    def make() -> Tracker:
        if os.getpid() == parent:
            made.set()
            go_on.wait()
        return new_tracker()

    shared = Shared(make)
    making = threading.Thread(target=shared.get)
    making.start()
    made.wait()
    child = multiprocessing.get_context("fork").Process(target=shared.get)
    child.start()
    child.join(20)
    exitcode = child.exitcode
    child.kill()
    go_on.set()
    making.join()
    child.join()
    assert exitcode == 0


def test_a_function_and_a_module_at_once() -> None:
    script = (
        "import steelyard\nfirst = steelyard.track\nimport steelyard.track\n"
        "from steelyard import track\nfrom steelyard.track import track_usage\n"
        "print(first is track, callable(track), type(track('m')).__name__, steelyard.track_usage is track_usage)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "True True Tracking True\n"


def test_what_is_named_is_there() -> None:
    assert all(hasattr(steelyard, name) for name in steelyard.__all__)
    assert all(hasattr(steelyard.analytics, name) for name in steelyard.analytics.__all__)
    assert all(hasattr(sys.modules["steelyard.track"], name) for name in sys.modules["steelyard.track"].__all__)
