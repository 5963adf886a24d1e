"""The ledger and the faults over HTTP."""

import aiohttp

from steelyard.testing.hub import StandInHub


async def test_rules_come_in_and_go_over_http(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"a.txt": b"a"})
    rule = {"fault": "status", "pattern": "org/name/*", "status": 503, "times": 1}
    async with client.post(f"{hub.url}/_hub/faults", json=rule) as answer:
        assert answer.status == 201
    async with client.get(f"{hub.url}/org/name/resolve/main/a.txt") as answer:
        assert answer.status == 503
    async with client.get(f"{hub.url}/_hub/faults") as answer:
        assert [(one["times"], one["acted"]) for one in (await answer.json())["rules"]] == [(1, 1)]
    await client.delete(f"{hub.url}/_hub/faults")
    assert hub.faults.rules == ()


async def test_the_ledger_is_read_and_cleared_over_http(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"a.txt": b"abc"})
    await client.get(f"{hub.url}/org/name/resolve/main/a.txt", headers={"Range": "bytes=1-", "User-Agent": "tester"})
    async with client.get(f"{hub.url}/_hub/ledger") as answer:
        book = await answer.json()
    (line,) = book["requests"]
    assert (line["file"], line["range"], line["bytes_sent"], line["status"]) == ("a.txt", "bytes=1-", 2, 206)
    assert (line["user_agent"], line["ended"], book["most_at_once"]) == ("tester", True, 1)
    await client.delete(f"{hub.url}/_hub/ledger")
    assert hub.ledger.requests() == []


async def test_a_rule_that_makes_no_sense_says_what_would(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    for rule in ({"fault": "explode"}, {"fault": "flip", "pattern": "*", "place": 3}):
        async with client.post(f"{hub.url}/_hub/faults", json=rule) as answer:
            assert (answer.status, answer.headers["X-Error-Code"]) == (400, "BadRule")
            assert "flip" in (await answer.json())["hint"]
