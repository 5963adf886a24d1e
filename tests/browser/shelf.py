"""What the hub offers and what the depots hold: something of everything that a page can show."""

from contextlib import suppress

import httpx2

from steelyard.client import Client, ClientError
from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.hub.content import MIB

READY, GGUF, DELETED, GATED, MISSING = "acme/ready", "acme/chat-GGUF", "acme/deleted", "acme/gated", "acme/nowhere"
SPARE, EDITED = "acme/spare", "acme/edited"
SLOW, ENDLESS, PLAIN = "acme/slow", "acme/endless", "acme/plain"
DATASET = "datasets/acme/numbers"
# A pull lasts about three seconds, in which the bar must move; the endless one stands while people press its buttons.
_SLOW_SIZE, _SLOW_PACE, _ENDLESS_PACE = 6 * MIB, 2 * MIB, 20_000
_CONFIG = b'{"model_type": "llama", "max_position_embeddings": 4096}'


def stock_hub(hub: StandInHub) -> None:
    """Put all models into the hub; two of them come slowly."""
    for seed, name in enumerate((READY, DELETED, SPARE, EDITED, PLAIN), start=1):
        hub.add(name, {"config.json": _CONFIG, "model.safetensors": Blob(200_000, seed=seed)})
    hub.add(GGUF, {f"chat.{quant}.gguf": Blob(100_000, seed=ord(quant[1])) for quant in ("Q4_K_M", "Q8_0")})
    hub.add(GATED, {"config.json": _CONFIG}, gated=True)
    hub.add("acme/numbers", {"data.csv": b"1,2\n" * 100}, kind="dataset")
    hub.add(SLOW, {"config.json": _CONFIG, "model.safetensors": Blob(_SLOW_SIZE, seed=9)})
    hub.add(ENDLESS, {"config.json": _CONFIG, "model.safetensors": Blob(_SLOW_SIZE, seed=10)})
    hub.faults.throttle(f"{ENDLESS}/model.safetensors", _ENDLESS_PACE)
    hub.faults.throttle(f"{SLOW}/model.safetensors", _SLOW_PACE)


def stock_depot(address: str) -> None:
    """Let people ask for models: some arrive, one is gated, one is deleted."""
    with Client(address, user="ada", environ={}) as client:
        for name in (READY, GGUF, DELETED, SPARE, EDITED, DATASET):
            _arrive(client, name)
        with suppress(ClientError):  # the refusal is what the history shows
            client.pull(GATED)
    httpx2.delete(f"{address}/api/models/{DELETED}").raise_for_status()


def _arrive(client: Client, name: str) -> None:
    job_id = client.pull(name)["job_id"]
    assert job_id is not None
    *_, last = client.jobs.watch(job_id)
    assert last["status"] == "succeeded", last
