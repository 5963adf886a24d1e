"""What ``steelyard doctor`` finds, and the remedy it names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.checkup import Finding, examine, read_mounts
from steelyard.settings import load
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.thread import HubThread
from steelyard.testing.postgres import PostgresCluster


@pytest.fixture(scope="module")
def hub() -> Iterator[StandInHub]:
    """A hub to ask who we are."""
    with HubThread() as hub:
        hub.tokens.add("hf_made_up")
        yield hub


def findings(hub: StandInHub, home: Path, mounts: str = "", **environ: str) -> dict[str, Finding]:
    """Everything found, by name."""
    variables = {"HF_ENDPOINT": hub.url, **environ}
    return {one.name: one for one in examine(load(variables, {"home": home}), variables, mounts)}


def test_without_a_table_of_mounts_none_are_known() -> None:
    assert read_mounts(Path("/absent")) == ""


def test_a_healthy_machine(hub: StandInHub, tmp_path: Path) -> None:
    found = findings(hub, tmp_path, STEELYARD_STORAGE__KEEP_FREE="1", HF_TOKEN="hf_made_up")
    assert {name: one.level for name, one in found.items() if name != "sqlite"} == dict.fromkeys(
        ("settings", "access", "home", "store", "links", "hub"), "ok"
    )
    assert hub.url in found["hub"].detail
    assert {one.remedy for one in found.values() if one.level == "ok"} == {None}


@pytest.mark.parametrize("there", ["", "home", "home/store", "home/store/.steelyard"])
def test_nothing_is_made_on_the_disk(hub: StandInHub, tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    found = findings(hub, tmp_path / "home", STEELYARD_STORAGE__KEEP_FREE="1")
    assert sorted(tmp_path.rglob("*")) == before
    assert [found[name].level for name in ("home", "store", "links")] == ["ok"] * 3
    assert ("not there yet" in found["home"].detail) is (there == "")
    assert ("not there yet" in found["store"].detail) is ("store" not in there)


def test_a_wrong_token_is_told_and_not_shown(hub: StandInHub, tmp_path: Path) -> None:
    hub_finding = findings(hub, tmp_path, HF_TOKEN="hf_wrong")["hub"]
    assert hub_finding.level == "error"
    assert "HF_TOKEN" in (hub_finding.remedy or "")
    assert "hf_wrong" not in str(hub_finding)


def test_a_misspelt_variable(hub: StandInHub, tmp_path: Path) -> None:
    finding = findings(hub, tmp_path, STEELYARD_PORT="1")["settings"]
    assert (finding.level, "STEELYARD_PORT" in finding.detail) == ("warning", True)


def test_a_home_on_the_network(hub: StandInHub, tmp_path: Path) -> None:
    finding = findings(hub, tmp_path, mounts=f"nas:/x {tmp_path} nfs rw 0 0")["home"]
    assert finding.level == "warning"
    assert "STEELYARD_HOME" in (finding.remedy or "")


def test_an_open_door(hub: StandInHub, tmp_path: Path) -> None:
    given = {"STEELYARD_SERVER__HOST": "0.0.0.0", "STEELYARD_SERVER__AUTH": "open"}  # noqa: S104
    finding = findings(hub, tmp_path, **given)["access"]
    assert (finding.level, "--auth required" in (finding.remedy or "")) == ("warning", True)


def test_a_door_with_a_lock(hub: StandInHub, tmp_path: Path) -> None:
    finding = findings(hub, tmp_path, STEELYARD_SERVER__HOST="0.0.0.0")["access"]  # noqa: S104
    assert (finding.level, finding.remedy) == ("ok", None)


def test_too_little_room(hub: StandInHub, tmp_path: Path) -> None:
    assert findings(hub, tmp_path, STEELYARD_STORAGE__KEEP_FREE="9999TB")["store"].level == "warning"


def test_a_store_that_cannot_be_made(hub: StandInHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = findings(hub, tmp_path, STEELYARD_STORE=str(tmp_path / "file" / "store"))
    assert found["store"].level == "error"
    assert "STEELYARD_STORE" in (found["store"].remedy or "")
    assert "links" not in found


def test_a_hub_that_is_away(tmp_path: Path) -> None:
    away = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    found = {one.name: one for one in examine(load(away, {"home": tmp_path}), away, "")}
    assert found["hub"].level == "error"
    assert "HF_ENDPOINT" in (found["hub"].remedy or "")


def test_without_a_token_gated_models_stay_closed(hub: StandInHub, tmp_path: Path) -> None:
    finding = findings(hub, tmp_path)["hub"]
    assert (finding.level, "HF_TOKEN" in finding.detail) == ("ok", True)


def test_postgresql_is_asked_for_its_version(hub: StandInHub, tmp_path: Path, postgres: PostgresCluster) -> None:
    with postgres.database() as url:
        found = findings(hub, tmp_path, DATABASE_URL=url)
    assert (found["postgresql"].level, found["postgresql"].detail[:11]) == ("ok", "PostgreSQL ")
    assert "sqlite" not in found


def test_postgresql_that_is_not_there(hub: StandInHub, tmp_path: Path) -> None:
    found = findings(hub, tmp_path, DATABASE_URL="postgresql://alice:hunter2@127.0.0.1:1/depot")["postgresql"]
    assert (found.level, "DATABASE_URL" in (found.remedy or "")) == ("error", True)
    assert "hunter2" not in f"{found.detail} {found.remedy}"
