"""What an administrator sees of waiting requests and does about them, and what a pull says that has to wait."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
WHY = "would hold 120 GB of your 100 GB"
CASE = {
    "task_id": "t1", "status": "waiting", "model": "org/big", "revision": "abc", "include": [], "exclude": [],
    "variant": None, "source": "huggingface", "username": "bob", "identified_by": "account", "vpn_ip": "192.0.2.7",
    "priority": "medium", "size_bytes": 20_000_000_000, "reasons": [WHY], "asked_at": "2025-11-20T11:57:00.000Z",
    "decided_at": None, "decided_by": None, "decision_reason": None, "request_status": "awaiting_approval",
    "job_id": None,
}  # fmt: skip
WAITS = {
    "job_id": None, "task_id": "t1", "model": "org/big", "revision": "abc", "status": "awaiting_approval",
    "position": 0, "reasons": [WHY], "hint": "An administrator decides.",
}  # fmt: skip
REQUEST = "GET /api/v1/downloads/request/t1"


def request(status: str, **more: Any) -> dict[str, Any]:
    """A request as the depot tells of it."""
    return {"task_id": "t1", "status": status, "job_id": None, "error": None, "model": "org/big", **more}


def test_what_waits_is_a_table_with_the_reasons(shell: Shell) -> None:
    done = shell({"GET /api/v1/approvals": {"count": 3, "approvals": [CASE]}}, "approvals")

    assert done.returncode == 0
    for text in ("bob", "org/big", "20.0 GB", WHY, "t1", "3 min ago"):
        assert text in done.stdout
    assert "The oldest 1 of 3" in done.stderr


def test_nothing_waits(shell: Shell) -> None:
    done = shell({"GET /api/v1/approvals": {"count": 0, "approvals": []}}, "approvals", "list")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Nothing waits.\n")


def test_what_was_decided_names_who_and_why(shell: Shell) -> None:
    denied = CASE | {"status": "denied", "decided_by": "root", "decision_reason": "too large"}
    done = shell({"GET /api/v1/approvals": {"count": 1, "approvals": [denied]}}, "approvals", "--status", "denied")

    assert "root" in done.stdout
    assert "too large" in done.stdout
    assert "status=denied" in str(done.args[0].url)


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_a_decision_carries_its_reason(shell: Shell, verb: str) -> None:
    decided = CASE | {"status": f"{verb}d", "job_id": "j1" if verb == "approve" else None}
    done = shell({f"POST /api/v1/approvals/t1/{verb}": decided}, "approvals", verb, "t1", "--reason", "because")

    assert json.loads(done.args[0].content) == {"reason": "because"}
    assert done.stderr.startswith(f"org/big for bob: {verb}d.")
    assert ("steelyard jobs watch j1" in done.stderr) is (verb == "approve")


def test_a_denial_needs_a_reason(shell: Shell) -> None:
    assert shell({}, "approvals", "deny", "t1").returncode == 2


def test_json_is_what_the_depot_answers(shell: Shell) -> None:
    page = {"count": 1, "approvals": [CASE]}

    assert json.loads(shell({"GET /api/v1/approvals": page}, "approvals", "--json").stdout) == page
    assert json.loads(shell({"POST /api/v1/approvals/t1/approve": CASE}, "approvals", "approve", "t1", "--json").stdout)


def test_a_pull_that_waits_says_so_and_is_no_failure(shell: Shell) -> None:
    done = shell({"POST /pull": httpx2.Response(202, json=WAITS)}, "pull", "org/big", "--no-wait")

    assert (done.returncode, done.stdout) == (0, "t1\n")
    assert f"org/big waits for an administrator: {WHY}." in done.stderr
    assert "An administrator decides." in done.stderr


def test_a_pull_that_waits_as_json(shell: Shell) -> None:
    done = shell({"POST /pull": httpx2.Response(202, json=WAITS)}, "pull", "org/big", "--json")

    assert (done.returncode, json.loads(done.stdout)) == (0, WAITS)


def test_with_wait_it_goes_on_when_somebody_agrees(shell: Shell, job: MakeJob) -> None:
    answers = {
        "POST /pull": httpx2.Response(202, json=WAITS),
        REQUEST: [request("awaiting_approval"), request("pending", job_id="j1")],
        "GET /jobs/j1": job(status="succeeded", model="org/big"),
        "GET /api/models/org/big": {"model": "org/big", "status": "ready", "files": []},
    }
    done = shell(answers, "pull", "org/big", "--wait")

    assert done.returncode == 0, done.stderr
    assert "org/big goes on." in done.stderr


@pytest.mark.parametrize("status", ["denied", "cancelled"])
def test_with_wait_a_no_is_a_failure(shell: Shell, status: str) -> None:
    answers = {"POST /pull": httpx2.Response(202, json=WAITS), REQUEST: request(status, error="too large")}
    done = shell(answers, "pull", "org/big", "--wait")

    assert done.returncode == 1
    assert f"org/big was {status}: too large" in done.stderr


def test_with_wait_what_somebody_else_brought_is_here(shell: Shell) -> None:
    answers = {
        "POST /pull": httpx2.Response(202, json=WAITS), REQUEST: request("completed"),
        "GET /api/models/org/big": {"model": "org/big", "status": "ready", "files": []},
    }  # fmt: skip
    done = shell(answers, "pull", "org/big", "--wait")

    assert done.returncode == 0
    assert "org/big is here." in done.stderr


def test_a_job_that_ends_because_somebody_must_agree_is_waited_for(shell: Shell, job: MakeJob) -> None:
    queued = WAITS | {"status": "queued", "job_id": "j1", "reasons": [], "hint": None}
    answers = {
        "POST /pull": httpx2.Response(202, json=queued),
        "GET /jobs/j1": job(status="cancelled"),
        REQUEST: [request("awaiting_approval"), request("denied", error="no")],
    }
    done = shell(answers, "pull", "org/big", "--wait")

    assert done.returncode == 1
    assert "org/big was denied: no" in done.stderr
