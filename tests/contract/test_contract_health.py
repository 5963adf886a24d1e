"""Probes of load balancers: HEAD says what GET says, without a body."""

from pathlib import Path

import pytest

from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBES = ("/health", "/health/live", "/health/ready", "/metrics")


@pytest.mark.parametrize("path", PROBES)
async def test_a_probe_gets_the_status_and_no_body(served: House, path: str) -> None:
    asked, probed = await served.http.get(path), await served.http.head(path)
    assert (probed.status_code, probed.content) == (asked.status_code, b"") == (200, b"")
    assert probed.headers["content-type"] == asked.headers["content-type"]
    assert int(probed.headers["content-length"]) > 0


async def test_a_depot_that_is_not_ready_says_so_to_a_probe(served: House, tmp_path: Path) -> None:
    served.store.rename(tmp_path / "away")
    try:
        probes = {path: await served.http.head(path) for path in PROBES}
    finally:
        (tmp_path / "away").rename(served.store)
    assert {path: probe.status_code for path, probe in probes.items()} == dict.fromkeys(PROBES, 200) | {
        "/health/ready": 503
    }
    assert {probe.content for probe in probes.values()} == {b""}
    assert (await served.http.head("/health/ready")).status_code == 200


async def test_the_document_names_get_alone(served: House) -> None:
    paths = (await served.get("/openapi.json"))["paths"]
    assert [list(paths[path]) for path in PROBES] == [["get"]] * len(PROBES)
