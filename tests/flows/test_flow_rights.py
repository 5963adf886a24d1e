"""Every route, asked by everybody: what the OpenAPI document offers is what the table of rules lets in."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from steelyard.identity.principal import Access
from steelyard.identity.roles import Role, Scope
from steelyard.identity.rules import RULES
from steelyard.testing.hub import StandInHub
from tests.flows.house import eventually, open_house
from tests.flows.town import PEOPLE, Town

NOBODY = (None, "expired", "revoked", "forged")
# What a request is asked with: nothing of it is there, so whoever comes in changes nothing.
BODIES = {
    "/pull": {"model": "org/nothing", "username": "x"}, "/download": {"model": "org/nothing", "username": "x"},
    "/imports": {"path": "/nowhere"}, "/users": {"username": "x y", "role": "viewer"},
}  # fmt: skip
NAMES = {
    "reference": "org/nothing", "job_id": "nothing", "task_id": "nothing", "username": "nobody", "vpn_ip": "192.0.2.9",
    "name": "nobody", "token_id": "nothing", "ip": "192.0.2.9",
}  # fmt: skip


@pytest.fixture
async def town(hub: StandInHub, tmp_path: Path) -> AsyncIterator[Town]:
    """A depot where access is required."""
    async with open_house(hub, tmp_path / "home", server__auth="required", limits__reads_per_second=0) as house:
        town = Town(house)
        await town.settle()
        yield town


def _operations(town: Town, document: dict[str, dict[str, dict[str, object]]]) -> Iterator[tuple[str, str, str]]:
    """Method, template, and an address that names nothing."""
    for template, methods in document["paths"].items():
        for method in methods:
            yield method.upper(), template, re.sub(r"{(\w+)}", lambda found: NAMES.get(found[1], "nothing"), template)


async def test_every_route_lets_in_whom_the_table_lets_in(town: Town) -> None:
    _, document = await town.ask("root", "GET", "/openapi.json")
    wrong: list[str] = []
    asked = 0
    for method, template, path in _operations(town, document):
        rule = RULES[f"{method} {template}"] if f"{method} {template}" in RULES else RULES[_as_route(method, template)]
        for who in (*NOBODY, *PEOPLE, "wrong scope"):
            if path.endswith(("/stream", "/setup", "/login")) and rule.admits(_access(who)):
                continue  # one never ends, and the others are tested by themselves
            body = next((body for end, body in BODIES.items() if path.endswith(end)), None)
            status, _ = await town.ask(who, method, path, json=body if method in {"POST", "PUT", "PATCH"} else None)
            expected = "in" if rule.admits(_access(who)) else "401" if who in NOBODY else "403"
            asked += 1
            found = str(status) if status in {401, 403} else "in"
            if found != expected and not _is_own_affair(template, found):
                wrong.append(f"{method} {template} by {who}: {status}, expected {expected}")
    assert wrong == []
    assert asked > 500


async def test_what_is_private_does_not_exist_for_others(town: Town, hub: StandInHub) -> None:
    hub.add("org/secret", {"config.json": b"{}"})
    status, answer = await town.ask("alice", "POST", "/pull", json={"model": "org/secret"})
    assert status == 202
    await town.house.ended(answer["job_id"])
    assert (await town.ask("alice", "PATCH", "/api/models/org/secret", json={"private": True, "aliases": ["mine"]}))[
        0
    ] == 200
    _, entry = await town.ask("alice", "GET", "/api/models/org/secret")
    for name in ("org/secret", "mine", entry["id"]):
        for method, end in (
            ("GET", ""), ("GET", "/files"), ("GET", "/stats"), ("PATCH", ""), ("DELETE", ""), ("POST", "/verify"),
            ("POST", "/restore"),
        ):  # fmt: skip
            body = {"pinned": True} if method == "PATCH" else None
            assert (await town.ask("bob", method, f"/api/models/{name}{end}", json=body))[0] == 404, (method, name, end)
        assert (await town.ask("bob", "GET", f"/api/models/{name}/exists"))[1] == {"exists": False, "status": None}
        assert (await town.ask("bob", "POST", "/pull", json={"model": name}))[0] == 404
    task, job = answer["task_id"], answer["job_id"]
    for path in (f"/jobs/{job}", f"/api/v1/downloads/request/{task}", f"/jobs/{job}/events"):
        assert (await town.ask("bob", "GET", path))[0] == 404
        if not path.endswith("/events"):
            assert (await town.ask("alice", "GET", path))[0] == 200
    for who, there in (("bob", 0), ("vera", 0), ("robot", 0), ("alice", 1), ("root", 1)):
        for path in ("/api/models", "/jobs", "/api/v1/downloads/history", "/api/v1/downloads/history/user/alice"):
            _, found = await town.ask(who, "GET", path)
            shown = [line["model"] for lines in found.values() if isinstance(lines, list) for line in lines]
            assert shown.count("org/secret") == there, (who, path)  # bob himself asked the hub for "mine"
        _, stats = await town.ask(who, "GET", "/api/stats")
        assert stats["total_models"] == there
        named = [line for line in stats["recent_activity"] if line["model"] in {"org/secret", "mine"}]
        assert bool(named) is bool(there), (who, named)


async def test_only_owners_and_administrators_change_a_model(town: Town, hub: StandInHub) -> None:
    hub.add("org/open", {"config.json": b"{}"})
    _, answer = await town.ask("alice", "POST", "/pull", json={"model": "org/open"})
    await town.house.ended(answer["job_id"])
    for who, status in (("bob", 403), ("robot", 403), ("vera", 403), ("alice", 200), ("root", 200)):
        changed = await town.ask(who, "PATCH", "/api/models/org/open", json={"description": f"by {who}"})
        assert changed[0] == status, (who, changed)
        assert (await town.ask(who, "GET", "/api/models/org/open"))[0] == 200
    assert (await town.ask("alice", "DELETE", "/api/models/org/open?purge=true"))[0] == 403
    assert (await town.ask("bob", "DELETE", "/api/models/org/open"))[0] == 403
    assert (await town.ask("alice", "DELETE", "/api/models/org/open"))[0] == 200


async def test_members_see_their_own_lines_of_the_log(town: Town) -> None:
    for who in ("alice", "bob"):
        await town.ask(who, "GET", "/api/models?q=nothing")
    _, own = await town.ask("bob", "GET", "/api/v1/events?limit=1000")
    assert {line["username"] for line in own["events"]} == {"bob"}
    _, others = await town.ask("bob", "GET", "/api/v1/events?user=alice")
    assert others["count"] == 0
    _, all_of_them = await town.ask("root", "GET", "/api/v1/events?limit=1000")
    assert {"alice", "bob"} <= {line["username"] for line in all_of_them["events"]}


@pytest.mark.parametrize("who", ["bob", None])
async def test_nothing_that_can_be_forged_is_attributed_to_the_victim(
    town: Town, hub: StandInHub, who: str | None
) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    forged = {
        "X-Steelyard-User": "alice", "X-Forwarded-For": "100.64.0.99", "Forwarded": "for=100.64.0.99",
        "X-Real-IP": "100.64.0.99", "Remote-User": "alice", "Tailscale-User-Login": "alice", "Host": "127.0.0.1",
    }  # fmt: skip
    body = {"model": "org/name", "username": "alice"}
    status, answer = await town.ask(who, "POST", "/pull", json=body, headers=forged)
    assert status == (401 if who is None else 202)
    if who is not None:
        await town.house.ended(answer["job_id"])
    bad = await town.ask(who, "POST", "/pull", json={**body, "vpn_ip": "100.64.0.99"}, headers=forged)
    assert bad[0] == (401 if who is None else 422)
    for path in ("/api/v1/downloads/history/user/alice", "/api/v1/downloads/history/ip/100.64.0.99"):
        assert (await town.ask("root", "GET", path))[1]["count"] == 0
    assert (await town.ask("root", "GET", "/api/v1/events?user=alice"))[1]["count"] == 0
    _, log = await town.ask("root", "GET", "/api/v1/events?limit=1000")
    assert "100.64.0.99" not in {line["ip_address"] for line in log["events"]}
    if who is not None:
        _, history = await town.ask("root", "GET", "/api/v1/downloads/history")
        assert {(line["username"], line["identified_by"]) for line in history["requests"]} == {("bob", "account")}
        assert (await town.ask("root", "GET", "/api/models/org/name"))[1]["owner"] == "bob"


async def test_a_service_speaks_for_others(town: Town, hub: StandInHub) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    _, answer = await town.ask("robot", "POST", "/pull", json={"model": "org/name", "username": "alice"})
    await town.house.ended(answer["job_id"])
    _, history = await town.ask("root", "GET", "/api/v1/downloads/history/user/alice")
    assert [line["identified_by"] for line in history["requests"]] == ["account"]
    assert (await town.ask("alice", "GET", "/api/models/org/name"))[1]["owner"] == "alice"


async def test_a_revoked_token_is_refused_at_once(town: Town) -> None:
    assert (await town.ask("bob", "GET", "/api/models"))[0] == 200
    society, token = town.house.depot.society, town.tokens["bob"]
    await society.tokens.revoke(town.maker, token.split("_")[1])

    async def refused() -> bool:
        return (await town.ask("bob", "GET", "/api/models"))[0] == 401

    await eventually(refused, "bob's token is refused")


def _as_route(method: str, template: str) -> str:
    """The document writes {reference} where the route has {reference:path}."""
    return f"{method} {template}".replace("{reference}", "{reference:path}").replace("{path}", "{path:path}")


def _access(who: str | None) -> Access:
    if who in NOBODY:
        return Access(None)
    if who == "wrong scope":
        return Access(Role.ADMIN, "root", scopes=frozenset({Scope.REPORT}))
    return Access(PEOPLE[who or ""], who)


def _is_own_affair(template: str, found: str) -> bool:
    """One's own account is decided where it is known whose it is: everybody may ask, for others it is refused."""
    return found == "403" and template.startswith(("/api/v1/users/{name}", "/api/v1/tokens", "/api/v1/keys"))


