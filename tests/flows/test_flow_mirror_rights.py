"""The mirror where people sign in: who may look, who may have something brought, and what does not exist for whom."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, MetaData

from steelyard.db.metadata import depot_metadata, usage_metadata
from steelyard.identity.roles import Scope
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, contents, open_house, serve_house
from tests.flows.mirroring import LARGE, MODEL, AheadClock, Client, all_ended, asked, fetched, jobs_of
from tests.flows.quota import limit
from tests.flows.town import PEOPLE, Town
from tests.pickles import EVIL, GOOD

alone = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # no SQL of its own
WEIGHTS = Blob(200_000, 80)
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
RIGHT = {"config.json": b"{}", LARGE: WEIGHTS.read()}
HUB_TOKEN, OWN_TOKEN = "hf_of_the_depot_itself", "hf_of_somebody_who_is_logged_in"
GIVEN: dict[str, Any] = {
    "server__auth": "required",
    "limits__reads_per_second": 0,
    "downloads__approve_pickle_only": False,
}


@pytest.fixture
def ahead() -> AheadClock:
    """The clock of the house."""
    return AheadClock()


@pytest.fixture
async def town(hub: StandInHub, home: Path, ahead: AheadClock) -> AsyncIterator[Town]:
    """A depot where access is required."""
    hub.tokens.add(HUB_TOKEN)
    async with serve_house(hub, home, clock=ahead, huggingface__token=HUB_TOKEN, **GIVEN) as house:
        town = Town(house)
        await town.settle()
        yield town


def seat(town: Town, who: str) -> Client:
    """Somebody's client, with their token."""
    return Client(town.house).showing(town.tokens[who])


async def everything(client: Client, model: str = MODEL) -> list[httpx2.Response]:
    """Each call about one repository."""
    return [
        await client.info(model), await client.info(model, None), await client.tree(model), await client.refs(model),
        await client.head(model=model), await client.get("config.json", model), await client.get(model=model),
        await client.ask("GET", f"/api/models/{model}/commits/main"),
        await client.ask("GET", f"/api/models/{model}/auth-check"),
        await client.ask("POST", f"/api/models/{model}/paths-info/main", data={"paths": LARGE}),
    ]  # fmt: skip


async def change(town: Town, who: str, **values: Any) -> None:
    """Somebody changes the model."""
    status, answer = await town.ask(who, "PATCH", f"/api/models/{MODEL}", json=values)
    assert status == 200, answer


@alone
async def test_nobody_gets_in_without_a_token(town: Town, hub: StandInHub) -> None:
    hub.add(MODEL, FILES)
    strangers = [Client(town.house), *(seat(town, who) for who in ("expired", "revoked", "forged"))]
    strangers += [Client(town.house).showing(OWN_TOKEN), Client(town.house).named("alice")]
    strangers += [Client(town.house, headers={"User-Agent": "hf_hub/2.4.0; origin/alice", "X-Steelyard-User": "bob"})]
    for stranger in strangers:
        for answer in [*await everything(stranger), await stranger.ask("GET", "/api/whoami-v2")]:
            assert answer.status_code == 401
            assert answer.headers["X-Error-Message"] == "Invalid credentials in Authorization header"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.request.method == "HEAD" or "error" in answer.json()
    assert asked(hub) == []
    assert await jobs_of(town.house) == []


@alone
async def test_whoami(town: Town) -> None:
    told = (await seat(town, "bob").ask("GET", "/api/whoami-v2")).json()
    assert (told["name"], told["type"], told["auth"]["accessToken"]["role"]) == ("bob", "user", "write")
    assert (await seat(town, "vera").ask("GET", "/api/whoami-v2")).json()["auth"]["accessToken"]["role"] == "read"


