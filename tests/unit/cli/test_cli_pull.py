import json
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
ANSWER = {"job_id": "j1", "task_id": "t1", "model": "gpt2", "revision": None, "status": "queued", "position": 0}
HERE = {**ANSWER, "job_id": None, "status": "succeeded"}


def stream(*states: dict[str, Any], error: BaseException | None = None) -> httpx2.Response:
    def chunks() -> Iterator[bytes]:
        for state in states:
            yield f"event: job\ndata: {json.dumps(state)}\n\n".encode()
        if error is not None:
            raise error

    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())


def running(job: MakeJob, *states: dict[str, Any], error: BaseException | None = None) -> dict[str, Any]:
    return {
        "POST /pull": httpx2.Response(202, json=ANSWER),
        "GET /jobs/j1": job(),
        "GET /jobs/j1/events": stream(*states, error=error),
    }


def test_piped_it_returns_at_once_with_the_id_of_the_job(shell: Shell) -> None:
    done = shell({"POST /pull": ANSWER}, "pull", "gpt2")

    assert (done.returncode, done.stdout) == (0, "j1\n")
    assert "steelyard jobs watch j1" in done.stderr


@pytest.mark.parametrize(("workers", "told"), [(0, True), (1, False)])
def test_that_nobody_works_is_said(shell: Shell, workers: int, told: bool) -> None:
    done = shell({"POST /pull": ANSWER, "GET /health": {"workers": workers}}, "pull", "gpt2")

    assert (done.returncode, "`steelyard worker`" in done.stderr) == (0, told)


def test_every_option_is_sent(shell: Shell) -> None:
    options = ["--revision", "main", "--include", "*.json", "--include", "*.gguf", "--exclude", "*.bin"]

    done = shell({"POST /pull": ANSWER}, "pull", "org/name", *options, "--priority", "high")

    request = done.args[0]
    assert isinstance(request, httpx2.Request)
    assert json.loads(request.content) == {
        "model": "org/name",
        "revision": "main",
        "include": ["*.json", "*.gguf"],
        "exclude": ["*.bin"],
        "priority": "high",
    }


def test_a_priority_that_is_none(shell: Shell) -> None:
    assert shell({}, "pull", "gpt2", "--priority", "urgent").returncode == 2


def test_json_without_waiting_is_the_answer_even_on_a_terminal(shell: Shell) -> None:
    done = shell({"POST /pull": ANSWER}, "pull", "gpt2", "--json", terminal=True)

    assert json.loads(done.stdout) == ANSWER
    assert done.stderr == ""


def test_already_here(shell: Shell) -> None:
    done = shell({"POST /pull": HERE}, "pull", "gpt2", "--wait")

    assert (done.returncode, done.stdout) == (0, "")
    assert "already here" in done.stderr
    assert json.loads(shell({"POST /pull": HERE}, "pull", "gpt2", "--wait", "--json").stdout) == HERE


def test_already_here_through_a_known_job(shell: Shell, job: MakeJob) -> None:
    ended = job(status="succeeded", progress=1.0)
    answers = {"POST /pull": {**ANSWER, "status": "succeeded"}, "GET /jobs/j1": ended}

    assert json.loads(shell(answers, "pull", "gpt2", "--wait", "--json").stdout) == ended
    assert "already here" in shell(answers, "pull", "gpt2", "--wait").stderr


def test_waiting_shows_lines_on_stderr_and_the_final_job_on_stdout(shell: Shell, job: MakeJob) -> None:
    ended = job(status="succeeded", progress=1.0, bytes_per_second=None, eta_seconds=None)

    done = shell(running(job, job(progress=0.43), job(progress=0.5), ended), "pull", "gpt2", "--wait", "--json")

    assert (done.returncode, json.loads(done.stdout)) == (0, ended)
    assert done.stderr.splitlines() == [
        "gpt2: running, 42 %, 230 MB of 548 MB, 12.1 MB/s, 26 s left",
        "gpt2: running, 50 %, 230 MB of 548 MB, 12.1 MB/s, 26 s left",
        "gpt2: succeeded",
        "gpt2 is here: 548 MB, verified.",
    ]


def test_on_a_terminal_it_waits_with_a_bar(shell: Shell, job: MakeJob) -> None:
    states = [job(current_file="a" * 40), job(status="succeeded", progress=1.0)]

    done = shell(running(job, *states), "pull", "gpt2", terminal=True)

    assert (done.returncode, done.stdout) == (0, "")
    assert "gpt2 is here: 548 MB, verified." in done.stderr


def test_on_a_terminal_it_need_not_wait(shell: Shell) -> None:
    done = shell({"POST /pull": ANSWER}, "pull", "gpt2", "--no-wait", terminal=True)

    assert done.returncode == 0
    assert [request.url.path for request in done.args] == ["/pull", "/health"]


def test_a_failed_job_is_1_and_says_why(shell: Shell, job: MakeJob) -> None:
    failed = job(status="failed", error="model.bin: the hash is wrong.", hint="Try again: steelyard jobs retry j1")

    done = shell(running(job, failed), "pull", "gpt2", "--wait")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Error: gpt2: model.bin: the hash is wrong.\nHint:  Try again: steelyard jobs retry j1\n" in done.stderr


def test_a_failed_job_without_a_hint_gets_one(shell: Shell, job: MakeJob) -> None:
    assert "steelyard jobs retry j1" in shell(running(job, job(status="failed")), "pull", "gpt2", "--wait").stderr


def test_a_cancelled_job_is_1(shell: Shell, job: MakeJob) -> None:
    done = shell(running(job, job(status="cancelled")), "pull", "gpt2", "--wait")

    assert done.returncode == 1
    assert "cancelled" in done.stderr


@pytest.mark.parametrize("terminal", [False, True])
def test_ctrl_c_leaves_the_job_running_and_says_so(shell: Shell, job: MakeJob, terminal: bool) -> None:
    done = shell(running(job, job(), error=KeyboardInterrupt()), "pull", "gpt2", "--wait", terminal=terminal)

    assert done.returncode == 130
    assert "Stopped watching; the job goes on" in done.stderr
    assert "steelyard jobs watch j1" in done.stderr
    assert "steelyard jobs cancel j1" in done.stderr
    assert not any(request.method == "POST" and "cancel" in request.url.path for request in done.args)


def test_right_after_a_failure_it_is_refused(shell: Shell) -> None:
    refusal = httpx2.Response(
        429, headers={"retry-after": "30"}, json={"detail": "It failed 5 s ago.", "hint": "Wait."}
    )

    done = shell({"POST /pull": refusal}, "pull", "gpt2", "--wait")

    assert done.returncode == 1
    assert done.stderr == "Error: It failed 5 s ago.\nHint:  Wait.\n"