async def test_no_answer_tells_the_name_of_a_hidden_model(town: Town, hub: StandInHub) -> None:
    hub.add("org/secret", {"config.json": b"{}"})
    hub.add("org/own", {"config.json": b"{}"})
    await town.bring("alice", "org/secret")
    await town.bring("bob", "org/own")
    hidden = {"private": True, "aliases": ["mine"], "status": "inactive"}
    assert (await town.ask("alice", "PATCH", "/api/models/org/secret", json=hidden))[0] == 200
    key = (await town.ask("alice", "GET", "/api/models/org/secret"))[1]["id"]
    said = [
        await town.ask("bob", "PATCH", "/api/models/org/own", json={"aliases": ["mine"]}),
        *[await town.ask("bob", "POST", "/pull", json={"model": name}) for name in (key, "mine")],
        *[await town.ask("bob", "GET", f"/api/models/{name}/events") for name in (key, "mine")],
    ]
    assert (await town.ask("alice", "DELETE", "/api/models/org/secret"))[0] == 200
    said += [await town.ask("bob", "POST", f"/api/models/{name}/restore") for name in (key, "mine")]
    said += [await town.ask("bob", "DELETE", f"/api/models/{name}?purge=true") for name in (key, "mine")]
    said += [await town.ask("bob", "POST", "/pull", json={"model": name}) for name in (key, "mine", "org/secret")]
    said += [await town.ask("bob", "GET", "/api/v1/events?limit=1000")]
    assert [status for status, _ in said[:3]] == [409, 404, 404]
    told = [answer for _, answer in said[:-2]]  # the last pull named it itself
    assert not [answer for answer in told if "secret" in str(answer)]
    own = [line["model"] for line in said[-1][1]["events"] if line["type"] != "model_pull"]
    assert "org/secret" not in own
    assert (await town.ask("root", "GET", "/api/models?status=deleted"))[1]["count"] == 1  # and nothing brought it back


