"""Quotas where people sign in: what each is charged for, what waits above a limit, and that nobody slips by."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.core.ref import parse
from steelyard.downloads.models import Ask
from steelyard.downloads.quotas.models import EVERYBODY, Period, Subject, SubjectKind
from steelyard.identity import store as identity
from steelyard.identity.audit.models import AuditFilter
from steelyard.identity.principal import Access, Caller, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.testing.hub import StandInHub
from tests.flows.house import open_house
from tests.flows.quota import BOB, SIZE, caller, limit, pull, quotas, standing, three_models
from tests.flows.town import Town

MEMBERS = Subject(SubjectKind.ROLE, "member")


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot where access is required, and three models of one size."""
    three_models(hub)
    async with open_house(hub, home, server__auth="required") as house:
        town = Town(house)
        await town.settle()
        yield town


async def bring(town: Town, who: str, model: str) -> None:
    """Somebody asks for a model and has it."""
    answer = await pull(town, who, model)
    assert (await town.house.ended(answer["job_id"])).status.value == "succeeded"


async def test_without_a_quota_everything_goes_and_is_counted(town: Town) -> None:
    await bring(town, "bob", "org/one")
    stands = await standing(town, "bob")
    assert (stands.use.held_bytes, stands.use.period_bytes, stands.use.period_requests) == (SIZE, SIZE, 1)
    assert stands.limits.held_bytes is None


async def test_what_would_be_held_above_the_limit_waits(town: Town) -> None:
    await limit(town, held_bytes=2 * SIZE)
    await bring(town, "bob", "org/one")
    await bring(town, "bob", "org/two")
    answer = await pull(town, "bob", "org/three")
    assert (answer["status"], answer["job_id"]) == ("awaiting_approval", None)
    assert answer["reasons"] == ["would hold 300 kB of your 200 kB"]
    assert answer["task_id"] in answer["hint"]
    _, request = await town.ask("bob", "GET", f"/api/v1/downloads/request/{answer['task_id']}")
    assert request["status"] == "awaiting_approval"
    assert request["error"] == "Waits for an administrator: would hold 300 kB of your 200 kB."
    assert request["total_size"] == SIZE
    assert (await town.ask("bob", "GET", "/api/models/org/three"))[0] == 404


async def test_a_deletion_frees_what_was_held_and_a_restore_charges_it_again(town: Town) -> None:
    await limit(town, held_bytes=SIZE)
    await bring(town, "bob", "org/one")
    assert (await pull(town, "bob", "org/two"))["status"] == "awaiting_approval"
    assert (await town.ask("bob", "DELETE", "/api/models/org/one"))[0] == 200
    assert (await standing(town, "bob")).use.held_bytes == 0
    await bring(town, "bob", "org/two")
    assert (await town.ask("bob", "POST", "/api/models/org/one/restore"))[0] == 200
    assert (await standing(town, "bob")).use.held_bytes == 2 * SIZE


async def test_a_model_is_charged_to_its_first_requester_and_others_count_requests_only(town: Town) -> None:
    await bring(town, "alice", "org/one")
    await limit(town, MEMBERS, held_bytes=SIZE, period_bytes=SIZE, period_requests=5)
    assert (await pull(town, "bob", "org/one"))["status"] == "succeeded"
    bobs, alices = await standing(town, "bob"), await standing(town, "alice")
    assert (bobs.use.held_bytes, bobs.use.period_bytes, bobs.use.period_requests) == (0, 0, 1)
    assert (alices.use.held_bytes, alices.use.period_bytes) == (SIZE, SIZE)
    await bring(town, "bob", "org/two")
    assert (await pull(town, "alice", "org/three"))["status"] == "awaiting_approval"


async def test_what_was_brought_in_a_period_counts_also_when_it_is_deleted(town: Town) -> None:
    await limit(town, period_bytes=SIZE, period=Period.WEEK)
    await bring(town, "bob", "org/one")
    await town.ask("bob", "DELETE", "/api/models/org/one")
    answer = await pull(town, "bob", "org/two")
    assert answer["reasons"] == ["would bring 200 kB of your 100 kB in 7 days"]


