"""When things go wrong: a killed depot, wrong bytes, a hub that is gone. No client ends well with a wrong file."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.hub.content import MIB
from tests.chaos.patience import until
from tests.clients.place import ALWAYS_ASKS, Place, free_port, start
from tests.clients.programs import Answer, Client, answers, find_client

MODEL = "team/large"
WEIGHTS = Blob(40 * MIB, seed=5)
FILE = "model.safetensors"
DOWNLOAD = ("hf_hub_download", {"repo_id": MODEL, "filename": FILE})
SEEN = 10 * MIB  # a client writes in pieces of this size
TRIES = 4  # the older libraries give up when a connection breaks, and go on when they are called again


@pytest.mark.parametrize(("first", "second"), [("hf2", "hf1"), pytest.param("hf036", "hf2", marks=pytest.mark.slow)])
def test_killed_while_two_clients_stream(
    hub: StandInHub, tmp_path: Path, depot_only: None, first: str, second: str
) -> None:
    port = free_port()
    clients = [
        find_client(venv, tmp_path, f"http://127.0.0.1:{port}/hf").at(name)
        for name, venv in (("a", first), ("b", second))
    ]
    hub.add(MODEL, {FILE: WEIGHTS, "config.json": b"{}"})
    hub.faults.stall(f"{MODEL}/{FILE}", 2 * SEEN + MIB, 60.0)  # both have something then, and neither has all
    with start(hub, tmp_path / "home", port=port) as depot:
        under_way = [client.begin(DOWNLOAD) for client in clients]
        until(lambda: all(client.incomplete >= 2 * SEEN for client in clients))
        depot.kill()
    with start(hub, tmp_path / "home", port=port):
        ended = [answers(process)[0] for process in under_way]
        for client, answer in zip(clients, ended, strict=True):
            assert right_in_the_end(client, answer)
    sent = hub.ledger.bytes_sent(file=FILE)
    assert sent <= WEIGHTS.size + 2 * MIB


def test_a_wrong_byte_once(hub: StandInHub, client: Client, tmp_path: Path, depot_only: None) -> None:
    hub.add(MODEL, {FILE: WEIGHTS})
    hub.faults.flip(f"{MODEL}/{FILE}", 1000)
    with start(hub, tmp_path / "home") as depot:
        seat = client.at("own", f"{depot.url}/hf")
        assert right_in_the_end(seat, seat.ask(DOWNLOAD)[0])


@pytest.mark.parametrize("venv", [pytest.param("hf036", marks=pytest.mark.slow), "hf1", "hf2"])
def test_wrong_bytes_always(hub: StandInHub, tmp_path: Path, depot_only: None, venv: str) -> None:
    """The newest client would go on for ever while any bytes come: the depot's pause after a failure ends that. The
    oldest asks five times during it, which takes half a minute."""
    hub.add(MODEL, {FILE: WEIGHTS})
    rule = hub.faults.flip(f"{MODEL}/{FILE}", 1000, times=None)
    with start(hub, tmp_path / "home") as depot:
        place = Place(hub, depot, depot.url)
        seat = find_client(venv, tmp_path, place.endpoint)
        assert seat.ask(DOWNLOAD)[0].error is not None
        assert seat.hf("download", MODEL).code != 0
        assert rule.acted > 0
        hub.faults.clear()
        (line,) = place.history(MODEL)
        assert httpx2.post(f"{place.url}/jobs/{line['job_id']}/retry").status_code == 200
        assert right_in_the_end(seat, seat.ask(DOWNLOAD)[0])


@pytest.mark.slow
@pytest.mark.parametrize("venv", ["hf036", "hf1"])
def test_what_was_begun_elsewhere(hub: StandInHub, tmp_path: Path, depot_only: None, venv: str) -> None:
    """The older clients go on with what they have, and would take the rest for right from whoever sends it."""
    hub.add(MODEL, {FILE: WEIGHTS})
    hub.announce_xet = False
    hub.faults.cut_after(f"{MODEL}/{FILE}", 3 * SEEN)
    begun = find_client(venv, tmp_path, hub.url)
    assert begun.ask(DOWNLOAD)[0].error is not None
    assert begun.incomplete >= 2 * SEEN
    hub.faults.flip(f"{MODEL}/{FILE}", WEIGHTS.size - 1000)
    hub.faults.throttle(f"{MODEL}/{FILE}", 4 * MIB, times=1)  # so slow that it comes too late to wait for
    with start(hub, tmp_path / "home") as depot:
        client = replace(begun, endpoint=f"{depot.url}/hf")
        assert right_in_the_end(client, client.ask(DOWNLOAD)[0])


def test_the_hub_is_gone(
    hub: StandInHub, upstream: ExitStack, client: Client, tmp_path: Path, depot_only: None
) -> None:
    small = "team/small"
    for model in ("team/unseen", "team/listed"):
        hub.add(model, {"config.json": b"{ }"})
    old = hub.add(small, {"config.json": b"old", FILE: b"old weights"}, tag="v1")
    hub.add(small, {"config.json": b"new", FILE: b"new weights"})
    with start(hub, tmp_path / "home", ALWAYS_ASKS) as depot:
        first = client.at("first", f"{depot.url}/hf")
        for revision in ("v1", "main"):
            assert len(first.snapshot(small, revision=revision)) == 2
        assert {line["status"] for line in Place(hub, depot, depot.url).history(small)} == {"completed"}
        assert first.ask(("list_repo_files", {"repo_id": "team/listed"}))[0].got == ["config.json"]
        upstream.close()
        second = client.at("second", f"{depot.url}/hf")
        assert second.snapshot(small)[FILE] == b"new weights"
        assert second.snapshot(small, revision="v1")[FILE] == b"old weights"
        assert second.snapshot(small, revision=old)[FILE] == b"old weights"
        for model in ("team/unseen", "team/listed"):
            assert second.hf("download", model).code != 0
        (answer,) = second.ask(("model_info", {"repo_id": "team/unseen"}))
        assert answer.error == "HfHubHTTPError"
        assert "the depot" in answer.message.lower()


def right_in_the_end(client: Client, answer: Answer) -> bool:
    """Whether a client that goes on after errors has the right file; whatever it calls right has to be."""
    for _ in range(TRIES):
        if answer.error is None:
            return Path(answer.got).read_bytes() == WEIGHTS.read()
        answer = client.ask(DOWNLOAD)[0]
    return False
