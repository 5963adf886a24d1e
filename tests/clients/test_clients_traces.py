"""What clients ask of the depot, request by request: the fewer, the better the answers were."""

from tests.clients.place import DIRECT, Files, Place
from tests.clients.programs import Client

FILES: Files = {"config.json": b"{}", "model.safetensors": b"weights"}


def test_the_whole_and_again(place: Place, client: Client) -> None:
    """From cold each file is looked at and fetched; a client that has all only asks what the branch means."""
    model = f"trace-{client.venv}/m"
    commit = place.hub.add(model, FILES)
    cold, warm, at_commit = (
        seen(place, model, client, ("snapshot_download", {"repo_id": model, **more}))
        for more in ({}, {}, {"revision": commit})
    )
    info, tree = ("GET", "revision/main"), ("GET", f"tree/{commit}")
    asks_for_tree = client.venv == "hf2"
    assert cold[: 1 + asks_for_tree] == [info, tree][: 1 + asks_for_tree]
    files = sorted((method, f"resolve/{commit}/{path}") for method in ("GET", "HEAD") for path in FILES)
    assert sorted(cold[1 + asks_for_tree :]) == files
    assert warm == [info]
    assert at_commit in ([], [("GET", f"revision/{commit}")])


def test_one_file_and_again(place: Place, client: Client) -> None:
    """What is absent is looked for once: its 404 names the commit."""
    model = f"trace-{client.venv}/one"
    place.hub.add(model, FILES)
    for name, cold in (("config.json", ["HEAD", "GET"]), ("absent.json", ["HEAD"])):
        call = ("hf_hub_download", {"repo_id": model, "filename": name})
        assert [method for method, _ in seen(place, model, client, call)] == cold
        assert [method for method, _ in seen(place, model, client, call)] == ["HEAD"]


def seen(place: Place, model: str, client: Client, call: tuple[str, dict[str, str]]) -> list[tuple[str, str]]:
    """What one call asks about a model: method, and the path behind the model's name."""
    before = len(requests(place, model))
    client.ask(call)
    return requests(place, model)[before:]


def requests(place: Place, model: str) -> list[tuple[str, str]]:
    """All requests about a model until now."""
    if DIRECT:
        asked = [(one.method, one.path) for one in place.hub.ledger.requests(repo=model)]
    else:
        asked = [(str(line["method"]), str(line["path"])) for line in place.depot.logged("request")]
    return [(method, path.partition(f"/{model}/")[2]) for method, path in asked if f"/{model}/" in path]
