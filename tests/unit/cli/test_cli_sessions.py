import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2

Shell = Callable[..., CompletedProcess[str]]
TRIP = {
    "session": "trip", "created_at": "2025-11-20T11:00:00.000Z", "updated_at": "2025-11-20T11:57:00.000Z",
    "characters": 12,
}  # fmt: skip


def page(count: int) -> dict[str, Any]:
    return {"count": count, "sessions": [{**TRIP, "messages": 2}]}


def test_the_list(shell: Shell) -> None:
    done = shell({"GET /api/v1/sessions": page(3)}, "sessions")

    assert done.stdout.splitlines()[1].split() == ["trip", "2", "12", "3", "min", "ago"]
    assert "1 of 3 sessions" in done.stderr
    assert json.loads(shell({"GET /api/v1/sessions": page(1)}, "sessions", "--json").stdout) == page(1)


def test_there_are_none(shell: Shell) -> None:
    done = shell({"GET /api/v1/sessions": {"count": 0, "sessions": []}}, "sessions")

    assert (done.returncode, done.stdout) == (0, "")
    assert "--session NAME" in done.stderr


def test_what_was_said(shell: Shell) -> None:
    messages = [{"role": "user", "content": "a\nb"}, {"role": "assistant", "content": "\x1b[2J"}]
    whole = {**TRIP, "count": 2, "messages": messages}

    done = shell({"GET /api/v1/sessions/trip": whole}, "sessions", "show", "trip")

    assert done.stdout == "user: a\nb\nassistant: ?[2J\n"
    again = shell({"GET /api/v1/sessions/trip": whole}, "sessions", "show", "trip", "--json")
    assert json.loads(again.stdout) == whole


def test_forgetting(shell: Shell) -> None:
    done = shell({"DELETE /api/v1/sessions/trip": httpx2.Response(204)}, "sessions", "rm", "trip")

    assert (done.returncode, done.stderr) == (0, "trip is forgotten.\n")
    assert shell({}, "sessions", "rm", "trip").returncode == 4
