import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2

Shell = Callable[..., CompletedProcess[str]]


def shelf(*models: dict[str, Any], count: int | None = None) -> dict[str, Any]:
    return {"GET /api/models": {"count": len(models) if count is None else count, "models": list(models)}}


GPT2 = {
    "model": "gpt2",
    "status": "ready",
    "active": True,
    "format": "safetensors",
    "size_bytes": 548_000_000,
    "last_used_at": "2025-11-20T11:57:00.000Z",
    "stats": {"download_count": 3, "first_downloaded_by": "alice"},
}


def test_a_row_for_each_model(shell: Shell) -> None:
    plain = {"model": "org/name", "status": "partial", "active": False, "format": None, "size_bytes": 1}

    done = shell(shelf(GPT2, plain), "ls")

    assert done.returncode == 0
    assert done.stdout.startswith("MODEL ")
    assert done.stdout.splitlines()[1].split() == [
        "gpt2", "ready", "safetensors", "548", "MB", "3", "alice", "3", "min", "ago",
    ]  # fmt: skip
    assert done.stdout.splitlines()[2].split() == [
        "org/name", "partial", "(inactive)", "–", "1", "B", "0", "–", "never",
    ]  # fmt: skip
    assert done.stderr == ""


def test_a_model_with_problems_is_marked(shell: Shell) -> None:
    done = shell(shelf(GPT2, {**GPT2, "model": "org/cut", "problems": ["cut.gguf: it ends early"]}), "ls")

    assert done.stdout.splitlines()[2].split()[:3] == ["org/cut", "ready", "(problems)"]
    assert "(problems)" not in done.stdout.splitlines()[1]
    assert "steelyard show org/cut" in done.stderr


def test_filters_are_sent(shell: Shell) -> None:
    done = shell(shelf(GPT2), "ls", "-q", "gpt", "--status", "ready", "--sort", "size", "--limit", "7")

    request = done.args[0]
    assert isinstance(request, httpx2.Request)
    assert dict(request.url.params) == {"q": "gpt", "status": "ready", "sort": "size", "limit": "7"}


def test_json_is_what_the_server_said(shell: Shell) -> None:
    answers = shelf({**GPT2, "brand_new_field": "é"})

    done = shell(answers, "ls", "--json")

    assert json.loads(done.stdout) == answers["GET /api/models"]
    assert "é" in done.stdout


def test_an_empty_shelf_says_how_to_fill_it(shell: Shell) -> None:
    done = shell(shelf(), "ls")

    assert (done.returncode, done.stdout) == (0, "")
    assert "steelyard pull gpt2" in done.stderr


def test_no_match_is_no_empty_shelf(shell: Shell) -> None:
    done = shell(shelf(), "ls", "-q", "nope")

    assert "No model matches" in done.stderr


def test_an_empty_shelf_is_json_too(shell: Shell) -> None:
    assert json.loads(shell(shelf(), "ls", "--json").stdout) == {"count": 0, "models": []}


def test_what_does_not_fit_is_said_beside_the_data(shell: Shell) -> None:
    done = shell(shelf(GPT2, count=250), "ls", "--limit", "1")

    assert len(done.stdout.splitlines()) == 2
    assert "1 of 250 models" in done.stderr


def test_a_terminal_gets_the_same_rows(shell: Shell) -> None:
    done = shell(shelf(GPT2), "ls", terminal=True)

    assert done.returncode == 0
    assert "gpt2" in done.stdout
