"""Conversations that are kept, in both kinds of database."""

from dataclasses import replace
from typing import Any

import pytest

from steelyard.db.database import Database
from steelyard.identity.principal import Access, Caller, Principal, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.serving.errors import SessionMissing, SessionTooLarge
from steelyard.serving.sessions import Sessions, owner_of
from steelyard.serving.settings import ServingSettings
from steelyard.testing.clock import HandClock


def person(key: int, account: int | None = None) -> Caller:
    principal = Principal(key, PrincipalKind.TAILNET, f"s{key}", f"p{key}", account)
    return Caller(principal, "127.0.0.1", "test", Access(Role.ADMIN))


ALICE, BOB = person(1), person(2)
HELLO = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]


@pytest.fixture
def sessions(database: Database, clock: HandClock) -> Sessions:
    return Sessions(database, clock, ServingSettings(sessions=3, session_characters=1000))


async def say(sessions: Sessions, caller: Caller, name: str, *messages: dict[str, Any]) -> None:
    await (await sessions.open(caller, name)).add(messages or HELLO)


async def test_a_conversation_begins_with_its_first_answer_and_goes_on(sessions: Sessions, clock: HandClock) -> None:
    kept = await sessions.open(ALICE, "trip")
    assert (list(kept.messages), await sessions.list_page(ALICE, 10, 0)) == ([], (0, []))
    await kept.add(HELLO)
    begun = clock.now()
    clock.forward(minutes=1)
    await say(sessions, ALICE, "trip", {"role": "user", "content": "and?"})
    session, messages = await sessions.get(ALICE, "trip")
    assert messages == [*HELLO, {"role": "user", "content": "and?"}]
    assert (session.created_at, session.updated_at, session.messages) == (begun, clock.now(), 3)
    assert (await sessions.open(ALICE, "trip")).messages == messages


async def test_everybody_has_their_own_administrators_too(sessions: Sessions) -> None:
    await say(sessions, ALICE, "trip")
    assert (await sessions.open(BOB, "trip")).messages == []
    for missing in (sessions.get(BOB, "trip"), sessions.delete(BOB, "trip")):
        with pytest.raises(SessionMissing):
            await missing
    assert (await sessions.list_page(BOB, 10, 0))[0] == 0


async def test_forgetting_one_and_all(sessions: Sessions) -> None:
    for name in ("a", "b", "c"):
        await say(sessions, ALICE, name)
    await say(sessions, BOB, "a")
    await sessions.delete(ALICE, "b")
    assert [one.name for one in (await sessions.list_page(ALICE, 10, 0))[1]] == ["c", "a"]
    assert await sessions.delete_all(ALICE) == 2
    assert (await sessions.list_page(BOB, 10, 0))[0] == 1


async def test_the_list_is_paged_the_one_used_last_first(sessions: Sessions, clock: HandClock) -> None:
    for name in ("a", "b", "c", "a"):
        clock.forward(seconds=1)
        await say(sessions, ALICE, name)
    total, page = await sessions.list_page(ALICE, 2, 1)
    assert (total, [one.name for one in page]) == (3, ["c", "b"])


async def test_of_too_many_the_one_unused_longest_goes(sessions: Sessions, clock: HandClock) -> None:
    for name in ("a", "b", "c", "a", "d"):
        clock.forward(seconds=1)
        await say(sessions, ALICE, name)
    assert [one.name for one in (await sessions.list_page(ALICE, 10, 0))[1]] == ["d", "a", "c"]


async def test_of_too_long_a_one_the_oldest_messages_go_and_never_the_instruction(sessions: Sessions) -> None:
    await say(sessions, ALICE, "a", {"role": "system", "content": "be kind"})
    for number in range(30):
        await say(sessions, ALICE, "a", {"role": "user", "content": f"{number} " + "x" * 100})
    session, messages = await sessions.get(ALICE, "a")
    assert messages[0] == {"role": "system", "content": "be kind"}
    assert messages[-1]["content"].startswith("29 ")
    assert (session.messages, len(messages)) == (len(messages), len(messages))
    assert 700 < session.characters <= 1000


@pytest.mark.parametrize("role", ["system", "user"])
async def test_more_than_is_kept_is_refused_when_it_is_said_and_never_written(sessions: Sessions, role: str) -> None:
    kept = await sessions.open(ALICE, "a")
    long = {"role": role, "content": "x" * 1000}
    with pytest.raises(SessionTooLarge):
        kept.followed_by([long])
    await kept.add([{"role": "system", "content": "be kind"}, long, {"role": "assistant", "content": "y" * 990}])
    session, messages = await sessions.get(ALICE, "a")
    assert session.characters <= 1000
    assert messages == [{"role": "system", "content": "be kind"}]


async def test_the_instruction_counts_beside_what_is_said(sessions: Sessions) -> None:
    await say(sessions, ALICE, "a", {"role": "system", "content": "x" * 500}, {"role": "user", "content": "y" * 300})
    kept = await sessions.open(ALICE, "a")
    assert [one["role"] for one in kept.followed_by(HELLO)] == ["system", "user", "user", "assistant"]
    with pytest.raises(SessionTooLarge) as caught:
        kept.followed_by([{"role": "user", "content": "z" * 500}])
    assert (caught.value.status, "1,000" in caught.value.detail) == (413, True)


async def test_an_answer_of_a_function_goes_with_its_call(sessions: Sessions) -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function"}]}
    await say(sessions, ALICE, "a", call, {"role": "tool", "tool_call_id": "1", "content": "4" * 100})
    await say(sessions, ALICE, "a", {"role": "user", "content": "x" * 740})
    assert [one["role"] for one in (await sessions.get(ALICE, "a"))[1]] == ["user"]


async def test_any_text_is_kept_as_it_was_said(sessions: Sessions) -> None:
    odd = {"role": "user", "content": "z\u00e9ro \x00 \ud83d \U0001f600 \u2028 \"'"}
    await say(sessions, ALICE, "a", odd)
    kept = odd | {"content": odd["content"].replace("\ud83d", "?")}
    assert (await sessions.get(ALICE, "a"))[1] == [kept]


def test_they_belong_to_the_account_by_whatever_way_somebody_came_in() -> None:
    linked = person(1, account=7)
    by_token = Caller(Principal(3, PrincipalKind.ACCOUNT, "7", "alice"), "", "", Access(Role.MEMBER, "alice", 7))
    assert owner_of(linked) == owner_of(by_token) == "account:7"
    service = replace(by_token, principal=ALICE.principal, proven=by_token.principal)
    assert owner_of(service) == owner_of(ALICE) == "principal:1"
