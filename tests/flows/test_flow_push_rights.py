"""Who may push what: accounts, roles, other people's repositories, and bytes that are nobody else's."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house
from tests.flows.pushwire import Wire, large, sha256, small
from tests.flows.town import Town

SECRET = bytes(range(256)) * 4_000


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts and a namespace for the team."""
    async with open_house(
        hub, home, server__auth="required", limits__reads_per_second=0,
        mirror__namespaces=["team"],
    ) as house:  # fmt: skip
        town = Town(house)
        await town.settle()
        yield town


def wire(town: Town, who: str | None, door: str = "/hf") -> Wire:
    """Somebody at the wire."""
    return Wire(town.house, town.tokens[who] if who else None, door)


async def changes(wire: Wire, repo: str) -> dict[str, int]:
    """Everything that changes a repository, or tells something to whoever may; with its status."""
    organization, name = repo.split("/")
    named = {"name": name, "organization": organization}
    told: dict[str, Any] = {"oid": sha256(SECRET), "size": len(SECRET)}
    batch = {"operation": "upload", "objects": [told]}
    calls: dict[str, tuple[str, str, Any]] = {
        "preupload": ("POST", f"/api/models/{repo}/preupload/main", {"files": []}),
        "batch": ("POST", f"/{repo}.git/info/lfs/objects/batch", batch),
        "verify": ("POST", f"/{repo}.git/info/lfs/objects/verify", told),
        "commit": ("POST", f"/api/models/{repo}/commit/main", {"key": "header", "value": {}}),
        "branch": ("POST", f"/api/models/{repo}/branch/dev", {}),
        "drop branch": ("DELETE", f"/api/models/{repo}/branch/dev", {}),
        "tag": ("POST", f"/api/models/{repo}/tag/main", {"tag": "v1"}),
        "drop tag": ("DELETE", f"/api/models/{repo}/tag/v1", {}),
        "settings": ("PUT", f"/api/models/{repo}/settings", {"private": False}),
        "delete": ("DELETE", "/api/repos/delete", named),
    }
    return {
        name: (await wire.call(method, path, json=body)).status_code for name, (method, path, body) in calls.items()
    }


async def test_members_push_to_the_teams_namespace_and_their_own(town: Town) -> None:
    alice = wire(town, "alice")
    assert (await alice.create("mine")).json()["name"] == "alice/mine"
    await alice.create("team/ours")
    model = await town.ask("alice", "GET", "/api/models/team/ours")
    assert model[1]["owner"] == "alice"
    for repo in ("bob/x", "org/x", "robot/x"):
        refused = await alice.create(repo, expect=403)
        assert "alice/..., team/..." in refused.headers["x-error-message"]
    await wire(town, "root").create("bob/for-him")
    await wire(town, "root").create("nobody/x", expect=403)


async def test_what_somebody_calls_themselves_opens_nothing(town: Town) -> None:
    await wire(town, "bob", "/u/alice/hf").create("alice/x", expect=403)
    assert (await wire(town, "bob", "/u/alice/hf").create("mine")).json()["name"] == "bob/mine"
    assert (await wire(town, "robot", "/u/alice/hf").create("alice/x", expect=403)).status_code == 403


async def test_strangers_viewers_and_tokens_for_less_push_nothing(town: Town) -> None:
    await wire(town, "alice").create("team/ours")
    assert set((await changes(wire(town, None), "team/ours")).values()) == {401}
    assert set((await changes(wire(town, "expired"), "team/ours")).values()) == {401}
    assert set((await changes(wire(town, "vera"), "team/ours")).values()) == {403}
    assert set((await changes(wire(town, "wrong scope"), "team/ours")).values()) == {403}
    await wire(town, None).create("team/x", expect=401)
    await wire(town, "vera").create("team/x", expect=403)


async def test_another_members_repository_is_seen_and_not_changed(town: Town) -> None:
    await wire(town, "alice").create("team/ours")
    bob = wire(town, "bob")
    assert set((await changes(bob, "team/ours")).values()) == {403}
    assert list(await bob.files("team/ours")) == [".gitattributes"]
    assert (await town.ask("alice", "GET", "/api/models/team/ours"))[1]["status"] == "ready"


