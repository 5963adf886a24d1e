import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
PATH = "GET /api/v1/downloads/history"
MODEL: dict[str, Any] = {
    "id": 1,
    "task_id": "t1",
    "artist": None,
    "album": None,
    "model": "gpt2",
    "username": "alice",
    "vpn_ip": "100.64.0.5",
    "status": "completed",
    "timestamp": "2025-11-20T11:57:00.000Z",
    "total_size": 548_000_000,
}
ALBUM = {**MODEL, "model": None, "artist": "Someone", "album": "Something", "total_size": None}


def page(*requests: dict[str, Any], count: int = 2) -> dict[str, Any]:
    return {"count": count, "requests": list(requests)}


def test_models_and_albums(shell: Shell) -> None:
    done = shell({PATH: page(MODEL, ALBUM)}, "history", "--status", "completed", "--limit", "3")

    assert done.returncode == 0
    assert "3 min ago  alice  100.64.0.5  gpt2" in done.stdout
    assert "Someone - Something" in done.stdout
    request = done.args[0]
    assert isinstance(request, httpx2.Request)
    assert dict(request.url.params) == {"status": "completed", "limit": "3"}


def test_of_one_person_or_address(shell: Shell) -> None:
    assert shell({f"{PATH}/user/bob": page(MODEL)}, "history", "--user", "bob").returncode == 0
    assert shell({f"{PATH}/ip/100.64.0.5": page(MODEL)}, "history", "--ip", "100.64.0.5").returncode == 0


def test_filters_travel_together(shell: Shell) -> None:
    argv = ("--user", "bob", "--ip", "100.64.0.5", "--model", "gpt2", "--since", "2026-11-20", "--sort", "size")
    done = shell({f"{PATH}/user/bob": page(MODEL)}, "history", *argv)
    assert dict(done.args[0].url.params) == {
        "ip": "100.64.0.5", "model": "gpt2", "since": "2026-11-20", "sort": "size", "limit": "20"
    }  # fmt: skip


def test_an_export_goes_to_stdout_as_it_came(shell: Shell) -> None:
    file = "task_id,username\r\nt1,jos\u00e9\r\n"
    said = httpx2.Response(200, headers={"content-type": "text/csv"}, content=file.encode())
    done = shell({PATH: said}, "history", "--export", "csv", "--status", "failed")
    assert done.stdout == file
    assert dict(done.args[0].url.params) == {"status": "failed", "format": "csv"}


def test_an_export_of_the_newest(shell: Shell) -> None:
    said = httpx2.Response(200, headers={"content-type": "text/csv"}, content=b"task_id\r\n")
    done = shell({PATH: said}, "history", "--export", "csv", "--limit", "7")
    assert dict(done.args[0].url.params) == {"limit": "7", "format": "csv"}


@pytest.mark.parametrize("more", [("--sort", "size"), ("--json",)])
def test_what_a_file_would_ignore_is_refused(shell: Shell, more: tuple[str, ...]) -> None:
    done = shell({}, "history", "--export", "csv", "--limit", "2", *more)
    assert (done.returncode, done.args) == (2, [])


def test_the_newest_first_is_what_a_file_has(shell: Shell) -> None:
    said = httpx2.Response(200, headers={"content-type": "text/csv"}, content=b"task_id\r\n")
    assert shell({PATH: said}, "history", "--export", "csv", "--sort", "newest").stdout == "task_id\r\n"


def test_json(shell: Shell) -> None:
    assert json.loads(shell({PATH: page(MODEL)}, "history", "--json").stdout) == page(MODEL)


def test_nothing_there(shell: Shell) -> None:
    none = {PATH: page(count=0)}

    assert "Nobody asked" in shell(none, "history").stderr
    assert "Nothing matches" in shell(none, "history", "--status", "failed").stderr


def test_more_than_is_shown(shell: Shell) -> None:
    assert "newest 1 of 150" in shell({PATH: page(MODEL, count=150)}, "history").stderr
    assert "The first 1 of 150" in shell({PATH: page(MODEL, count=150)}, "history", "--sort", "size").stderr


def test_why_requests_failed_stands_in_the_list_when_some_did(shell: Shell) -> None:
    failed = {**MODEL, "status": "failed", "error": "The repository is gated."}

    assert "ERROR" not in shell({PATH: page(MODEL)}, "history").stdout
    assert "  The repository is gated." in shell({PATH: page(MODEL, failed)}, "history").stdout


def test_on_a_narrow_terminal_who_what_and_status_survive(shell: Shell) -> None:
    request = {**MODEL, "model": "some-organisation/some-model-name", "task_id": "019a9f3c-0000-7000-8000-0123456789ab"}

    done = shell({PATH: page(request)}, "history", terminal=True)

    assert {"alice", "some-organisation/some-model-name", "completed"} <= set(done.stdout.split())
