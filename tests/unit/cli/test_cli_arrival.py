from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
HERE = {"job_id": None, "task_id": "t1", "model": "gpt2", "revision": None, "status": "succeeded", "position": 0}


def depot(job: MakeJob, status: str, **states: str) -> dict[str, Any]:
    files = [{"path": f"{name}.bin", "size": 1, "sha256": None, "state": state} for name, state in states.items()]
    return {
        "POST /pull": {**HERE, "job_id": "j1", "status": "queued"},
        "GET /jobs/j1": job(status="succeeded", progress=1.0, total_bytes=2_100_000),
        "GET /api/models/gpt2": {"model": "gpt2", "status": status, "files": files},
    }


def test_weights_that_all_wait_in_quarantine_are_no_success(shell: Shell, job: MakeJob) -> None:
    done = shell(depot(job, "quarantined", a="quarantined", b="quarantined", c="stored"), "pull", "gpt2", "--wait")

    assert done.returncode == 1
    assert "is here" not in done.stderr
    assert (
        "gpt2 cannot be used yet: 2 files (pickles) wait in quarantine for an administrator: a.bin, b.bin."
        in done.stderr
    )


def test_some_files_held_back_are_said_in_a_line(shell: Shell, job: MakeJob) -> None:
    done = shell(depot(job, "ready", a="quarantined", b="stored"), "pull", "gpt2", "--wait")

    assert done.returncode == 0
    assert done.stderr.endswith("gpt2 is here: 2.1 MB, verified.\n1 file is held in quarantine: a.bin\n")


def test_nothing_held_back_is_not_mentioned(shell: Shell, job: MakeJob) -> None:
    done = shell(depot(job, "ready", a="stored"), "jobs", "watch", "j1")

    assert done.returncode == 0
    assert "quarantine" not in done.stderr


def test_many_names_are_cut_short(shell: Shell, job: MakeJob) -> None:
    states = {f"f{index}": "quarantined" for index in range(9)}

    done = shell(depot(job, "ready", **states), "pull", "gpt2", "--wait")

    assert "f4.bin and 4 more\n" in done.stderr


@pytest.mark.parametrize("option", ["--wait", "--no-wait"])
def test_a_second_pull_does_not_call_it_here_either(shell: Shell, job: MakeJob, option: str) -> None:
    done = shell({**depot(job, "quarantined", a="quarantined"), "POST /pull": HERE}, "pull", "gpt2", option)

    assert done.returncode == 1
    assert "1 file (a pickle) waits" in done.stderr


def test_a_model_gone_meanwhile(shell: Shell, job: MakeJob) -> None:
    answers = {**depot(job, "ready"), "GET /api/models/gpt2": None}

    assert shell(answers, "pull", "gpt2", "--wait").returncode == 0