async def test_another_members_private_repository_does_not_exist(town: Town) -> None:
    await wire(town, "alice").create("team/secret", private=True)
    bob = wire(town, "bob")
    assert set((await changes(bob, "team/secret")).values()) == {404}
    assert (await bob.call("GET", "/api/models/team/secret")).status_code == 404
    assert (await bob.call("GET", "/api/models/team/secret/commits/main")).status_code == 404
    assert (await bob.create("team/secret", expect=409)).json()["error"].startswith("team/secret is here already")
    root = await changes(wire(town, "root"), "team/secret")
    assert set(root.values()) <= {200, 400, 404}
    assert (root["preupload"], root["branch"], root["verify"], root["delete"]) == (200, 200, 404, 200)


async def test_nobody_learns_of_bytes_or_gets_them_by_their_name(town: Town) -> None:
    alice, bob = wire(town, "alice"), wire(town, "bob")
    await alice.create("team/secret", private=True)
    await alice.send("team/secret", SECRET)
    await alice.commit("team/secret", large("m", SECRET))
    await alice.create("alice/second", private=True)
    assert "actions" not in (await alice.asked("alice/second", SECRET))[0]
    await bob.create("team/thief")
    asked = (await bob.asked("team/thief", SECRET))[0]
    assert set(asked["actions"]) == {"upload", "verify"}
    verify = {"oid": sha256(SECRET), "size": len(SECRET)}
    assert (await bob.call("POST", "/team/thief.git/info/lfs/objects/verify", json=verify)).status_code == 404
    await bob.commit("team/thief", large("m", SECRET), expect=400)
    await bob.commit("team/thief", large("m", SECRET, size=None), expect=400)
    await bob.put(await bob.href("team/thief", SECRET), SECRET)
    done = await bob.commit("team/thief", large("m", SECRET))
    assert town.house.contents("team/thief", done["commitOid"])["m"] == SECRET


async def test_bytes_are_sent_for_one_repository_only(town: Town) -> None:
    alice, bob = wire(town, "alice"), wire(town, "bob")
    await alice.create("team/one")
    await bob.create("team/two")
    await alice.send("team/one", SECRET)
    assert "actions" in (await bob.asked("team/two", SECRET))[0]
    await bob.commit("team/two", large("m", SECRET), expect=400)


async def test_a_wrong_size_is_nobodys_loss(town: Town) -> None:
    alice = wire(town, "alice")
    await alice.create("team/ours")
    await alice.send("team/ours", SECRET)
    await alice.commit("team/ours", large("m", SECRET))
    refused = await alice.commit("team/ours", large("n", SECRET, size=5), expect=400)
    assert "5 bytes" in refused["error"]
    batch = {"operation": "upload", "objects": [{"oid": sha256(SECRET), "size": 5}]}
    answer = await alice.call("POST", "/team/ours.git/info/lfs/objects/batch", json=batch)
    assert answer.json()["objects"][0]["error"]["code"] == 422
    assert (await town.ask("alice", "GET", "/api/models/team/ours"))[1]["status"] == "ready"
    await alice.commit("team/ours", large("n", SECRET))


async def test_who_was_forgotten_stands_in_no_history(town: Town) -> None:
    alice = wire(town, "alice")
    await alice.create("team/ours")
    await alice.commit("team/ours", small("a", b"1"))
    status, _ = await town.ask("root", "POST", "/api/v1/users/alice/forget")
    assert status == 200
    history = (await wire(town, "root").call("GET", "/api/models/team/ours/commits/main")).json()
    assert len(history) == 2
    assert all(author["user"] != "alice" for commit in history for author in commit["authors"])


async def test_whoami_tells_where_one_may_push(town: Town) -> None:
    told = (await wire(town, "alice").call("GET", "/api/whoami-v2")).json()
    assert told["name"] == "alice"
    assert [(one["name"], one["roleInOrg"]) for one in told["orgs"]] == [("team", "write")]
    assert (await wire(town, "vera").call("GET", "/api/whoami-v2")).json()["orgs"] == []
