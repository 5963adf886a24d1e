"""Ollama's command line, which signs what it asks: whose request it is, and when it is nobody's."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.identity.principal import Access
from steelyard.identity.roles import Role
from steelyard.testing.hub import StandInHub
from steelyard.testing.signer import OllamaSigner
from tests.flows.chatting import ECHOES, MODEL, body, chatting_house, weights
from tests.flows.house import House, open_house
from tests.flows.town import Town


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts, and a parrot of alice's."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    async with open_house(hub, home, server__auth="required", limits__reads_per_second=0, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


async def register(town: Town, who: str, signer: OllamaSigner) -> str:
    """Somebody registers their key; its id."""
    status, key = await town.ask(who, "POST", "/api/v1/keys", json={"public_key": f"{signer.line} {who}@home"})
    assert (status, key["username"], key["label"], key["last_used_at"]) == (201, who, f"{who}@home", None)
    return str(key["id"])


async def ask(
    house: House, signer: OllamaSigner, method: str, path: str, *, late: int = 0, at: str = "", **more: Any
) -> tuple[int, str]:
    """As ``ollama`` does, with a clock that is ``late``; ``at`` is another path than the one that was signed."""
    moment = int(time.time()) - late
    headers = {"Authorization": signer.header(method, path, moment)}
    answer = await house.http.request(method, at or path, params={"ts": str(moment)}, headers=headers, **more)
    return answer.status_code, answer.text


async def test_what_alice_signs_is_hers(town: Town) -> None:
    signer = OllamaSigner()
    await register(town, "alice", signer)
    assert await ask(town.house, signer, "HEAD", "/") == (200, "")
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True}))[0] == 200
    for method, path, content in (
        ("GET", "/api/version", None), ("GET", "/api/tags", None), ("POST", "/api/show", {"model": MODEL}),
        ("POST", "/api/show", {"model": MODEL}), ("POST", "/api/chat", body()), ("GET", "/api/ps", None),
        ("POST", "/api/copy", {"source": MODEL, "destination": "mine"}), ("DELETE", "/api/delete", {"model": "mine"}),
    ):  # fmt: skip
        assert (await ask(town.house, signer, method, path, json=content))[0] == 200, path
    _, log = await town.ask("root", "GET", "/api/v1/events", params={"type": "generation_completed"})
    assert [one["username"] for one in log["events"]] == ["alice"]


async def test_each_has_their_own_rights_and_no_key_touches_an_account(town: Town) -> None:
    signers = {who: OllamaSigner() for who in ("vera", "bob", "root")}
    for who, signer in signers.items():
        await register(town, who, signer)
    for who, status in (("vera", 403), ("bob", 200)):
        assert (await ask(town.house, signers[who], "POST", "/api/chat", json=body()))[0] == status
    assert (await ask(town.house, signers["bob"], "DELETE", "/api/delete", json={"model": MODEL}))[0] == 403
    for path in ("/api/v1/users", "/api/v1/tokens", "/api/v1/keys"):
        assert (await ask(town.house, signers["root"], "GET", path))[0] == 403


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"late": 600}, "another time"), ({"late": -600}, "another time"),
        ({"at": "/api/ps"}, "not of this request"), ({"at": "/v1/models"}, "not of this request"),
    ],
)  # fmt: skip
async def test_what_is_not_signed_for_now_and_this_is_refused(town: Town, how: dict[str, Any], said: str) -> None:
    signer = OllamaSigner()
    await register(town, "alice", signer)
    status, answer = await ask(town.house, signer, "GET", "/api/tags", **how)
    assert (status, said in answer) == (401, True), answer


async def test_an_unknown_key_is_told_what_to_do(town: Town) -> None:
    status, answer = await ask(town.house, OllamaSigner(), "GET", "/api/tags")
    assert (status, "steelyard keys add" in answer) == (401, True)


async def test_a_removed_key_and_a_disabled_account_are_shut_out_at_once(town: Town) -> None:
    alice, bob = OllamaSigner(), OllamaSigner()
    key = await register(town, "alice", alice)
    await register(town, "bob", bob)
    for signer in (alice, bob):
        assert (await ask(town.house, signer, "GET", "/api/tags"))[0] == 200
    assert (await town.ask("alice", "DELETE", f"/api/v1/keys/{key}"))[0] == 204
    assert (await town.ask("root", "PATCH", "/api/v1/users/bob", json={"disabled": True}))[0] == 200
    assert (await ask(town.house, alice, "GET", "/api/tags"))[0] == 401
    status, answer = await ask(town.house, bob, "GET", "/api/tags")
    assert (status, "disabled" in answer) == (401, True)


async def test_a_key_belongs_to_one_account(town: Town) -> None:
    signer = OllamaSigner()
    key = await register(town, "alice", signer)
    for who in ("alice", "bob", "root"):
        status, problem = await town.ask(who, "POST", "/api/v1/keys", json={"public_key": signer.line})
        assert (status, "alice" in str(problem)) == (409, False)
    assert (await town.ask("bob", "DELETE", f"/api/v1/keys/{key}"))[0] == 404
    assert (await town.ask("bob", "GET", "/api/v1/keys"))[1]["keys"] == []
    assert (await town.ask("bob", "GET", "/api/v1/keys?user=alice"))[0] == 403
    assert (await town.ask("root", "GET", "/api/v1/keys?user=alice"))[1]["keys"][0]["id"] == key
    assert (await town.ask("root", "DELETE", f"/api/v1/keys/{key}"))[0] == 204
    await register(town, "bob", signer)
    _, log = await town.ask("root", "GET", "/api/v1/audit?action=key.")
    assert [line["action"] for line in log["entries"]] == ["key.add", "key.remove", "key.add"]


async def test_an_account_goes_with_its_keys(town: Town) -> None:
    signer = OllamaSigner()
    await register(town, "bob", signer)
    assert (await town.ask("root", "DELETE", "/api/v1/users/bob"))[0] == 204
    assert (await ask(town.house, signer, "GET", "/api/tags"))[0] == 401
    assert (await town.ask("root", "GET", "/api/v1/keys"))[1]["count"] == 0


@pytest.mark.parametrize(
    "header", ["Bearer sy_a:b", "Bearer hf_a:b", "a:b", ":", "Basic YTpi", "A" * 68 + ":" + "A" * 88]
)
async def test_what_only_looks_like_a_signature_is_nobodys(town: Town, header: str) -> None:
    answer = await town.house.http.get("/api/tags?ts=1", headers={"Authorization": header})
    assert answer.status_code == 401
    assert isinstance(answer.json()["error"], str)


async def test_in_an_open_depot_a_key_names_its_owner_and_any_other_is_ignored(hub: StandInHub, home: Path) -> None:
    async with chatting_house(hub, home) as house:
        nobody = await house.depot.society.people.caller({"type": "http", "headers": [], "client": ("127.0.0.1", 1)})
        assert nobody.access == Access(Role.ADMIN)
        await house.depot.society.users.create(nobody, "dora", Role.MEMBER, None)
        dora = OllamaSigner()
        await house.depot.society.keys.add(nobody, dora.line, None, "dora")
        for signer in (dora, OllamaSigner()):
            assert (await ask(house, signer, "POST", "/api/chat", json=body()))[0] == 200
        log = await house.get("/api/v1/events", type="generation_completed")
        assert [one["username"] for one in log["events"]][1] == "dora"
        assert log["events"][0]["username"] != "dora"


async def test_behind_a_path_prefix_the_path_is_signed_without_it(hub: StandInHub, home: Path) -> None:
    public = "http://127.0.0.1/depot"
    options: dict[str, Any] = {"server__auth": "required", "server__public_url": public, "limits__reads_per_second": 0}
    async with open_house(hub, home, **options) as house:
        town = Town(house)
        await town.settle()
        signer = OllamaSigner()
        await house.depot.society.keys.add(town.maker, signer.line, None, "bob")
        for at in ("/depot/api/tags", "/api/tags"):
            assert (await ask(house, signer, "GET", "/api/tags", at=at))[0] == 200