@alone
async def test_a_viewer_reads_what_is_here_and_has_nothing_brought(
    town: Town, hub: StandInHub, ahead: AheadClock
) -> None:
    hub.add(MODEL, {**FILES, "large.safetensors": Blob(20_000_000, 81)})
    vera, bob = seat(town, "vera"), seat(town, "bob")
    for answer in (await vera.get(), await vera.get("large.safetensors", part="0-999"), await vera.get(part="5-")):
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "GatedRepo")
        assert "member" in answer.json()["error"]
    assert fetched(hub) == []
    assert await jobs_of(town.house) == []
    assert (await bob.get("config.json")).content == b"{}"
    assert (await bob.get()).content == RIGHT[LARGE]
    await all_ended(town.house, ahead)
    hub.ledger.clear()
    assert (await vera.get()).content == RIGHT[LARGE]
    assert (await vera.get("large.safetensors")).status_code == 403
    assert {one.status_code for one in await everything(vera)} == {200}
    assert fetched(hub) == []


@alone
async def test_what_a_token_is_for(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    reads = Client(town.house).showing(await town.token("bob", frozenset({Scope.READ})))
    pulls = Client(town.house).showing(await town.token("bob", frozenset({Scope.READ, Scope.PULL})))
    assert (await reads.info()).status_code == 200
    assert (await reads.get()).status_code == 403
    assert (await pulls.get()).content == RIGHT[LARGE]
    await all_ended(town.house, ahead)
    assert (await reads.get()).content == RIGHT[LARGE]
    answers = await everything(seat(town, "wrong scope"))
    assert {answer.status_code for answer in answers} == {403}
    assert all(answer.headers["X-Error-Message"] for answer in answers)


@alone
async def test_a_private_model_exists_for_its_owner_alone(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    assert await seat(town, "alice").snapshot() == RIGHT
    await all_ended(town.house, ahead)
    await change(town, "alice", private=True)
    assert not town.house.repository(MODEL).exists()
    hub.ledger.clear()
    for who in sorted({*PEOPLE} - {"alice", "root"}):
        for answer in await everything(seat(town, who)):
            assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "RepoNotFound"), who
    assert asked(hub) == []
    for who in ("alice", "root"):
        assert await seat(town, who).snapshot() == RIGHT
        assert (await seat(town, who).info()).json()["private"] is True
    assert asked(hub) == []
    assert RIGHT[LARGE] not in contents(town.house.store / "hub").values()


@alone
async def test_a_private_model_takes_a_new_revision_in_its_own_place(
    town: Town, hub: StandInHub, ahead: AheadClock
) -> None:
    hub.add(MODEL, FILES)
    alice = seat(town, "alice")
    await alice.snapshot()
    await all_ended(town.house, ahead)
    await change(town, "alice", private=True)
    new = {**FILES, "more.safetensors": Blob(150_000, 82)}
    hub.add(MODEL, new)
    ahead.forward(minutes=6)
    assert (await alice.snapshot())["more.safetensors"] == Blob(150_000, 82).read()
    await all_ended(town.house, ahead)
    assert Blob(150_000, 82).read() not in contents(town.house.store / "hub").values()
    hub.add("org/same", {"a.safetensors": Blob(150_000, 82)})
    hub.ledger.clear()
    assert (await seat(town, "bob").get("a.safetensors", "org/same")).content == Blob(150_000, 82).read()
    assert len(fetched(hub)) == 1  # nothing of it is shared with who may not see it


@alone
async def test_an_inactive_model_is_refused(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    await seat(town, "alice").snapshot()
    await all_ended(town.house, ahead)
    await change(town, "alice", status="inactive")
    for answer in await everything(seat(town, "bob")):
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "GatedRepo")
        assert MODEL in answer.headers["X-Error-Message"]
    await change(town, "alice", status="active")
    assert await seat(town, "bob").snapshot() == RIGHT


async def test_what_is_in_the_trash_comes_back_by_a_pull(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    await seat(town, "alice").snapshot()
    await all_ended(town.house, ahead)
    assert (await town.ask("alice", "DELETE", f"/api/models/{MODEL}"))[0] == 200
    ahead.forward(minutes=6)
    await hub.go_away()
    for answer in await everything(seat(town, "alice")):
        assert answer.status_code == 503
    await hub.come_back()
    ahead.forward(minutes=1)
    hub.ledger.clear()
    assert (await seat(town, "vera").get()).status_code == 403
    assert (await town.ask("root", "GET", "/api/models?status=deleted"))[1]["count"] == 1
    assert await seat(town, "alice").snapshot() == RIGHT
    await all_ended(town.house, ahead)
    assert (await town.ask("alice", "GET", f"/api/models/{MODEL}"))[1]["status"] == "ready"
    assert fetched(hub) == []


@alone
@pytest.mark.parametrize("size", [0, 300_000])
async def test_a_pickle_that_runs_code_is_never_given_out(
    town: Town, hub: StandInHub, ahead: AheadClock, size: int
) -> None:
    evil = EVIL["os.system"] + Blob(size, 83).read()
    hub.add(MODEL, {**FILES, "pytorch_model.bin": evil})
    bob = seat(town, "bob")
    with suppress(httpx2.RemoteProtocolError):  # while it comes, its end is held back
        assert (await bob.get("pytorch_model.bin")).status_code == 403
    await all_ended(town.house, ahead)
    for part in (None, "0-9", "5-"):
        answer = await bob.get("pytorch_model.bin", part=part)
        assert answer.status_code == 403
        assert "steelyard allow" in answer.json()["error"]
    assert (await bob.get()).content == RIGHT[LARGE]
    allowed = await town.ask("root", "POST", f"/api/models/{MODEL}/allow", json={"reason": "our own"})
    assert allowed[0] == 200
    assert (await bob.get("pytorch_model.bin")).content == evil


@alone
async def test_a_pickle_that_is_harmless_comes_after_its_scan(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, {**FILES, "pytorch_model.bin": GOOD["torch zip"]})
    assert (await seat(town, "bob").get("pytorch_model.bin")).content == GOOD["torch zip"]
    await all_ended(town.house, ahead)
    _, model = await town.ask("bob", "GET", f"/api/models/{MODEL}")
    assert {file["path"]: file["state"] for file in model["files"]}["pytorch_model.bin"] == "stored"


@alone
async def test_that_a_part_of_a_gated_repository_is_here_opens_nothing_else_of_it(
    town: Town, hub: StandInHub, ahead: AheadClock
) -> None:
    commit = hub.add(MODEL, FILES, gated=True)
    status, answer = await town.ask("root", "POST", "/pull", json={"model": MODEL, "include": ["config.json"]})
    assert status in {200, 202}, answer
    await all_ended(town.house, ahead)
    bob = seat(town, "bob")
    for revision in (commit, "main"):
        assert (await bob.get("config.json", revision=revision)).content == RIGHT["config.json"]
        assert (await bob.get(revision=revision)).headers.get("X-Error-Code") == "GatedRepo"
    assert fetched(hub, LARGE) == []


async def test_a_gated_repository_waits_for_an_administrator(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES, gated=True)
    bob = seat(town, "bob")
    assert (await bob.info()).json()["gated"]
    for _ in ("once", "again"):
        answer = await bob.get()
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "GatedRepo")
        assert "administrator" in answer.headers["X-Error-Message"]
    _, waiting = await town.ask("root", "GET", "/api/v1/approvals")
    assert waiting["count"] == 1
    assert fetched(hub) == []
    [one] = waiting["approvals"]
    assert (await town.ask("root", "POST", f"/api/v1/approvals/{one['task_id']}/approve"))[0] == 200
    assert await bob.snapshot() == RIGHT
    await all_ended(town.house, ahead)
    assert await bob.snapshot() == RIGHT
    _, history = await town.ask("root", "GET", "/api/v1/downloads/history")
    assert [(line["username"], line["status"]) for line in history["requests"]] == [("bob", "completed")]
    assert {one.authorization for one in fetched(hub)} == {f"Bearer {HUB_TOKEN}"}


@alone
async def test_more_than_the_quota_is_refused_with_a_reason(town: Town, hub: StandInHub) -> None:
    hub.add(MODEL, FILES)
    await limit(town, period_bytes=100_000)
    answer = await seat(town, "bob").get()
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "GatedRepo")
    assert "100 kB" in answer.headers["X-Error-Message"]
    assert fetched(hub) == []
    assert (await seat(town, "alice").get()).content == RIGHT[LARGE]


