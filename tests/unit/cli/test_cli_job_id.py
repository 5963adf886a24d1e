from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
FIRST = "019a9f3c-0000-7000-8000-00000000aaaa"
SECOND = "019a9f3c-1111-7000-8000-00000000bbbb"


def depot(job: MakeJob) -> dict[str, Any]:
    answers: dict[str, Any] = {f"GET /jobs/{each}": job(id=each) for each in (FIRST, SECOND)}
    return {**answers, "GET /jobs": {"count": 2, "jobs": [job(id=FIRST), job(id=SECOND)]}}


@pytest.mark.parametrize("given", ["019a9f3c-0", "00000000aaaa", "…00000000aaaa", "00AAAA"])
def test_an_end_or_a_beginning_is_enough(shell: Shell, job: MakeJob, given: str) -> None:
    done = shell(depot(job), "jobs", "show", given)

    assert done.returncode == 0
    assert FIRST in done.stdout


def test_a_whole_id_costs_no_list(shell: Shell, job: MakeJob) -> None:
    assert len(shell(depot(job), "jobs", "show", FIRST).args) == 1


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "retry"])
def test_steering_by_an_end(shell: Shell, job: MakeJob, verb: str) -> None:
    done = shell({**depot(job), f"POST /jobs/{SECOND}/{verb}": job(id=SECOND)}, "jobs", verb, "00bbbb")

    assert done.returncode == 0
    assert SECOND in done.stderr


def test_watching_by_an_end(shell: Shell, job: MakeJob) -> None:
    answers = {**depot(job), f"GET /jobs/{SECOND}": job(id=SECOND, status="succeeded")}

    assert shell(answers, "jobs", "watch", "00bbbb").returncode == 0


def test_several_match(shell: Shell, job: MakeJob) -> None:
    done = shell(depot(job), "jobs", "show", "019a9f")

    assert done.returncode == 2
    assert f"2 jobs match '019a9f': {FIRST}, {SECOND}." in done.stderr


def test_none_matches(shell: Shell, job: MakeJob) -> None:
    done = shell(depot(job), "jobs", "cancel", "ffffff")

    assert done.returncode == 4
    assert "None of the newest 200 jobs" in done.stderr
    request = done.args[-1]
    assert isinstance(request, httpx2.Request)
    assert request.url.params["limit"] == "200"


def test_too_little_is_not_looked_up(shell: Shell, job: MakeJob) -> None:
    done = shell(depot(job), "jobs", "show", "aaaa")

    assert (done.returncode, len(done.args)) == (4, 1)
    assert "At least 6 letters" in done.stderr
