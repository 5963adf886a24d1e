import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]


def test_the_list(shell: Shell, job: MakeJob) -> None:
    done = shell(
        {"GET /jobs": {"count": 9, "jobs": [job()]}}, "jobs", "--status", "running", "--user", "bob", "-n", "1"
    )

    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split() == [
        "j1", "download", "gpt2", "running", "42", "%", "548", "MB", "26", "s", "alice", "3", "min", "ago",
    ]  # fmt: skip
    assert "1 of 9 jobs" in done.stderr
    request = done.args[0]
    assert isinstance(request, httpx2.Request)
    assert dict(request.url.params) == {"status": "running", "user": "bob", "limit": "1"}


def test_no_jobs(shell: Shell) -> None:
    done = shell({"GET /jobs": {"count": 0, "jobs": []}}, "jobs")

    assert (done.returncode, done.stdout) == (0, "")
    assert "steelyard pull gpt2" in done.stderr


def test_the_list_as_json(shell: Shell, job: MakeJob) -> None:
    page = {"count": 1, "jobs": [job()]}

    assert json.loads(shell({"GET /jobs": page}, "jobs", "--json").stdout) == page


def test_show(shell: Shell, job: MakeJob) -> None:
    done = shell({"GET /jobs/j1": job(error="no room", hint="make some")}, "jobs", "show", "j1")

    facts = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines()}
    assert facts["Done"] == "42 %, 230 MB of 548 MB"
    assert facts["Speed"] == "12.1 MB/s"
    assert (facts["Error"], facts["Hint"]) == ("no room", "make some")


def test_show_as_json(shell: Shell, job: MakeJob) -> None:
    assert json.loads(shell({"GET /jobs/j1": job()}, "jobs", "show", "j1", "--json").stdout) == job()


@pytest.mark.parametrize(
    ("verb", "status"), [("cancel", "cancelled"), ("pause", "paused"), ("resume", "queued"), ("retry", "queued")]
)
def test_steering(shell: Shell, job: MakeJob, verb: str, status: str) -> None:
    answers = {f"POST /jobs/j1/{verb}": job(status=status)}

    done = shell(answers, "jobs", verb, "j1")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"gpt2 is {status} now (job j1).\n"
    assert json.loads(shell(answers, "jobs", verb, "j1", "--json").stdout)["status"] == status


def test_steering_that_is_refused(shell: Shell) -> None:
    conflict = httpx2.Response(
        409, headers={"content-type": "application/problem+json"}, json={"detail": "It has ended."}
    )

    assert shell({"POST /jobs/j1/pause": conflict}, "jobs", "pause", "j1").returncode == 1


def test_watch(shell: Shell, job: MakeJob) -> None:
    ended = job(status="succeeded", progress=1.0)

    done = shell({"GET /jobs/j1": ended}, "jobs", "watch", "j1", "--json")

    assert (done.returncode, json.loads(done.stdout)) == (0, ended)


def test_watch_of_an_unknown_job(shell: Shell) -> None:
    assert shell({}, "jobs", "watch", "nope").returncode == 4


def test_on_a_narrow_terminal_the_important_columns_survive(shell: Shell, job: MakeJob) -> None:
    long_id = "019a9f3c-0000-7000-8000-0123456789ab"
    moving = job(id=long_id, model="org/a-model-of-27-letters-ok", requested_by="alice")

    done = shell({"GET /jobs": {"count": 1, "jobs": [moving]}}, "jobs", terminal=True)

    assert done.stdout.splitlines()[1].split()[:7] == [
        "0123456789ab", "org/a-model-of-27-letters-ok", "running", "42", "%", "26", "s",
    ]  # fmt: skip
    assert "alice" in done.stdout
    assert long_id in shell({"GET /jobs": {"count": 1, "jobs": [moving]}}, "jobs").stdout


def test_why_jobs_failed_stands_in_the_list_when_some_did(shell: Shell, job: MakeJob) -> None:
    failed = job(status="failed", error="model.bin: " + "x" * 90)

    assert "ERROR" not in shell({"GET /jobs": {"count": 1, "jobs": [job()]}}, "jobs").stdout
    done = shell({"GET /jobs": {"count": 2, "jobs": [job(), failed]}}, "jobs")
    assert done.stdout.splitlines()[0].endswith("ERROR")
    assert done.stdout.splitlines()[1].endswith("–")
    assert done.stdout.splitlines()[2].endswith("  model.bin: " + "x" * 48 + "…")


@pytest.mark.parametrize("speed", [0, None])
def test_what_stands_still_has_no_time_left(shell: Shell, job: MakeJob, speed: int | None) -> None:
    done = shell({"GET /jobs/j1": job(bytes_per_second=speed)}, "jobs", "show", "j1")

    facts = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines()}
    assert (facts["Speed"], facts["Left"]) == ("–", "–")
