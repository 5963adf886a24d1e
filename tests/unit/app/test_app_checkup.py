"""What ``steelyard doctor`` finds, and the remedy it names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.checkup import Finding, examine, file_system, read_mounts
from steelyard.settings import load
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.thread import HubThread
from steelyard.testing.postgres import PostgresCluster

MOUNTS = "\n".join(
    [
        "/dev/sda1 / ext4 rw 0 0", "nas:/models /srv/models nfs4 rw 0 0", "tmpfs /srv/models/fast tmpfs rw 0 0",
        "//box/share /mnt/share cifs rw 0 0", "broken", "",
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def hub() -> Iterator[StandInHub]:
    """A hub to ask who we are."""
    with HubThread() as hub:
        hub.tokens.add("hf_made_up")
        yield hub


def findings(hub: StandInHub, home: Path, mounts: str = MOUNTS, **environ: str) -> dict[str, Finding]:
    """Everything found, by name."""
    variables = {"HF_ENDPOINT": hub.url, **environ}
    return {one.name: one for one in examine(load(variables, {"home": home}), variables, mounts)}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/models/x", "nfs4"),
        ("/srv/models/fast/y", "tmpfs"),
        ("/srv/modelsx", "ext4"),
        ("/mnt/share", "cifs"),
        ("/home", "ext4"),
    ],
)
def test_the_deepest_mount_counts(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert file_system(Path("/srv"), "") is None
    assert read_mounts(Path("/absent")) == ""


def test_a_healthy_machine(hub: StandInHub, tmp_path: Path) -> None:
    found = findings(hub, tmp_path, STEELYARD_STORAGE__KEEP_FREE="1", HF_TOKEN="hf_made_up")
    assert {name: one.level for name, one in found.items() if name != "sqlite"} == dict.fromkeys(
        ("settings", "access", "home", "store", "links", "hub"), "ok"
    )
    assert hub.url in found["hub"].detail
    assert not list((tmp_path / "store" / ".steelyard").glob("link-probe*"))


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
    finding = findings(hub, tmp_path, STEELYARD_SERVER__HOST="0.0.0.0")["access"]  # noqa: S104
    assert (finding.level, "--auth open" in (finding.remedy or "")) == ("error", True)


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
