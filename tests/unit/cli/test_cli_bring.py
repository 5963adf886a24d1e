"""``import``: rehearsed, started, and told of to its end."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

Shell = Callable[..., CompletedProcess[str]]
MakeJob = Callable[..., dict[str, Any]]
PATH = "POST /api/v1/imports"
MODEL: dict[str, Any] = {
    "folder": "models--org--name", "model": "org/name", "source": "huggingface", "status": "imported", "reason": None,
    "revisions": [], "bytes_here": 0, "bytes_linked": 5000, "bytes_copied": 0,
}  # fmt: skip
WRONG = {
    **MODEL, "model": None, "folder": "models--a--b", "status": "refused",
    "revisions": [{"refused": [{"path": "w.bin", "reason": "its bytes are wrong"}]}],
}  # fmt: skip


def totals(refused: int = 0) -> dict[str, int]:
    """The sums over all models."""
    return {"models": 1, "refused": refused, "files": 2, "bytes_here": 0, "bytes_linked": 5000, "bytes_copied": 0}


def test_a_dry_run_shows_the_plan(shell: Shell) -> None:
    plan = {"dry_run": True, "path": "/data", "kind": "auto", "copy": False, "totals": totals(), "models": [MODEL]}
    done = shell({PATH: plan}, "import", "/data", "--dry-run", "--name", "team/model")
    assert json.loads(done.args[0].content) == {
        "path": "/data", "kind": "auto", "name": "team/model", "dry_run": True
    }  # fmt: skip
    assert "org/name" in done.stdout
    assert done.stderr == "1 model, 2 files: 5.0 kB linked, 0 B copied.\n"


def test_a_relative_path_is_made_whole(shell: Shell) -> None:
    done = shell(
        {PATH: {"job_id": "j1", "status": "queued", "dry_run": False, "path": "p"}}, "import", "x", "--no-wait"
    )
    assert json.loads(done.args[0].content)["path"].endswith("/x")
    assert json.loads(done.args[0].content)["path"].startswith("/")


def test_a_model_that_was_refused_makes_it_fail(shell: Shell, job: MakeJob) -> None:
    ended = job(kind="import", status="succeeded", model=None)
    answers = {
        PATH: {"job_id": "j1", "status": "queued", "dry_run": False, "path": "/data"},
        "GET /jobs/j1": ended,
        "GET /api/v1/imports/j1": {**ended, "totals": totals(1), "models": [MODEL, WRONG]},
    }
    done = shell(answers, "import", "/data")
    assert done.returncode == 1
    assert "w.bin: its bytes are wrong" in done.stdout
    assert "1 refused" in done.stderr


def test_what_came_in_broken_is_said_and_kept(shell: Shell, job: MakeJob) -> None:
    ended = job(kind="import", status="succeeded", model=None)
    broken = {**MODEL, "problems": ["cut.gguf: it ends early", "other.gguf: it is none"]}
    answers = {
        PATH: {"job_id": "j1", "status": "queued", "dry_run": False, "path": "/data"},
        "GET /jobs/j1": ended,
        "GET /api/v1/imports/j1": {**ended, "totals": totals(), "models": [broken]},
    }
    done = shell(answers, "import", "/data")
    assert done.returncode == 0
    assert "Warning: org/name: cut.gguf: it ends early (and 1 more)\nHint:  " in done.stderr
    assert "`steelyard show org/name`" in done.stderr
