import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

Shell = Callable[..., CompletedProcess[str]]
ENGINES = {
    "count": 2,
    "engines": [
        {"name": "llamacpp", "usable": True, "reason": None, "hint": None},
        {"name": "transformers", "usable": False, "reason": "it is not installed", "hint": "pip install it"},
    ],
}


def model(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "model": name, "engine": "llamacpp", "size_bytes": 40_500_000, "context": 4096, "task": "chat", "in_flight": 0,
        "pinned": False, "loaded_at": "2025-11-20T11:59:00.000Z", "expires_at": "2025-11-20T12:04:00.000Z", **changes,
    }  # fmt: skip


def loaded(*models: dict[str, Any], waiting: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        "count": len(models), "models": list(models), "waiting": waiting or {}, "used_bytes": 40_500_000,
        "budget_bytes": 20_000_000_000, "max_loaded": None,
    }  # fmt: skip


def test_which_can_be_used_and_what_helps(shell: Shell) -> None:
    done = shell({"GET /api/v1/engines": ENGINES}, "engines")

    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["llamacpp", "yes", "–", "–"],
        ["transformers", "no", "it", "is", "not", "installed", "pip", "install", "it"],
    ]
    assert json.loads(shell({"GET /api/v1/engines": ENGINES}, "engines", "--json").stdout) == ENGINES


def test_what_is_in_memory(shell: Shell) -> None:
    page = loaded(
        model("a"),
        model("b", pinned=True, expires_at=None),
        model("c", in_flight=2, expires_at=None),
        model("d", expires_at=None),
        model("e", task="embed", expires_at="2025-11-20T11:59:59.000Z"),
        waiting={"f": 3},
    )

    done = shell({"GET /api/v1/engines/loaded": page}, "engines", "loaded")

    rows = [line.split("4096")[1].split(maxsplit=1) for line in done.stdout.splitlines()[1:]]
    assert rows == [["0", "in 4 min 00 s"], ["0", "pinned"], ["2", "in use"], ["0", "it stays"], ["0", "now"]]
    assert done.stdout.splitlines()[1].split()[:5] == ["a", "chat", "llamacpp", "40.5", "MB"]
    assert done.stdout.splitlines()[5].split()[:2] == ["e", "embed"]
    assert done.stderr.splitlines() == ["3 waiting for f", "40.5 MB of 20.0 GB in use."]
    assert json.loads(shell({"GET /api/v1/engines/loaded": page}, "engines", "loaded", "--json").stdout) == page


def test_nothing_is_in_memory(shell: Shell) -> None:
    done = shell({"GET /api/v1/engines/loaded": loaded()}, "engines", "loaded")

    assert (done.returncode, done.stdout) == (0, "")
    assert "steelyard chat MODEL" in done.stderr


def test_unload(shell: Shell) -> None:
    was, was_not = {"model": "gpt2", "unloaded": True}, {"model": "gpt2", "unloaded": False}
    path = "POST /api/v1/engines/unload"

    assert shell({path: was}, "engines", "unload", "gpt2").stderr == "gpt2 leaves memory.\n"
    assert shell({path: was_not}, "engines", "unload", "gpt2").stderr == "gpt2 was not in memory.\n"
    assert json.loads(shell({path: was}, "engines", "unload", "gpt2", "--json").stdout) == was
    assert shell({}, "engines", "unload", "gpt2").returncode == 4
