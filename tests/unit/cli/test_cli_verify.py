"""``verify``: of one model, of the store; what is wrong makes it fail."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
STARTED = {"job_id": "j1", "findings": "/f", "outcome": "/o", "job": {}}
OUTCOME = {"job_id": "j1", "kind": "verify", "right": 3, "damaged": 1, "missing": 0, "strays": 0}
FINDING = {
    "id": 1, "problem": "damaged", "meaning": "m", "detail": "d", "hint": "steelyard pull org/name",
    "path": "hub/models--org--name/blobs/abc", "model": "org/name", "size": 5000, "job_id": "j1",
    "found_at": "2025-11-20T11:57:00.000Z", "resolved_at": None,
}  # fmt: skip


@pytest.fixture
def answers(job: MakeJob) -> Callable[..., dict[str, Any]]:
    """A depot whose check ends with these findings."""

    def make(*findings: object, status: str = "succeeded", problems: tuple[str, ...] = ()) -> dict[str, Any]:
        return {
            "POST /api/models/org/name/verify": STARTED, "POST /api/v1/scans": STARTED,
            "GET /jobs/j1": job(kind="verify", model="org/name", status=status, error="broken"),
            "GET /api/v1/findings": {"count": len(findings), "findings": list(findings)},
            "GET /api/v1/checks": {"count": 1, "checks": [OUTCOME]},
            "GET /api/models/org/name": {"model": "org/name", "problems": list(problems)},
        }  # fmt: skip

    return make


def test_all_is_well(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    done = shell(answers(), "verify", "org/name")
    assert done.returncode == 0
    assert done.stderr.endswith("Nothing is wrong.\n")


def test_what_is_wrong_is_listed_with_what_to_do(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    done = shell(answers(FINDING), "verify", "org/name")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].split()[:2] == ["damaged", "org/name"]
    assert "Files in this check: 3 right, 1 damaged, 0 missing.\n" in done.stderr
    assert "Hint:  steelyard pull org/name" in done.stderr


def test_what_was_never_whole_is_named(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    done = shell(answers(problems=("w.bin: it runs os.system", "cut.gguf: it ends early")), "verify", "org/name")
    assert done.returncode == 1
    assert "Problem: cut.gguf: it ends early\nHint:  " in done.stderr
    assert "w.bin" not in done.stderr
    assert "Nothing is wrong" not in done.stderr
    told = json.loads(shell(answers(problems=("cut.gguf: x",)), "verify", "org/name", "--json").stdout)
    assert told["problems"] == ["cut.gguf: x"]


def test_a_scan_that_waits_for_a_person_is_not_what_verify_asks(
    shell: Shell, answers: Callable[..., dict[str, Any]]
) -> None:
    done = shell(answers(problems=("w.bin: it runs os.system",)), "verify", "org/name")
    assert (done.returncode, "Nothing is wrong" in done.stderr) == (0, True)


def test_what_was_known_before_is_counted_apart(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    lost = {**FINDING, "problem": "missing", "job_id": "j0"}
    done = shell(answers(FINDING, lost, lost), "verify", "org/name")
    assert "3 right, 1 damaged, 0 missing. Still open from before: 2.\n" in done.stderr


def test_what_is_for_the_store_is_refused_beside_a_model(shell: Shell) -> None:
    done = shell({}, "verify", "org/name", "--accept-missing")
    assert (done.returncode, done.args) == (2, [])


def test_without_a_model_the_store_is_scanned(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    done = shell(answers(), "verify", "--accept-missing")
    assert done.args[0].url.path == "/api/v1/scans"
    assert json.loads(done.args[0].content) == {"accept_missing": True}


def test_a_check_that_failed_is_no_good_news(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    done = shell(answers(status="failed"), "verify", "org/name")
    assert done.returncode == 1
    assert "Nothing is wrong" not in done.stderr


def test_for_programs(shell: Shell, answers: Callable[..., dict[str, Any]]) -> None:
    done = shell(answers(FINDING), "verify", "org/name", "--json")
    assert json.loads(done.stdout) == {"outcome": OUTCOME, "count": 1, "findings": [FINDING], "problems": []}
    started = shell(answers(), "verify", "org/name", "--no-wait", "--json")
    assert json.loads(started.stdout) == STARTED
