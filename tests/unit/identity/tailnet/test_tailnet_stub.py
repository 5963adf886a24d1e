"""The stand-in for Headscale says what the published files say."""

from typing import get_args

import aiohttp
import pytest

from steelyard.testing.headscale import Dialect, StubHeadscale, StubNode, StubUser
from tests.unit.identity.tailnet.conftest import V4, V6
from tests.unit.identity.tailnet.shapes import NODES, USERS, faults

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
ALICE = StubUser("7", "alice", "alice@example.org", "Alice")
EVERY_KIND = [StubNode(ALICE, [V4, V6]), StubNode(ALICE, [V4], tags=["tag:ci"], refused_tags=["tag:no"])]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_nodes_and_users_have_the_published_shape(headscale: StubHeadscale, dialect: Dialect) -> None:
    headscale.dialect, headscale.nodes = dialect, EVERY_KIND
    listed = headscale.listed()["machines" if dialect == "0.22" else "nodes"]
    assert len(listed) == 2
    for node in listed:
        assert faults(node, NODES[dialect]) == []
        assert faults(node["user"], USERS[dialect]) == []


def test_a_field_that_is_missing_odd_or_new_is_a_fault() -> None:
    user = ALICE.written("0.28")
    del user["email"]
    assert faults({**user, "id": 7, "age": 9}, USERS["0.28"]) == ["age", "email", "id"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("path", ["/api/v1/node", "/api/v1/machine"])
async def test_each_dialect_has_one_path_and_asks_for_the_key(
    headscale: StubHeadscale, dialect: Dialect, path: str
) -> None:
    headscale.dialect = dialect
    right = (path == "/api/v1/machine") == (dialect == "0.22")
    key = {"Authorization": f"Bearer {headscale.api_key}"}
    async with aiohttp.ClientSession(headscale.url) as session:
        async with session.get(path) as refused:
            assert refused.status == 401
        async with session.get(path, headers=key) as answer:
            assert answer.status == (200 if right else 404)