async def test_an_alias_that_is_hidden_is_nobodys_name(town: Town, hub: StandInHub) -> None:
    hub.add("org/own", {"config.json": b"{}"})
    hub.add("gpt2", {"config.json": b'{"x": 1}'})
    await town.bring("bob", "org/own")
    assert (await town.ask("bob", "PATCH", "/api/models/org/own", json={"aliases": ["gpt2"], "private": True}))[
        0
    ] == 200
    assert (await town.ask("bob", "GET", "/api/models/gpt2"))[1]["model"] == "org/own"
    status, answer = await town.ask("alice", "POST", "/pull", json={"model": "gpt2"})
    assert (status, answer["model"]) == (202, "gpt2")
    await town.house.ended(answer["job_id"])


async def test_a_service_never_does_what_only_the_other_may(town: Town, hub: StandInHub) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    job = await town.bring("alice", "org/name")
    as_alice = {"X-Steelyard-User": "alice"}
    assert (await town.ask("robot", "DELETE", f"/jobs/{job}", headers=as_alice))[0] == 403
    assert (await town.ask("robot", "PATCH", "/api/models/org/name", json={"pinned": True}, headers=as_alice))[0] == 403
    _, log = await town.ask("robot", "GET", "/api/v1/events?limit=1000", headers=as_alice)
    assert {line["username"] for line in log["events"]} <= {"robot"}
    as_root = {"X-Steelyard-User": "root"}
    assert (await town.ask("robot", "GET", "/api/v1/audit", headers=as_root))[0] == 403
    assert (await town.ask("robot", "GET", "/api/v1/users/root/export", headers=as_root))[0] == 403
    assert (await town.ask("alice", "DELETE", f"/jobs/{job}"))[0] == 204
