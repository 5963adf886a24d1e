import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
GONE = httpx2.Response(204)


def user(**changes: object) -> dict[str, Any]:
    return {
        "username": "bob", "role": "member", "disabled": False, "has_password": True, "created_by": "ann",
        "created_at": "2025-11-20T11:57:00.000Z", "disabled_at": None, "password_changed_at": None,
        "principals": [{"kind": "tailnet", "subject": "bob@net"}], **changes,
    }  # fmt: skip


def me(account: str | None) -> dict[str, Any]:
    return {
        "username": account or "somebody", "account": account, "role": "admin", "identified_by": "account",
        "scopes": None, "credential": "token:t1", "mode": "required",
    }  # fmt: skip


def said(request: object) -> object:
    assert isinstance(request, httpx2.Request)
    return json.loads(request.content)


@pytest.mark.parametrize("words", [("users",), ("users", "list")])
def test_the_list(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell({"GET /api/v1/users": {"count": 2, "users": [user()]}}, *words)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split() == [
        "bob", "member", "active", "tailnet", "bob@net", "3", "min", "ago"
    ]  # fmt: skip
    assert "1 of 2 accounts" in done.stderr


def test_nobody_yet(shell: Shell) -> None:
    done = shell({"GET /api/v1/users": {"count": 0, "users": []}}, "users")
    assert (done.stdout, "steelyard users add" in done.stderr) == ("", True)


def test_the_list_as_json(shell: Shell) -> None:
    page = {"count": 1, "users": [user()]}
    assert json.loads(shell({"GET /api/v1/users": page}, "users", "--json").stdout) == page


def test_a_password_is_typed_twice(shell: Shell) -> None:
    answers = {"POST /api/v1/users": user()}
    done = shell(answers, "users", "add", "bob", terminal=True, keys="four words or so\nfour words or so\n")
    assert said(done.args[0]) == {"username": "bob", "role": "member", "password": "four words or so"}
    assert "four" not in done.stdout + done.stderr
    other = shell(answers, "users", "add", "bob", terminal=True, keys="four words or so\nfive words or so\n")
    assert (other.returncode, other.args) == (2, [])


def test_a_password_comes_by_a_pipe_only_if_told(shell: Shell) -> None:
    answers = {"POST /api/v1/users": user()}
    done = shell(answers, "users", "add", "bob", "--role", "admin", "--password-stdin", keys="four words or so\n")
    assert said(done.args[0]) == {"username": "bob", "role": "admin", "password": "four words or so"}
    for words, keys in ((("users", "add", "bob"), "x\nx\n"), (("users", "add", "bob", "--password-stdin"), "")):
        refused = shell(answers, *words, keys=keys)
        assert (refused.returncode, refused.args) == (2, [])


@pytest.mark.parametrize("words", [("--role", "service"), ("--no-password",)])
def test_some_have_no_password(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell({"POST /api/v1/users": user()}, "users", "add", "ci", *words)
    body = said(done.args[0])
    assert isinstance(body, dict)
    assert "password" not in body


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("set", "bob", "--role", "viewer"), {"role": "viewer"}),
        (("disable", "bob"), {"disabled": True}),
        (("enable", "bob"), {"disabled": False}),
    ],
)
def test_changes(shell: Shell, words: tuple[str, ...], body: object) -> None:
    done = shell({"PATCH /api/v1/users/bob": user()}, "users", *words)
    assert (done.returncode, said(done.args[0]), "bob" in done.stderr) == (0, body, True)


def test_somebody_elses_password(shell: Shell) -> None:
    answers = {"GET /api/v1/me": me("ann"), "POST /api/v1/users/bob/password": GONE}
    done = shell(answers, "users", "password", "bob", "--password-stdin", keys="four words or so\n")
    assert (done.returncode, said(done.args[1])) == (0, {"password": "four words or so"})


def test_ones_own_password_takes_the_present_one(shell: Shell) -> None:
    answers = {"GET /api/v1/me": me("bob"), "POST /api/v1/users/Bob/password": GONE}
    body = {"password": "four words or so", "current": "the old one"}
    piped = shell(answers, "users", "password", "Bob", "--password-stdin", keys="the old one\nfour words or so\n")
    assert said(piped.args[1]) == body
    keys = "the old one\nfour words or so\nfour words or so\n"
    assert said(shell(answers, "users", "password", "Bob", terminal=True, keys=keys).args[1]) == body


def test_deleting_asks(shell: Shell) -> None:
    answers = {"DELETE /api/v1/users/bob": GONE}
    assert shell(answers, "users", "rm", "bob").returncode == 2
    no = shell(answers, "users", "rm", "bob", terminal=True, keys="n\n")
    assert (no.returncode, no.args) == (1, [])
    for done in (
        shell(answers, "users", "rm", "bob", "-y"),
        shell(answers, "users", "rm", "bob", terminal=True, keys="y\n"),
    ):
        assert (done.returncode, len(done.args)) == (0, 1)


def test_links(shell: Shell) -> None:
    done = shell({"POST /api/v1/users/bob/principals": user()}, "users", "link", "bob", "tailnet", "bob@net")
    assert said(done.args[0]) == {"kind": "tailnet", "subject": "bob@net"}
    gone = shell({"DELETE /api/v1/users/bob/principals": user()}, "users", "unlink", "bob", "tailnet", "bob@net")
    assert dict(gone.args[0].url.params) == {"kind": "tailnet", "subject": "bob@net"}
    assert shell({}, "users", "link", "bob", "declared", "bob").returncode == 2


def test_signing_out_everywhere(shell: Shell) -> None:
    done = shell({"POST /api/v1/users/bob/logout": {"username": "bob", "ended": 3}}, "users", "logout", "bob")
    assert "3 sessions" in done.stderr


def test_who_was_seen(shell: Shell) -> None:
    one = {
        "kind": "tailnet", "subject": "carl@net", "name": "carl", "account": None,
        "first_seen_at": "2025-11-20T11:57:00.000Z",
    }  # fmt: skip
    done = shell({"GET /api/v1/principals": {"count": 1, "principals": [one]}}, "users", "seen", "--unlinked")
    assert done.stdout.splitlines()[1].split() == ["tailnet", "carl@net", "–", "3", "min", "ago"]
    assert dict(done.args[0].url.params) == {"linked": "false", "limit": "100"}


def test_whoami(shell: Shell) -> None:
    done = shell({"GET /api/v1/me": me("ann")}, "whoami")
    facts = {line.split("  ")[0].strip(): line.split("  ")[-1].strip() for line in done.stdout.splitlines()}
    assert (facts["Name"], facts["Role"], facts["Shown"]) == ("ann", "admin", "token:t1")
    assert json.loads(shell({"GET /api/v1/me": me("ann")}, "whoami", "--json").stdout) == me("ann")
    nobody = shell({"GET /api/v1/me": {**me(None), "role": None}}, "whoami")
    assert "STEELYARD_TOKEN" in nobody.stderr
