import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

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
