import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]


def token(**changes: object) -> dict[str, Any]:
    return {
        "id": "3k9f2m7q1x", "username": "bob", "label": "laptop", "status": "active", "scopes": ["pull", "read"],
        "cidrs": None, "created_at": "2025-11-20T11:57:00.000Z", "expires_at": "2026-02-18T12:00:00.000Z",
        "last_used_at": None, "revoked_at": None, **changes,
    }  # fmt: skip


NEW = token(token="sy_3k9f2m7q1x_secret")


@pytest.mark.parametrize("words", [("tokens",), ("tokens", "list")])
def test_the_list(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell({"GET /api/v1/tokens": {"count": 1, "tokens": [token()]}}, *words)
    assert done.stdout.splitlines()[1].split() == [
        "3k9f2m7q1x", "bob", "laptop", "active", "pull,", "read", "2026-02-18", "never"
    ]  # fmt: skip


def test_the_text_alone_is_data(shell: Shell) -> None:
    done = shell({"POST /api/v1/tokens": NEW}, "tokens", "add", "laptop")
    assert done.stdout == "sy_3k9f2m7q1x_secret\n"
    assert "not shown again" in done.stderr
    assert "secret" not in done.stderr
    assert json.loads(done.args[0].content) == {"label": "laptop"}
    assert json.loads(shell({"POST /api/v1/tokens": NEW}, "tokens", "add", "x", "--json").stdout) == NEW


def test_what_it_may_do(shell: Shell) -> None:
    words = ("--user", "ci", "--scope", "read", "--scope", "report", "--never-expires", "--from", "10.0.0.0/8")
    done = shell({"POST /api/v1/tokens": NEW}, "tokens", "add", "ci", *words)
    assert json.loads(done.args[0].content) == {
        "label": "ci", "user": "ci", "scopes": ["read", "report"], "expires_in_days": None, "cidrs": ["10.0.0.0/8"],
    }  # fmt: skip


@pytest.mark.parametrize("words", [("--days", "0"), ("--days", "3", "--never-expires")])
def test_what_makes_no_sense_is_not_sent(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell({"POST /api/v1/tokens": NEW}, "tokens", "add", "x", *words)
    assert (done.returncode, done.args) == (2, [])


def test_revoking(shell: Shell) -> None:
    done = shell({"DELETE /api/v1/tokens/3k9f2m7q1x": httpx2.Response(204)}, "tokens", "revoke", "3k9f2m7q1x")
    assert (done.returncode, "good for nothing" in done.stderr) == (0, True)
    assert shell({}, "tokens", "revoke", "unknown").returncode == 4


def test_no_tokens(shell: Shell) -> None:
    done = shell({"GET /api/v1/tokens": {"count": 0, "tokens": []}}, "tokens", "--revoked", "--user", "bob")
    assert (done.stdout, "steelyard tokens add" in done.stderr) == ("", True)
    assert dict(done.args[0].url.params) == {"user": "bob", "revoked": "true", "limit": "100"}
