"""A depot behind a path prefix, as a proxy puts it there."""

from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.clients.place import Place, free_port, start
from tests.clients.programs import HUBS, find_client


@pytest.mark.parametrize("venv", [*(pytest.param(venv, marks=pytest.mark.slow) for venv in HUBS[:-1]), HUBS[-1]])
def test_behind_a_prefix(hub: StandInHub, tmp_path: Path, depot_only: None, venv: str) -> None:
    port = free_port()
    public = f"http://127.0.0.1:{port}/depot"
    many = {f"data/{number:04}.txt": b"%d" % number for number in range(1010)} | {"model.safetensors": b"weights"}
    hub.add("team/prefixed", many)
    with start(hub, tmp_path / "home", {"STEELYARD_SERVER__PUBLIC_URL": public}, port=port) as depot:
        behind = Place(hub, depot, public)
        seat = find_client(venv, tmp_path, behind.endpoint_of("pia"))
        (listed, one) = seat.ask(
            ("list_repo_files", {"repo_id": "team/prefixed"}),
            ("hf_hub_download", {"repo_id": "team/prefixed", "filename": "model.safetensors"}),
        )
        assert sorted(listed.got) == sorted(many)
        assert Path(one.got).read_bytes() == b"weights"
        assert [line["username"] for line in behind.history("team/prefixed")] == ["pia"]
    assert hub.xet_hits == 0
