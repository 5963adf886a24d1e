from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]


def asked(username: str, status: str = "downloading", job_id: str = "j1") -> dict[str, Any]:
    return {"username": username, "status": status, "job_id": job_id}


def depot(job: MakeJob, *requests: dict[str, Any]) -> dict[str, Any]:
    return {
        "POST /jobs/j1/cancel": job(status="cancelled"),
        "GET /api/v1/downloads/history": {"count": len(requests), "requests": list(requests)},
    }


def cancelled(done: CompletedProcess[str]) -> bool:
    requests: list[Any] = list(done.args)
    return any(request.method == "POST" for request in requests)


@pytest.mark.parametrize(("keys", "code"), [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_a_job_of_several_is_asked_about(shell: Shell, job: MakeJob, keys: str, code: int) -> None:
    done = shell(depot(job, asked("alice"), asked("bob")), "jobs", "cancel", "j1", terminal=True, keys=keys)

    assert (done.returncode, cancelled(done)) == (code, code == 0)
    assert "2 people wait for it. Cancel for everybody? [y/N]" in done.stderr


def test_a_job_of_one_is_not(shell: Shell, job: MakeJob) -> None:
    others = (asked("alice"), asked("alice"), asked("bob", "cancelled"))

    done = shell(depot(job, *others), "jobs", "cancel", "j1", terminal=True)

    assert [dict(request.url.params) for request in done.args if request.method == "GET"][-1]["job_id"] == "j1"

    assert (done.returncode, cancelled(done)) == (0, True)
    assert "[y/N]" not in done.stderr


@pytest.mark.parametrize(("options", "terminal"), [((), False), (("--yes",), True)])
def test_scripts_and_the_decided_are_not_asked(
    shell: Shell, job: MakeJob, options: tuple[str, ...], terminal: bool
) -> None:
    done = shell(depot(job, asked("alice"), asked("bob")), "jobs", "cancel", "j1", *options, terminal=terminal)

    assert (done.returncode, len(done.args)) == (0, 1)