async def test_one_file_after_the_other_does_not_slip_by(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    first, second = Blob(1_500_000, 85), Blob(1_500_000, 86)  # what is small comes along unasked
    hub.add(MODEL, {"config.json": b"{}", "first.safetensors": first, "next.safetensors": second})
    await limit(town, period_bytes=2_000_000, period_requests=1)
    bob = seat(town, "bob")
    assert (await bob.get("config.json")).status_code == 200
    assert (await bob.get("first.safetensors")).content == first.read()
    for _ in ("while the job is there", "when it has ended"):
        refused = await bob.get("next.safetensors")
        assert (refused.status_code, "of your 2" in refused.headers["X-Error-Message"]) == (403, True)
        await all_ended(town.house, ahead)
    assert fetched(hub, "next.safetensors") == []
    assert (await bob.get("first.safetensors")).content == first.read()
    _, waiting = await town.ask("root", "GET", "/api/v1/approvals")
    [one] = waiting["approvals"]
    assert (await town.ask("root", "POST", f"/api/v1/approvals/{one['task_id']}/approve"))[0] == 200
    assert (await bob.get("next.safetensors")).content == second.read()


@alone
async def test_what_came_is_charged_to_who_asked(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    hub.add("org/more", {LARGE: Blob(150_000, 84)})
    await limit(town, period_bytes=300_000)
    assert await seat(town, "bob").snapshot() == RIGHT
    await all_ended(town.house, ahead)
    answer = await seat(town, "bob").get(model="org/more")
    assert answer.status_code == 403
    assert await seat(town, "bob").snapshot() == RIGHT  # what is here costs nothing


@alone
async def test_a_service_speaks_for_others(town: Town, hub: StandInHub, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    assert await seat(town, "robot").named("alice").snapshot() == RIGHT
    await all_ended(town.house, ahead)
    _, history = await town.ask("root", "GET", "/api/v1/downloads/history")
    assert [line["username"] for line in history["requests"]] == ["alice"]
    assert (await town.ask("root", "GET", f"/api/models/{MODEL}"))[1]["owner"] == "alice"
    assert await seat(town, "bob").named("alice").snapshot() == RIGHT  # of others the prefix is a label at most
    _, history = await town.ask("root", "GET", "/api/v1/downloads/history")
    assert [line["username"] for line in history["requests"]] == ["bob", "alice"]


@alone
async def test_a_repository_the_hub_refuses(town: Town, hub: StandInHub) -> None:
    hub.tokens.clear()
    hub.add(MODEL, FILES, gated=True)
    hub.add("org/hidden", FILES, private=True)
    bob = seat(town, "bob")
    for answer in (await bob.info(), await bob.head(), await bob.get()):
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "GatedRepo")
    for answer in (await bob.info("org/hidden"), await bob.get(model="org/hidden")):
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")


async def test_peoples_own_hub_tokens_go_nowhere(hub: StandInHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    async with open_house(hub, home, clock=ahead) as house:
        assert await Client(house).showing(OWN_TOKEN).snapshot() == RIGHT
        await all_ended(house, ahead)
        [line] = (await house.get("/api/v1/downloads/history"))["requests"]
        assert (line["username"], line["identified_by"]) == ("127.0.0.1", "address")
        kept = await kept_in(house)
    assert not [one for one in hub.ledger.requests() if OWN_TOKEN in str(one.as_json())]
    assert OWN_TOKEN not in kept
    here = [path for path in home.rglob("*") if path.is_file()]
    assert not [path for path in here if OWN_TOKEN.encode() in path.read_bytes()]


async def kept_in(house: House) -> str:
    """Every row of every table, also of those on another machine."""
    depot = house.depot
    rows = await depot.database.read(lambda connection: _rows(connection, depot_metadata))
    return "\n".join(rows + await depot.usage_log.read(lambda connection: _rows(connection, usage_metadata)))


def _rows(connection: Connection, metadata: MetaData) -> list[str]:
    return [str(row) for table in metadata.sorted_tables for row in connection.execute(table.select())]