async def test_requests_are_counted_whether_they_bring_something_or_not(town: Town) -> None:
    await bring(town, "alice", "org/one")
    await limit(town, period_requests=2, period=Period.DAY)
    for _ in range(2):
        assert (await pull(town, "bob", "org/one"))["status"] == "succeeded"
    answer = await pull(town, "bob", "org/one")
    assert answer["reasons"] == ["would be request 3 of your 2 in 24 hours"]
    assert (await standing(town, "bob")).use.period_requests == 2, "what waits counts for nothing"
    _, model = await town.ask("bob", "GET", "/api/models/org/one")
    assert model["stats"]["download_count"] == 3, "nor as a download"


async def test_the_most_specific_quota_wins_field_by_field(town: Town) -> None:
    await limit(town, EVERYBODY, held_bytes=1, period_requests=9)
    await limit(town, MEMBERS, held_bytes=2, period_bytes=7, period=Period.DAY)
    await limit(town, BOB, held_bytes=3)
    limits = (await standing(town, "bob")).limits
    assert (limits.held_bytes, limits.period_bytes.value, limits.period_requests.value) == (3, 7, 9)
    assert (limits.period_bytes.period, limits.period_requests.period) == (Period.DAY, Period.MONTH)


async def test_administrators_are_never_limited(town: Town) -> None:
    await limit(town, EVERYBODY, held_bytes=0, period_bytes=0, period_requests=0)
    await bring(town, "root", "org/one")
    assert (await pull(town, "bob", "org/two"))["status"] == "awaiting_approval"


@pytest.mark.parametrize("given", [{"held_bytes": SIZE}, {"period_bytes": SIZE}, {"period_requests": 1}], ids=str)
async def test_of_two_who_ask_at_once_for_the_last_byte_one_waits(town: Town, given: dict[str, Any]) -> None:
    await limit(town, BOB, **given)
    answers = await asyncio.gather(pull(town, "bob", "org/one"), pull(town, "bob", "org/two"))
    assert sorted(answer["status"] == "awaiting_approval" for answer in answers) == [False, True]


async def test_asked_again_it_is_the_same_request(town: Town) -> None:
    await limit(town, held_bytes=1)
    first, second = await pull(town, "bob", "org/one"), await pull(town, "bob", "org/one")
    assert first["task_id"] == second["task_id"]
    _, history = await town.ask("bob", "GET", "/api/v1/downloads/history")
    assert history["count"] == 1


async def test_a_name_that_a_service_says_is_charged_with_its_own_limits(town: Town) -> None:
    await limit(town, held_bytes=0)
    answer = await pull(town, "robot", "org/one", username="bob")
    assert answer["status"] == "awaiting_approval"
    assert (await pull(town, "robot", "org/one"))["status"] != "awaiting_approval"
    assert (await pull(town, "robot", "org/two", username="root"))["status"] != "awaiting_approval"
    await limit(town, EVERYBODY, held_bytes=0)
    assert (await pull(town, "robot", "org/three", username="root"))["status"] == "awaiting_approval"


async def guest(town: Town, subject: str, name: str) -> Caller:
    """Somebody whom the tailnet vouches for, and who may what a member may."""
    now = town.house.depot.clock.now()
    principal = await town.house.depot.database.write(
        lambda connection: identity.find_or_add(connection, PrincipalKind.TAILNET, subject, name, now)
    )
    return Caller(principal, "100.64.0.9", "test", Access(Role.MEMBER))


async def waits(town: Town, asker: Caller, model: str) -> bool:
    """Whether a request of theirs has to wait."""
    return (await town.house.depot.downloads.ask(Ask(parse(model), asker))).is_waiting


