from collections.abc import Callable
from subprocess import CompletedProcess

import httpx2
import pytest

from steelyard.cli.lazy import load
from steelyard.cli.main import COMMANDS, run
from steelyard.core.version import __version__

Shell = Callable[..., CompletedProcess[str]]
EMPTY = {"GET /api/models": {"count": 0, "models": []}}
PROBLEM = {"content-type": "application/problem+json"}
OURS = ["pull", "ls", "show", "jobs", "history", "stats"]


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_the_table_can_be_imported(name: str) -> None:
    assert load(COMMANDS[name])


def test_version(shell: Shell) -> None:
    done = shell({}, "--version")

    assert (done.returncode, done.stdout) == (0, f"steelyard {__version__}\n")


def test_help_lists_the_commands_with_their_first_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"], commands={name: COMMANDS[name] for name in OURS}) == 0

    said = capsys.readouterr().out
    assert "List the models on the shelf." in said
    assert "List jobs, or look at and steer one." in said


@pytest.mark.parametrize("name", OURS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0

    assert f"steelyard {name}" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["ls", "--nope"], ["pull"], ["ls", "--limit", "x"], ["nope"], ["jobs", "show"]])
def test_wrong_usage_is_2_and_asks_nobody(shell: Shell, argv: list[str]) -> None:
    done = shell({}, *argv)

    assert (done.returncode, done.args) == (2, [])


def test_a_slip_of_the_finger_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pul", "gpt2"]) == 2

    assert "'pull'" in capsys.readouterr().err


def test_no_server_is_3_with_the_command_that_starts_one(shell: Shell) -> None:
    done = shell({"GET /api/models": httpx2.ConnectError("refused")}, "ls")

    assert (done.returncode, done.stdout) == (3, "")
    assert "Error: No Steelyard server answers at http://127.0.0.1:8420." in done.stderr
    assert "`steelyard serve`" in done.stderr


def test_not_found_is_4_and_wrong_input_is_2(shell: Shell) -> None:
    refusal = httpx2.Response(422, json={"detail": "sort: no such order.", "hint": "Use name\x1b[2J."}, headers=PROBLEM)

    assert shell({}, "jobs", "show", "nope").returncode == 4
    done = shell({"GET /api/models": refusal}, "ls", "--sort", "x")
    assert done.returncode == 2
    assert done.stderr == "Error: sort: no such order.\nHint:  Use name?[2J.\n"


def test_an_address_that_is_none(shell: Shell) -> None:
    done = shell({}, "--url", "depot:8420", "ls")

    assert done.returncode == 2
    assert "http://depot:8420" in done.stderr


def test_global_options_reach_the_server(shell: Shell) -> None:
    done = shell(EMPTY, "--url", "http://depot.test/lab", "--token", "t0k", "--user", "bob", "ls")

    assert done.returncode == 4  # the path prefix is part of the address, and the stand-in has nothing there
    request = done.args[0]
    assert isinstance(request, httpx2.Request)
    assert str(request.url).startswith("http://depot.test/lab/api/models")
    assert (request.headers["authorization"], request.headers["x-steelyard-user"]) == ("Bearer t0k", "bob")


@pytest.mark.parametrize("command", [["config"], ["doctor"], ["serve"]])
def test_bad_settings_are_2(command: list[str], shell: Shell) -> None:
    done = shell({}, *command, environ={"STEELYARD_SERVER__PORT": "no port"})

    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")


def test_help_names_the_variables_of_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"], commands={})

    said = capsys.readouterr().out
    assert all(name in said for name in ("STEELYARD_URL", "STEELYARD_TOKEN", "STEELYARD_USER"))
    assert "The name you go by" in said


def test_another_program_on_that_port(shell: Shell) -> None:
    done = shell({"GET /api/models": httpx2.Response(404, text="<html>")}, "ls")

    assert done.returncode == 1
    assert "http://127.0.0.1:8420 answers, but is no Steelyard server" in done.stderr
