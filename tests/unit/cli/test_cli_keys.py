"""``steelyard keys``."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f bob@home"
KEY: dict[str, Any] = {
    "id": "3k9f2m7q1x", "username": "bob", "label": "bob@home", "fingerprint": "SHA256:abc", "status": "active",
    "scopes": ["read"],
    "public_key": LINE.rpartition(" ")[0], "created_at": "2025-11-20T11:57:00.000Z", "last_used_at": None,
}  # fmt: skip


@pytest.mark.parametrize("words", [("keys",), ("keys", "ls")])
def test_the_list(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell({"GET /api/v1/keys": {"count": 2, "keys": [KEY]}}, *words)
    assert done.stdout.splitlines()[1].split() == ["3k9f2m7q1x", "bob", "bob@home", "active", "SHA256:abc", "never"]
    assert "1 of 2 keys" in done.stderr
    assert json.loads(shell({"GET /api/v1/keys": {"count": 0, "keys": []}}, *words, "--json").stdout)["keys"] == []


def test_a_file_or_its_line(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "id_ed25519.pub"
    file.write_text(f"{LINE}\n")
    for what in (str(file), LINE):
        done = shell({"POST /api/v1/keys": KEY}, "keys", "add", what)
        assert json.loads(done.args[0].content) == {"public_key": LINE}
        assert (done.stdout, "SHA256:abc" in done.stderr, "bob's" in done.stderr) == ("", True, True)
    done = shell(
        {"POST /api/v1/keys": KEY}, "keys", "add", LINE, "--label", "desk", "--user", "ci", "--scope", "read", "--json"
    )
    assert json.loads(done.args[0].content) == {"public_key": LINE, "label": "desk", "user": "ci", "scopes": ["read"]}
    assert json.loads(done.stdout) == KEY


def test_a_private_key_is_not_sent(shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "id_ed25519"
    file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\n")
    done = shell({"POST /api/v1/keys": KEY}, "keys", "add", str(file))
    said = capsys.readouterr().err
    assert (done.returncode, done.args, "b3Blb" in said, "private key" in said) == (2, [], False, True)


def test_what_cannot_be_read_is_not_sent(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for what in (tmp_path / "nothing", tmp_path / "bytes", tmp_path):
        done = shell({"POST /api/v1/keys": KEY}, "keys", "add", str(what))
        assert (done.returncode, done.args) == (2, [])


def test_removing(shell: Shell) -> None:
    done = shell({"DELETE /api/v1/keys/3k9f2m7q1x": httpx2.Response(204)}, "keys", "rm", "3k9f2m7q1x")
    assert (done.returncode, "nobody's" in done.stderr) == (0, True)
    assert shell({}, "keys", "rm", "unknown").returncode == 4


def test_no_keys(shell: Shell) -> None:
    done = shell({"GET /api/v1/keys": {"count": 0, "keys": []}}, "keys", "ls", "--user", "bob")
    assert (done.stdout, "steelyard keys add" in done.stderr) == ("", True)
    assert dict(done.args[0].url.params) == {"user": "bob", "limit": "100"}
