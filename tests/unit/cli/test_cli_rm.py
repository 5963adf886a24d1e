"""``rm`` and ``restore``: what is said before and after, and who must say yes."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
PATH = "DELETE /api/models/org/name"
DONE = {
    "model": "org/name",
    "pinned": False,
    "frees_bytes": 2_000_000,
    "shared_bytes": 0,
    "purge_after": "2025-11-27T12:00:00.000Z",
}


def test_a_deletion_says_how_to_undo_it(shell: Shell) -> None:
    done = shell({PATH: DONE}, "rm", "org/name")
    assert done.returncode == 0
    assert "2.0 MB are freed" in done.stderr
    assert "`steelyard restore org/name` brings it back" in done.stderr
    assert dict(done.args[0].url.params) == {}


def test_a_dry_run_only_tells(shell: Shell) -> None:
    done = shell({PATH: {**DONE, "shared_bytes": 5000}}, "rm", "org/name", "--dry-run")
    assert dict(done.args[0].url.params) == {"dry_run": "true"}
    assert done.stderr == "Deleting org/name would free 2.0 MB. 5.0 kB stay: other models hold them too.\n"


def test_a_purge_asks_a_person(shell: Shell) -> None:
    done = shell({PATH: [DONE, DONE]}, "rm", "org/name", "--purge", terminal=True, keys="y\n")
    assert "That frees 2.0 MB" in done.stderr
    assert [dict(request.url.params) for request in done.args] == [
        {"dry_run": "true", "purge": "true"}, {"purge": "true"}
    ]  # fmt: skip


def test_a_no_deletes_nothing(shell: Shell) -> None:
    done = shell({PATH: [DONE, DONE]}, "rm", "org/name", "--purge", terminal=True, keys="n\n")
    assert (done.returncode, len(done.args)) == (1, 1)


def test_a_pinned_model_is_told_of_and_asked_nothing(shell: Shell) -> None:
    pinned = {**DONE, "pinned": True}
    assert "steelyard pin org/name --off" in shell({PATH: pinned}, "rm", "org/name", "--dry-run").stderr
    problem = {"type": "model-pinned", "title": "Pinned", "status": 409, "detail": "It is pinned."}
    refused = httpx2.Response(409, json=problem, headers={"content-type": "application/problem+json"})
    done = shell({PATH: [pinned, refused]}, "rm", "org/name", "--purge", terminal=True)
    assert (done.returncode, "It is pinned." in done.stderr, "for good?" in done.stderr) == (1, True, False)


def test_a_script_must_say_yes_to_a_purge(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    done = shell({PATH: DONE}, "rm", "org/name", "--purge")
    assert (done.returncode, done.args) == (2, [])
    assert "--yes" in capsys.readouterr().err
    assert len(shell({PATH: DONE}, "rm", "org/name", "--purge", "--yes").args) == 1


def test_restore(shell: Shell) -> None:
    done = shell({"POST /api/models/org/name/restore": {"model": "org/name", "status": "ready"}}, "restore", "org/name")
    assert done.stderr == "org/name is back on the shelf (ready).\n"


def test_for_programs(shell: Shell) -> None:
    assert json.loads(shell({PATH: DONE}, "rm", "org/name", "--json").stdout) == DONE
