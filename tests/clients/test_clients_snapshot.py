"""Whole repositories by every client: from cold, from warm, and each person's own record of it."""

from pathlib import Path

from steelyard.testing.hub import Blob, StandInHub
from tests.clients.place import DIRECT, Files, Place, bytes_of
from tests.clients.programs import HUBS, Client, answers, contents, find_client

WEIGHTS = Blob(3_000_000, seed=7)
FILES: Files = {
    "config.json": b'{"model_type": "bert"}', "onnx/model.onnx": Blob(200_000, seed=8), "model.safetensors": WEIGHTS,
    "with space & ü.txt": b"odd\n", "empty.txt": b"",
}  # fmt: skip
RIGHT = {path: bytes_of(content) for path, content in FILES.items()}


def test_by_the_library(place: Place, client: Client) -> None:
    model = f"library-{client.venv}/m"
    own = {path: f"{path} for {model}".encode() for path in RIGHT}  # nobody else brings these bytes
    commit = place.hub.add(model, own)
    assert client.snapshot(model) == own
    fetched = [str(one.file) for one in place.fetched_upstream(model) if one.method == "GET"]
    assert sorted(fetched) == sorted(own)
    place.hub.ledger.clear()

    assert client.at("second").snapshot(model) == own
    if not DIRECT:
        assert place.fetched_upstream(model) == []
        assert len(place.asked_upstream(model)) <= 1
        (line,) = place.history(model)
        assert (line["status"], line["revision"]) == ("completed", commit)
        shown = place.get(f"/api/models/{model}")
        assert shown["stats"]["download_count"] == 1


def test_by_the_command_line(place: Place, client: Client) -> None:
    model = f"command-{client.venv}/m"
    place.hub.add(model, FILES)
    first = client.hf("download", model)
    assert first.code == 0, first.err
    place.hub.ledger.clear()

    program = "huggingface-cli" if client.venv == "hf036" else "hf"
    second = client.at("second").hf("download", model, "--local-dir", "here", program=program)
    assert second.code == 0, second.err
    here = contents(client.at("second").home / "here")
    assert {path: content for path, content in here.items() if not path.startswith(".cache/")} == RIGHT
    if not DIRECT:
        assert place.fetched_upstream(model) == []
        assert len(place.asked_upstream(model)) <= 1


def test_other_revisions(place: Place, client: Client) -> None:
    model = f"revisions-{client.venv}/m"
    old = place.hub.add(model, {"a.txt": b"old"}, tag="v1")
    place.hub.add(model, {"a.txt": b"side"}, branch="feature/x")
    place.hub.add(model, {"a.txt": b"asked"}, branch="refs/pr/1")
    place.hub.add(model, {"a.txt": b"new"})
    wanted = {"main": b"new", "v1": b"old", old: b"old", "feature/x": b"side", "refs/pr/1": b"asked"}
    answers = client.ask(*[("snapshot_download", {"repo_id": model, "revision": name}) for name in wanted])
    assert [contents(Path(one.got)) for one in answers] == [{"a.txt": text} for text in wanted.values()]
    one = client.at("second").ask(
        *[("hf_hub_download", {"repo_id": model, "filename": "a.txt", "revision": name}) for name in wanted]
    )
    assert [Path(answer.got).read_bytes() for answer in one] == list(wanted.values())


def test_other_kinds_and_short_names(place: Place, client: Client) -> None:
    kinds = {f"data/set-{client.venv}": "dataset", f"data/space-{client.venv}": "space", f"gpt-{client.venv}": "model"}
    files: Files = {"data/train.parquet": Blob(50_000, seed=3), "README.md": b"# It\n"}
    for repo, kind in kinds.items():
        place.hub.add(repo, files, kind=kind)
    brought = client.ask(*[("snapshot_download", {"repo_id": repo, "repo_type": kind}) for repo, kind in kinds.items()])
    right = {path: bytes_of(content) for path, content in files.items()}
    assert [contents(Path(answer.got)) for answer in brought] == [right] * len(kinds)


def test_a_client_with_a_warm_cache_of_its_own(place: Place, newest: Client, depot_only: None) -> None:
    model = "warm/m"
    place.hub.add(model, FILES)
    assert newest.snapshot(model) == RIGHT
    assert [line["status"] for line in place.history(model)] == ["completed"]
    place.hub.ledger.clear()
    assert newest.snapshot(model) == RIGHT
    assert place.hub.ledger.requests(repo=model) == []
    stats = place.get(f"/api/models/{model}")["stats"]
    assert (stats["uses"], stats["download_count"]) == (1, 1)


def test_all_at_once(place: Place, tmp_path: Path, depot_only: None) -> None:
    """Every file is fetched once, whoever asks meanwhile."""
    model = "together/m"
    place.hub.add(model, FILES)
    place.hub.faults.throttle(f"{model}/model.safetensors", 2_000_000)
    clients = [find_client(venv, tmp_path, place.endpoint_of(venv)) for venv in HUBS]
    under_way = [client.begin(("snapshot_download", {"repo_id": model})) for client in clients]
    assert [contents(Path(answers(process)[0].got)) for process in under_way] == [RIGHT] * len(clients)
    fetched = [one.file for one in place.fetched_upstream(model) if one.method == "GET"]
    assert len(fetched) == len(set(fetched))
    assert sorted(line["username"] for line in place.history(model)) == sorted(HUBS)


def test_what_they_would_do_without_a_depot(hub: StandInHub, tmp_path: Path) -> None:
    """That no request for Xet was seen says something: at the hub itself the newest client goes nowhere else."""
    hub.announce_xet = True
    hub.add("team/m", FILES)
    client = find_client("hf2", tmp_path, hub.url)
    assert client.ask(("hf_hub_download", {"repo_id": "team/m", "filename": "model.safetensors"}))[0].error is not None
    assert hub.xet_hits > 0
    assert hub.ledger.bytes_sent(file="model.safetensors") == 0
