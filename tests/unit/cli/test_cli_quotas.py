"""Setting quotas, and seeing how one stands."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

Shell = Callable[..., CompletedProcess[str]]
ROW = {
    "kind": "user", "name": "bob", "held_bytes": 100_000_000_000, "period_bytes": None, "period_requests": 20,
    "period": "week", "changed_at": "2025-11-20T11:57:00.000Z", "changed_by": "root",
}  # fmt: skip
STANDING = {
    "username": "bob", "role": "member", "held_bytes": {"used": 1_000_000, "limit": None},
    "period_bytes": {"used": 5, "limit": 2_000_000, "period": "week"},
    "period_requests": {"used": 3, "limit": 20, "period": "day"},
}  # fmt: skip
OPTIONS = ("--holds", "100GB", "--requests", "20", "--period", "week")


@pytest.mark.parametrize("words", [(), ("list",)])
def test_what_is_set_is_a_table(shell: Shell, words: tuple[str, ...]) -> None:
    everybody = ROW | {"kind": "everybody", "name": "everybody"}
    done = shell({"GET /api/v1/quotas": {"count": 2, "quotas": [everybody, ROW]}}, "quotas", *words)

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[1].split()[0] == "everybody"
    for text in ("user bob", "100 GB", "20", "week", "root"):
        assert text in lines[2]


def test_nobody_is_limited(shell: Shell) -> None:
    done = shell({"GET /api/v1/quotas": {"count": 0, "quotas": []}}, "quotas")

    assert (done.stdout, done.stderr) == ("", "No quota is set: nobody is limited.\n")


@pytest.mark.parametrize(
    ("whose", "path"),
    [(("--user", "bob"), "user/bob"), (("--role", "member"), "role/member"), ((), "everybody")],
)
def test_a_quota_is_set_and_cleared_for_one_subject(shell: Shell, whose: tuple[str, ...], path: str) -> None:
    done = shell({f"PUT /api/v1/quotas/{path}": ROW}, "quotas", "set", *whose, *OPTIONS)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.args[0].content) == {
        "held_bytes": "100GB", "period_bytes": None, "period_requests": 20, "period": "week",
    }  # fmt: skip
    cleared = shell({f"DELETE /api/v1/quotas/{path}": None}, "quotas", "clear", *whose)
    assert cleared.args[0].method == "DELETE"


@pytest.mark.parametrize("verb", ["set", "clear"])
def test_two_subjects_at_once_are_refused(shell: Shell, verb: str) -> None:
    assert shell({}, "quotas", verb, "--user", "bob", "--role", "member").returncode == 2


def test_how_one_stands(shell: Shell) -> None:
    done = shell({"GET /api/v1/quotas/me": STANDING}, "quotas", "me")

    assert done.stdout.splitlines() == [
        "LIMIT ON         USED      OF  IN A",
        "bytes held     1.0 MB       –  –",
        "bytes brought     5 B  2.0 MB  week",
        "requests            3      20  day",
    ]
    other = shell({"GET /api/v1/quotas/users/bob": STANDING}, "quotas", "me", "--user", "bob", "--json")
    assert json.loads(other.stdout) == STANDING
