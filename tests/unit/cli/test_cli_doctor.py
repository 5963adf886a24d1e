import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.thread import HubThread

Shell = Callable[..., CompletedProcess[str]]
AWAY = {"HF_ENDPOINT": "http://127.0.0.1:9", "STEELYARD_STORAGE__KEEP_FREE": "1"}


def test_it_looks_where_it_is_told(shell: Shell, tmp_path: Path) -> None:
    done = shell({}, "doctor", "--home", str(tmp_path / "h"), "--store", str(tmp_path / "s"), environ=AWAY)

    assert done.returncode == 1  # the hub is away
    assert f"home: {tmp_path}/h, not there yet" in done.stdout
    assert f"store: {tmp_path}/s, not there yet" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_says_that_a_server_may_have_other_settings(shell: Shell, tmp_path: Path) -> None:
    done = shell({}, "doctor", "--home", str(tmp_path), environ=AWAY)

    assert "a server that runs may have others" in done.stderr
    assert "--store" in done.stderr


def test_programs_get_a_remedy_only_where_something_is_wrong(shell: Shell, tmp_path: Path) -> None:
    done = shell({}, "doctor", "--home", str(tmp_path), "--json", environ=AWAY)

    found = json.loads(done.stdout)
    assert {one["name"] for one in found} >= {"home", "store", "links", "hub"}
    assert [one["name"] for one in found if one["level"] == "ok" and one["remedy"]] == []
    assert done.stderr == ""


@pytest.fixture(scope="module")
def hub() -> Iterator[StandInHub]:
    with HubThread() as hub:
        hub.add("org/tiny", {"config.json": b"{}", "model.safetensors": b"weights"})
        yield hub


def test_a_mirror_without_a_fault_is_0(shell: Shell, hub: StandInHub) -> None:
    done = shell({}, "doctor", "--mirror", hub.url, "--model", "org/tiny")

    assert done.returncode == 0
    assert "ok       xet: nothing leads clients around the depot" in done.stdout
    assert f"export HF_ENDPOINT={hub.url}" in done.stderr
    assert done.args == []  # the depot's API is not asked through the SDK


def test_a_mirror_with_a_fault_is_1_and_programs_get_it_all(shell: Shell, hub: StandInHub) -> None:
    hub.announce_xet = True
    done = shell({}, "doctor", "--mirror", hub.url, "--model", "org/tiny", "--json")
    hub.announce_xet = False

    assert (done.returncode, done.stderr) == (1, "")
    said = json.loads(done.stdout)
    assert (said["mirror"], said["model"], said["reachable"]) == (hub.url, "org/tiny", True)
    assert said["tried"] == [f"{hub.url}/hf", hub.url]
    assert [check["name"] for check in said["checks"] if check["level"] == "error"] == ["xet"]
    assert set(said["checks"][0]) == {"name", "level", "detail", "remedy"}


def test_no_mirror_is_3(shell: Shell) -> None:
    done = shell({}, "doctor", "--mirror", "http://127.0.0.1:9/hf")

    assert done.returncode == 3
    assert "no connection" in done.stdout
    assert done.stderr.startswith("1 error")


def test_no_address_is_2(shell: Shell) -> None:
    done = shell({}, "doctor", "--mirror", "depot:8420")

    assert done.returncode == 2
    assert "http://depot:8420/hf" in done.stderr


@pytest.mark.parametrize(
    "argv", [["--model", "gpt2"], ["--token", "sy_x"], ["--mirror", "http://127.0.0.1:9", "--home", "."]]
)
def test_options_that_do_not_belong_together(shell: Shell, argv: list[str]) -> None:
    assert shell({}, "doctor", *argv).returncode == 2


def test_a_table_on_a_terminal(shell: Shell, hub: StandInHub) -> None:
    done = shell({}, "doctor", "--mirror", hub.url, "--model", "org/tiny", terminal=True)

    assert done.returncode == 0
    assert "Seen, and what to do" in done.stdout
