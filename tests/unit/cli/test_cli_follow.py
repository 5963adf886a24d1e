import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
AWAY = httpx2.ConnectError("refused")


def stream(*states: dict[str, Any]) -> httpx2.Response:
    text = "".join(f"event: job\ndata: {json.dumps(state)}\n\n" for state in states)
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=text.encode())


@pytest.mark.parametrize("terminal", [False, True])
def test_a_depot_that_goes_and_comes_back(shell: Shell, job: MakeJob, terminal: bool) -> None:
    answers = {"GET /jobs/j1": [job(), *[AWAY] * 7, job(status="succeeded")], "GET /jobs/j1/events": AWAY}

    done = shell(answers, "jobs", "watch", "j1", terminal=terminal)

    assert done.returncode == 0
    assert done.stderr.count("Lost the depot at http://127.0.0.1:8420; trying again…") == 1
    assert done.stderr.count("It is back.") == 1


def test_a_depot_that_stays_away(shell: Shell, job: MakeJob) -> None:
    answers = {"GET /jobs/j1": [job(), *[AWAY] * 500], "GET /jobs/j1/events": AWAY}

    done = shell(answers, "jobs", "watch", "j1")

    assert done.returncode == 3
    assert done.stderr.count("Lost the depot") == 1
    assert "Error: No Steelyard server answers" in done.stderr
    assert "steelyard jobs watch j1" in done.stderr


def test_a_hub_that_does_not_answer_is_said_once(shell: Shell, job: MakeJob) -> None:
    stuck = job(error="The hub does not answer.", bytes_per_second=0.0, eta_seconds=None)
    states = [stuck, job(), stuck, job(status="succeeded", progress=1.0)]

    done = shell({"GET /jobs/j1": job(), "GET /jobs/j1/events": stream(*states)}, "jobs", "watch", "j1")

    assert done.stderr.count("gpt2: The hub does not answer; still trying\n") == 1


def test_on_a_terminal_it_stands_below_the_bar(shell: Shell, job: MakeJob) -> None:
    stuck = job(error="The hub does not answer.")

    done = shell({"GET /jobs/j1": [stuck, stuck, job(status="failed", error="Gone.")],
                  "GET /jobs/j1/events": stream(stuck)}, "jobs", "watch", "j1", terminal=True)  # fmt: skip

    assert done.returncode == 1
    assert "Error: gpt2: Gone." in done.stderr


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(("workers", "times"), [(0, 1), (1, 0)])
def test_waiting_for_a_worker_that_is_not_there_is_said_once(
    shell: Shell, job: MakeJob, terminal: bool, workers: int, times: int
) -> None:
    waits = job(status="queued")
    answers = {"GET /jobs/j1": waits, "GET /jobs/j1/events": stream(waits, waits, job(status="cancelled"))}

    done = shell({**answers, "GET /health": {"workers": workers}}, "jobs", "watch", "j1", terminal=terminal)

    assert done.stderr.count("No worker is running") == times
    assert [request.url.path for request in done.args].count("/health") == 1


def test_a_depot_that_does_not_tell_of_its_workers_is_watched_all_the_same(shell: Shell, job: MakeJob) -> None:
    done = shell({"GET /jobs/j1": [job(status="queued"), job(status="succeeded")],
                  "GET /jobs/j1/events": stream(job(status="succeeded")), "GET /health": [AWAY] * 9},
                 "jobs", "watch", "j1")  # fmt: skip

    assert (done.returncode, "No worker" in done.stderr) == (0, False)


@pytest.mark.parametrize(
    ("argv", "request_line"),
    [
        (("verify",), "POST /api/v1/scans"),
        (("verify", "gpt2"), "POST /api/models/gpt2/verify"),
        (("import", "/data"), "POST /api/v1/imports"),
    ],
)
def test_who_does_not_wait_hears_of_it_too(shell: Shell, argv: tuple[str, ...], request_line: str) -> None:
    answers = {request_line: {"job_id": "j1"}, "GET /health": {"workers": 0}}

    done = shell(answers, *argv, "--no-wait")

    assert (done.returncode, done.stdout) == (0, "j1\n")
    assert "steelyard jobs watch j1" in done.stderr
    assert "`steelyard worker`" in done.stderr


def test_an_import_of_several_models_is_not_told_as_its_last_one(shell: Shell, job: MakeJob) -> None:
    ended = job(kind="import", model="team/beta", status="succeeded")

    done = shell({"GET /jobs/j1": ended, "GET /jobs/j1/events": stream(ended)}, "jobs", "watch", "j1")

    assert done.stderr.splitlines() == ["import: succeeded", "import: the job is done."]


def test_a_job_that_the_depot_called_off_says_why(shell: Shell, job: MakeJob) -> None:
    held = job(status="cancelled", error="An administrator must agree first.", hint="steelyard approvals")

    done = shell({"GET /jobs/j1": held}, "jobs", "watch", "j1")

    assert done.returncode == 1
    assert "An administrator must agree first." in done.stderr
    assert "jobs retry" not in done.stderr
