"""``GET /metrics`` of a house that works: what happened shows, and no label grows with what people ask."""

from collections.abc import Callable, Iterable

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House

FORMS = [("text/plain", plain), ("application/openmetrics-text; version=1.0.0", openmetrics)]


async def scrape(house: House, accept: str, parse: Callable[[str], Iterable[Metric]]) -> dict[str, Metric]:
    """The families by name."""
    answer = await house.http.get("/metrics", headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return {family.name: family for family in parse(answer.text)}


@pytest.mark.parametrize(("accept", "parse"), FORMS)
async def test_a_download_shows(
    hub: StandInHub, house: House, accept: str, parse: Callable[[str], Iterable[Metric]]
) -> None:
    hub.add("org/tiny", {"config.json": b"{}", "model.onnx": Blob(5000)})
    await house.bring("org/tiny")
    found = await scrape(house, accept, parse)
    assert {sample.labels["status"]: sample.value for sample in found["steelyard_models"].samples} == {"ready": 1}
    assert found["steelyard_downloads"].samples[0].value == 1
    assert found["steelyard_store_bytes_held"].samples[0].value == 5002


async def test_paths_that_people_make_up_share_one_label(house: House) -> None:
    for number in range(20):
        await house.http.get(f"/nowhere/{number}")
        await house.http.get(f"/api/models/nobody/model-{number}")
    found = await scrape(house, *FORMS[0])
    routes = {sample.labels["route"] for sample in found["steelyard_http_requests"].samples}
    assert "(none)" in routes
    assert not any("nowhere" in route or "model-1" in route for route in routes)
    assert "/api/models/{reference}" in routes
