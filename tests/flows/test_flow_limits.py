"""Whoever asks too often is told when to come back; in open mode this machine's own programs are spared."""

from pathlib import Path

from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house, slug

FEW = {"limits__reads_per_second": 0.001, "limits__reads_burst": 5}


async def test_strangers_have_a_budget_by_their_address(hub: StandInHub, tmp_path: Path) -> None:
    async with open_house(hub, tmp_path / "home", None, server__auth="required", **FEW) as house:
        answers = [await house.http.get("/api/models") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        refused = answers[-1]
        assert (slug(refused.json()), int(refused.headers["Retry-After"]) >= 1) == ("rate-limited", True)
        assert (await house.http.post("/api/v1/logout")).status_code == 204  # changes have a budget of their own


async def test_people_have_a_budget_wherever_they_come_from(hub: StandInHub, tmp_path: Path) -> None:
    proxied = {
        "server__auth": "required",
        "server__trusted_proxies": ["127.0.0.1"],
        "server__proxy_user_header": "Remote-User",
    }
    async with open_house(hub, tmp_path / "home", None, **proxied, **FEW) as house:
        seen = [
            (
                await house.http.get(
                    "/api/models", headers={"X-Forwarded-For": f"192.0.2.{number}", "Remote-User": "carl"}
                )
            )
            for number in range(1, 8)
        ]
        assert [answer.status_code for answer in seen] == [200] * 5 + [429] * 2
        other = {"X-Forwarded-For": "192.0.2.99", "Remote-User": "dora"}
        assert (await house.http.get("/api/models", headers=other)).status_code == 200


async def test_in_open_mode_this_machine_is_spared(hub: StandInHub, tmp_path: Path) -> None:
    async with open_house(hub, tmp_path / "home", None, **FEW) as house:
        assert {(await house.http.get("/api/models")).status_code for _ in range(20)} == {200}
