import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2

Shell = Callable[..., CompletedProcess[str]]
PATH = "GET /api/v1/audit"
CHANGED: dict[str, Any] = {
    "id": 2,
    "timestamp": "2025-11-20T11:57:00.000Z",
    "username": "alice",
    "identified_by": "account",
    "ip_address": "100.64.0.5",
    "credential": "token:7",
    "action": "model.change",
    "subject": "org/name",
    "before": {"pinned": False, "name": "A"},
    "after": {"pinned": True, "name": "B"},
}
BY_ITSELF = {
    **CHANGED, "username": None, "identified_by": "depot", "ip_address": None, "credential": None,
    "action": "users.first", "subject": "admin", "before": None, "after": {"role": "admin"},
}  # fmt: skip


def page(*entries: dict[str, Any], count: int = 2) -> dict[str, Any]:
    return {"count": count, "entries": list(entries)}


def test_who_changed_what(shell: Shell) -> None:
    done = shell({PATH: page(CHANGED, BY_ITSELF)}, "audit")
    assert done.returncode == 0
    _, changed, by_itself = [line.split("  ") for line in done.stdout.splitlines()]
    assert [word.strip() for word in changed if word.strip()] == [
        "3 min ago", "alice", "account", "100.64.0.5", "model.change", "org/name",
        "pinned: false → true, name: A → B",
    ]  # fmt: skip
    assert [word.strip() for word in by_itself if word.strip()] == [
        "3 min ago", "the depot", "depot", "–", "users.first", "admin", "role: admin",
    ]  # fmt: skip


def test_filters_travel(shell: Shell) -> None:
    argv = ("--user", "bob", "--action", "model.", "--subject", "org/x", "--since", "2026-11-20", "--limit", "3")
    done = shell({PATH: page(CHANGED)}, "audit", *argv)
    assert dict(done.args[0].url.params) == {
        "user": "bob", "action": "model.", "subject": "org/x", "since": "2026-11-20", "limit": "3",
    }  # fmt: skip


def test_json(shell: Shell) -> None:
    assert json.loads(shell({PATH: page(CHANGED)}, "audit", "--json").stdout) == page(CHANGED)


def test_an_export_goes_to_stdout_as_it_came(shell: Shell) -> None:
    file = "id,username\r\n2,jos\u00e9\r\n"
    said = httpx2.Response(200, headers={"content-type": "text/csv"}, content=file.encode())
    done = shell({PATH: said}, "audit", "--export", "csv", "--user", "bob")
    assert done.stdout == file
    assert dict(done.args[0].url.params) == {"user": "bob", "format": "csv"}


def test_json_beside_an_export_is_refused(shell: Shell) -> None:
    done = shell({}, "audit", "--export", "csv", "--json")
    assert (done.returncode, done.args) == (2, [])


def test_nothing_there(shell: Shell) -> None:
    none = {PATH: page(count=0)}
    assert "Nobody changed" in shell(none, "audit").stderr
    assert "Nothing matches" in shell(none, "audit", "--user", "bob").stderr


def test_more_than_is_shown(shell: Shell) -> None:
    assert "newest 1 of 150" in shell({PATH: page(CHANGED, count=150)}, "audit").stderr


def test_what_somebody_named_cannot_steer_the_terminal(shell: Shell) -> None:
    nasty = {**CHANGED, "subject": "\x1b[31m", "after": {"name": "\x1b[2J"}}
    assert "\x1b" not in shell({PATH: page(nasty)}, "audit").stdout
