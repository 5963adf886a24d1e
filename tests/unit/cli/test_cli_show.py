import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2

Shell = Callable[..., CompletedProcess[str]]
MODEL: dict[str, Any] = {
    "id": "m~1a2b",
    "model": "org/name",
    "status": "ready",
    "active": True,
    "source": "huggingface",
    "revision": "a" * 40,
    "format": "gguf",
    "architecture": "llama",
    "parameters": 1_100_000_000,
    "license": "mit",
    "size_bytes": 64_200_000_000,
    "tags": ["chat", "small"],
    "files": [{"path": "model.gguf", "size": 5, "sha256": "b" * 64}, {"path": "README.md", "size": 1, "sha256": None}],
    "created_at": "2025-11-20T11:57:00.000Z",
    "last_used_at": None,
    "stats": {"download_count": 2, "first_downloaded_by": "alice", "success_rate": 0.98},
}


def test_facts_use_and_files(shell: Shell) -> None:
    done = shell({"GET /api/models/org/name": MODEL}, "show", "org/name")

    facts = dict(line.split("  ", 1) for line in done.stdout.split("\n\n")[0].splitlines())
    assert done.returncode == 0
    assert facts["Parameters"].strip() == "1,100,000,000"
    assert facts["Size"].strip() == "64.2 GB"
    assert facts["Tags"].strip() == "chat, small"
    assert facts["First pulled by"].strip() == "alice"
    assert facts["Success rate"].strip() == "98 %"
    assert facts["Last used"].strip() == "never"
    assert f"model.gguf   5 B  {'b' * 64}" in done.stdout


def test_a_model_without_files_has_no_table_of_files(shell: Shell) -> None:
    done = shell({"GET /api/models/org/name": {**MODEL, "files": []}}, "show", "org/name")

    assert "SHA-256" not in done.stdout


def test_json(shell: Shell) -> None:
    done = shell({"GET /api/models/org/name": MODEL}, "show", "org/name", "--json")

    assert json.loads(done.stdout) == MODEL


def test_a_model_that_is_not_here_is_4_and_the_depot_says_what_to_do(shell: Shell) -> None:
    problem = {"title": "x", "status": 404, "detail": "gpt9 is in the trash.", "hint": "steelyard restore gpt9"}
    gone = httpx2.Response(404, json=problem, headers={"content-type": "application/problem+json"})
    done = shell({"GET /api/models/gpt9": gone}, "show", "gpt9")

    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "Error: gpt9 is in the trash.\nHint:  steelyard restore gpt9\n"


def test_a_name_that_is_none(shell: Shell) -> None:
    done = shell({}, "show", "../../etc/passwd")

    assert (done.returncode, done.args) == (2, [])
    assert "org/name" in done.stderr


def test_what_is_not_known_is_not_shown(shell: Shell) -> None:
    bare = {**MODEL, "architecture": None, "quantization": None, "license": None, "stats": {"success_rate": None}}

    said = shell({"GET /api/models/org/name": bare}, "show", "org/name").stdout

    assert not {"Architecture", "Quantisation", "Licence", "Success", "Aliases"} & set(said.split())


def test_a_column_for_the_state_when_a_file_is_not_stored(shell: Shell) -> None:
    files = [{**MODEL["files"][0], "state": "stored"}, {**MODEL["files"][1], "state": "quarantined"}]

    said = shell({"GET /api/models/org/name": {**MODEL, "files": files}}, "show", "org/name").stdout

    assert "STATE" in said
    assert "README.md    1 B  quarantined" in said
    stored = {**MODEL, "files": files[:1]}
    assert "STATE" not in shell({"GET /api/models/org/name": stored}, "show", "org/name").stdout


def test_a_failed_model_tells_what_its_last_job_said(shell: Shell, job: Callable[..., dict[str, Any]]) -> None:
    failed = job(status="failed", error="The hub has no such file.", hint="Look at its page.")
    answers = {
        "GET /api/models/org/name": {**MODEL, "status": "failed"},
        "GET /jobs": {"count": 1, "jobs": [failed]},
    }

    done = shell(answers, "show", "org/name")

    assert done.returncode == 0
    assert "The hub has no such file." in done.stdout
    assert "Look at its page." in done.stdout
    assert dict(done.args[1].url.params) == {"model": "org/name", "limit": "1"}