async def test_a_guest_is_limited_by_role_and_by_name(town: Town) -> None:
    eve = await guest(town, "eve@net", "eve")
    await limit(town, MEMBERS, period_requests=1)
    assert [await waits(town, eve, f"org/{name}") for name in ("one", "two")] == [False, True]
    await limit(town, Subject(SubjectKind.USER, "eve"), period_requests=2)
    assert [await waits(town, eve, f"org/{name}") for name in ("two", "three")] == [False, True]


async def test_whoever_is_linked_to_an_account_has_no_limits_of_their_own(town: Town) -> None:
    tailnet = await guest(town, "bob@net", "bob@net")
    root = await caller(town, "root")
    await limit(town, BOB, period_requests=2)
    assert not await waits(town, tailnet, "org/one"), "it is counted to the account as soon as it is linked"
    await town.house.depot.society.links.link(root, "bob", (PrincipalKind.TAILNET, "bob@net"))
    assert (await pull(town, "bob", "org/two"))["status"] != "awaiting_approval"
    assert await waits(town, tailnet, "org/three")
    assert (await pull(town, "bob", "org/three"))["status"] == "awaiting_approval"
    assert (await standing(town, "bob")).use.period_requests == 2


async def test_a_name_in_the_body_moves_no_charge_away_from_a_member(town: Town) -> None:
    await limit(town, held_bytes=0)
    assert (await pull(town, "bob", "org/one", username="alice"))["status"] == "awaiting_approval"


async def test_a_cancelled_request_passes_the_charge_on_to_the_next(town: Town, hub: StandInHub) -> None:
    hub.add("org/large", {"model.safetensors": b"x" * 3_000_000})
    hub.faults.throttle("*", 500_000)
    answer = await pull(town, "bob", "org/large")
    await pull(town, "alice", "org/large")
    await town.house.moving(answer["job_id"])
    assert (await standing(town, "bob")).use.held_bytes == 3_000_000
    assert (await standing(town, "alice")).use.held_bytes == 0
    await town.ask("bob", "POST", f"/api/v1/downloads/request/{answer['task_id']}/cancel")
    assert (await standing(town, "bob")).use.held_bytes == 0
    assert (await standing(town, "alice")).use.held_bytes == 3_000_000


async def test_a_cancelled_download_cannot_be_tried_again_past_the_limit(town: Town, hub: StandInHub) -> None:
    await limit(town, held_bytes=SIZE)
    hub.faults.throttle("org/one/*", 10_000)
    answer = await pull(town, "bob", "org/one")
    assert (await town.ask("bob", "POST", f"/api/v1/downloads/request/{answer['task_id']}/cancel"))[0] == 200
    hub.faults.clear()
    await bring(town, "bob", "org/two")
    status, _ = await town.ask("bob", "POST", f"/jobs/{answer['job_id']}/retry")
    if status == 200:
        job = await town.house.ended(answer["job_id"])
        assert (job.status.value, job.fault.slug if job.fault else "") == ("cancelled", "awaiting-approval")
    assert (await standing(town, "bob")).use.held_bytes == SIZE


async def test_what_was_purged_is_charged_to_whoever_brings_it_anew(town: Town) -> None:
    await bring(town, "alice", "org/one")
    _, deleted = await town.ask("root", "DELETE", "/api/models/org/one?purge=true")
    assert (await town.house.ended(deleted["job_id"])).status.value == "succeeded"
    await bring(town, "bob", "org/one")
    assert (await standing(town, "alice")).use.held_bytes == 0
    assert (await standing(town, "bob")).use.held_bytes == SIZE


async def test_a_change_of_a_quota_is_written_down(town: Town) -> None:
    await limit(town, held_bytes=1)
    await limit(town, held_bytes=2)
    await quotas(town).clear(await caller(town, "root"), BOB)
    _, found = await town.house.depot.society.audit.list_page(AuditFilter(action="quota.change"), 10, 0)
    assert [(line.username, line.deed.subject) for line in found] == [("root", "user bob")] * 3
    assert (found[1].deed.before, found[1].deed.after) == ({"held_bytes": 1}, {"held_bytes": 2})
