import io
from typing import Any, cast

from steelyard.cli.bar import Bar
from steelyard.cli.desk import Desk
from steelyard.cli.progress import line, milestone, open_progress, trouble
from steelyard.client import Client
from steelyard.client.shapes import Job
from steelyard.core.clock import system_clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def job(**changes: Any) -> Job:
    known: dict[str, Any] = {
        "kind": "download",
        "model": "gpt2",
        "status": "running",
        "progress": 0.3,
        "downloaded_bytes": 3,
        "total_bytes": 10,
        "bytes_per_second": None,
        "eta_seconds": None,
        "current_file": None,
        "error": None,
    }
    return cast("Job", {**known, **changes})


def test_a_milestone_is_a_status_or_a_tenth() -> None:
    assert milestone(job(progress=0.3)) == milestone(job(progress=0.39))
    assert milestone(job(progress=0.3)) != milestone(job(progress=0.4))
    assert milestone(job(status="queued")) != milestone(job(status="running"))
    assert [milestone(job(progress=tenth / 10))[1] for tenth in range(11)] == list(range(11))


def test_lines_say_what_is_known() -> None:
    assert line(job(status="queued")) == "gpt2: queued"
    assert line(job()) == "gpt2: running, 30 %, 3 B of 10 B"
    assert line(job(total_bytes=None)) == "gpt2: running"
    assert line(job(status="paused", error="The disk is full.")) == "gpt2: paused, The disk is full."
    assert line(job(status="paused", pause_reason="person")) == "gpt2: paused, person"
    assert line(job(model=None, status="queued")) == "download: queued"
    assert line(job(kind="import")) == "gpt2: running, 30 %, 3 B of 10 B"
    assert line(job(kind="import", status="succeeded")) == "import: succeeded"
    assert line(job(kind="import", status="cancelled")) == "import: cancelled"
    assert line(job(kind="verify", status="succeeded")) == "gpt2: succeeded"


def test_a_log_gets_a_line_for_each_milestone() -> None:
    err = io.StringIO()

    with open_progress(Desk(err, err, {}, system_clock, Client)) as progress:
        for tenth in (1, 1.5, 2):
            progress.update(job(progress=tenth / 10))

    assert len(err.getvalue().splitlines()) == 2


def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    err = Terminal()

    with open_progress(Desk(err, err, {}, system_clock, Client)) as progress:
        assert isinstance(progress, Bar)
        progress.update(job(current_file="weights[red]/model.bin", bytes_per_second=5.0, eta_seconds=2))
        progress.update(job(total_bytes=None, status="queued"))

    assert "weights[red]/model.bin" in err.getvalue() or "gpt2 queued" in err.getvalue()


def test_what_stands_still_shows_no_speed_and_no_time_left() -> None:
    assert line(job(bytes_per_second=0.0, eta_seconds=9.0)) == "gpt2: running, 30 %, 3 B of 10 B"


def test_the_bar_of_an_import_of_several_does_not_end_as_its_last_one() -> None:
    err = Terminal()

    with open_progress(Desk(err, err, {}, system_clock, Client)) as progress:
        progress.update(job(kind="import", model="team/beta", status="succeeded"))

    assert "import succeeded" in err.getvalue()
    assert "team/beta" not in err.getvalue()


def test_trouble_is_told_while_the_job_has_not_given_up() -> None:
    assert trouble(job()) is None
    assert trouble(job(status="failed", error="Gone.")) is None
    assert trouble(job(error="The hub does not answer.")) == "The hub does not answer; still trying"


def test_a_bar_shows_trouble_below_and_forgets_the_speed_when_the_depot_is_lost() -> None:
    err = Terminal()

    with Bar(err) as bar:
        bar.update(job(bytes_per_second=5.0, eta_seconds=2, error="The hub does not answer."))
        bar.say("Lost the [depot].")

    assert "The hub does not answer; still trying" in err.getvalue()
    assert "Lost the [depot]." in err.getvalue()
    assert "5 B/s" not in err.getvalue().rpartition("Lost the [depot].")[2]
