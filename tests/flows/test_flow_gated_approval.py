"""A gated repository waits, whether the hub is quick to say so or not."""

from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house
from tests.flows.quota import pull
from tests.flows.town import Town


@pytest.mark.parametrize("slow", [False, True])
async def test_gated_waits(hub: StandInHub, home: Path, slow: bool) -> None:
    hub.tokens.add("hf_secret")
    hub.add("org/gated", {"model.safetensors": b"x" * 100}, gated=True)
    options: dict[str, Any] = {"server__auth": "required", "huggingface__token": "hf_secret"}
    seconds = 0.5 if slow else 3.0
    async with open_house(hub, home, None, **options, downloads__resolve_seconds=seconds) as house:
        town = Town(house)
        await town.settle()
        if slow:
            hub.faults.delay("api:org/gated", 2.0, times=1)
        answer = await pull(town, "bob", "org/gated")
        if slow:
            job = await house.ended(answer["job_id"])
            assert (job.status.value, job.fault and job.fault.slug) == ("cancelled", "awaiting-approval")
        _, request = await town.ask("bob", "GET", f"/api/v1/downloads/request/{answer['task_id']}")
        assert request["status"] == "awaiting_approval"
        assert "gated" in request["error"]
        status, found = await town.ask("root", "GET", "/api/v1/approvals")
        assert (status, found["count"]) == (200, 1)
        assert (await town.ask("bob", "GET", "/api/v1/approvals"))[0] == 403
        status, done = await town.ask("root", "POST", f"/api/v1/approvals/{answer['task_id']}/approve")
        assert (await house.ended(done["job_id"])).status.value == "succeeded"
