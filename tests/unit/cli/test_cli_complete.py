"""Shell completion: the scripts, the commands and the models on the shelf."""

from collections.abc import Callable
from subprocess import CompletedProcess

import httpx2
import pytest

Shell = Callable[..., CompletedProcess[str]]
LIST = {"count": 2, "models": [{"model": "org/name", "aliases": ["orange"]}, {"model": "other/one", "aliases": []}]}


def asked(line: str) -> dict[str, str]:
    """What bash says when somebody presses the tab key."""
    words = line.split(" ")
    variables = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_ARGS": line}
    return {"_STEELYARD_COMPLETE": "complete_bash", **variables}


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(shell: Shell, name: str) -> None:
    done = shell({}, "completion", name)
    assert done.returncode == 0
    assert "_STEELYARD_COMPLETE" in done.stdout


def test_another_shell_is_wrong_usage(shell: Shell) -> None:
    assert shell({}, "completion", "cmd").returncode == 2


def test_commands(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in asked("steelyard re").items():
        monkeypatch.setenv(name, value)  # the library reads the process's own variables
    shell({}, environ=asked("steelyard re"))
    assert capsys.readouterr().out.split() == ["restore"]


def test_models_and_aliases(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in asked("steelyard show or").items():
        monkeypatch.setenv(name, value)
    shell({"GET /api/models": LIST}, environ=asked("steelyard show or"))
    assert capsys.readouterr().out.split() == ["orange", "org/name"]


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("steelyard restore or", {"q": "or", "status": "deleted", "limit": "50"}),
        ("steelyard verify or", {"q": "or", "limit": "50"}),
        ("steelyard pull or", {"q": "or", "limit": "50"}),
        ("steelyard history --model or", {"q": "or", "limit": "50"}),
    ],
)
def test_each_command_offers_what_it_can_take(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    query: dict[str, str],
) -> None:
    for name, value in asked(line).items():
        monkeypatch.setenv(name, value)
    done = shell({"GET /api/models": LIST}, environ=asked(line))
    assert capsys.readouterr().out.split() == ["orange", "org/name"]
    assert [dict(request.url.params) for request in done.args] == [query]


def test_no_server_is_no_completion(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in asked("steelyard show or").items():
        monkeypatch.setenv(name, value)
    away = httpx2.ConnectError("away")
    shell({"GET /api/models": [away, away, away]}, environ=asked("steelyard show or"))
    assert capsys.readouterr().out.strip() == ""
