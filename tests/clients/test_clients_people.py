"""Who pulled what: nobody has to do more than set a variable."""

import httpx2

from steelyard.testing.hub import Blob
from tests.clients.place import Files, Place
from tests.clients.programs import Client

FILES: Files = {f"model-{part}.safetensors": Blob(100_000, seed=part) for part in range(6)} | {"config.json": b"{}"}


def test_each_by_name(place: Place, client: Client, depot_only: None) -> None:
    """Whole snapshots of many files are one record for each person, and a download each."""
    model = f"people-{client.venv}/m"
    commit = place.hub.add(model, {**FILES, "own.safetensors": model.encode()})  # the others may be here already
    seats = [
        client.at("prefix", place.endpoint_of("paula")),
        client.at("agent", HF_HUB_USER_AGENT_ORIGIN="olaf"),
        client.at("both", place.endpoint_of("petra"), HF_HUB_USER_AGENT_ORIGIN="olaf"),
        client.at("prefix-again", place.endpoint_of("paula")),
    ]
    for seat in seats:
        assert len(seat.snapshot(model)) == len(FILES) + 1
    lines = place.history(model)
    assert sorted(line["username"] for line in lines) == ["olaf", "paula", "petra"]
    assert {(line["status"], line["revision"], line["identified_by"]) for line in lines} == {
        ("completed", commit, "declared")
    }
    assert place.get(f"/api/models/{model}")["stats"]["download_count"] == len(lines)
    assert place.get(f"/api/models/{model}")["downloaded_by"] == "paula"
    assert [one.file for one in place.fetched_upstream(model)].count("own.safetensors") == 1


def test_a_token_of_the_depot(place: Place, newest: Client, depot_only: None) -> None:
    """A token tells who it is, whatever else is said; a hub's own token tells nothing and goes nowhere."""
    model = "people/token"
    place.hub.add(model, FILES)
    made = httpx2.post(f"{place.url}/api/v1/users", json={"username": "tom", "password": "four words or so"})
    assert made.status_code == 201, made.text
    token = httpx2.post(f"{place.url}/api/v1/tokens", json={"label": "laptop", "user": "tom"}).json()["token"]
    newest.at("tom", place.endpoint_of("mallory"), HF_TOKEN=token).snapshot(model)
    newest.at("hub", HF_TOKEN="hf_of_somebody").snapshot(model)
    lines = place.history(model)
    assert sorted(line["identified_by"] for line in lines) == ["account", "address"]
    assert {line["username"] for line in lines if line["identified_by"] == "account"} == {"tom"}
    assert {one.authorization for one in place.hub.ledger.requests(repo=model)} == {None}
