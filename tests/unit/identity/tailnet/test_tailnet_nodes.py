"""Headscale's list, read in its dialects."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.identity.tailnet.nodes import people_of
from steelyard.identity.tailnet.trouble import Trouble
from steelyard.testing.headscale import Dialect, StubHeadscale, StubNode, StubUser
from tests.unit.identity.tailnet.conftest import V4, V6

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
ALICE = StubUser("7", "alice")
GOOD = {"ipAddresses": [V4], "user": {"id": "7", "name": "alice"}}


def listed(dialect: Dialect, *nodes: StubNode) -> Any:
    """What Headscale would say."""
    stub = StubHeadscale(dialect)
    stub.nodes = list(nodes)
    return stub.listed()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_person_is_known_by_every_address_in_its_usual_spelling(dialect: Dialect) -> None:
    people = people_of(listed(dialect, StubNode(ALICE, [V4, "FD7A:115C:A1E0:0:0:0:0:7"])))
    assert people == {V4: TailnetPerson("7", "alice"), V6: TailnetPerson("7", "alice")}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tagged_node_is_nobody(dialect: Dialect) -> None:
    assert people_of(listed(dialect, StubNode(ALICE, [V4], tags=["tag:ci"]))) == {}


@pytest.mark.parametrize("dialect", ["0.22", "0.23"])
def test_tags_that_were_not_granted_make_no_machine(dialect: Dialect) -> None:
    assert V4 in people_of(listed(dialect, StubNode(ALICE, [V4], refused_tags=["tag:ci"])))


def test_tags_that_a_rule_grants_make_a_machine() -> None:
    assert people_of({"machines": [{**GOOD, "forcedTags": [], "validTags": ["tag:ci"]}]}) == {}


def test_tags_make_a_machine_whatever_its_user() -> None:
    assert people_of({"nodes": [{**GOOD, "tags": ["tag:ci"]}]}) == {}


@pytest.mark.parametrize("user", [{"id": "2147455555", "name": "x"}, {"id": "9", "name": "tagged-devices"}, None])
def test_the_user_of_machines_and_no_user_are_nobody(user: Any) -> None:
    assert people_of({"nodes": [{**GOOD, "user": user}]}) == {}


@pytest.mark.parametrize("dialect", ["0.23", "0.28"])
@pytest.mark.parametrize(
    ("user", "name"),
    [
        (StubUser("7", "alice", "alice@example.org", "Alice A."), "alice"),
        (StubUser("7", "", "alice@example.org", "Alice A."), "alice@example.org"),
        (StubUser("7", "", "", "Alice A."), "Alice A."),
    ],
)
def test_name_then_email_then_display_name(dialect: Dialect, user: StubUser, name: str) -> None:
    assert people_of(listed(dialect, StubNode(user, [V4])))[V4] == TailnetPerson("7", name, "Alice A.")


def test_several_nodes_of_one_person() -> None:
    people = people_of(listed("0.28", StubNode(ALICE, [V4]), StubNode(ALICE, [V6]), StubNode(ALICE, [V4])))
    assert people == {V4: TailnetPerson("7", "alice"), V6: TailnetPerson("7", "alice")}


@pytest.mark.parametrize("other", [StubNode(StubUser("8", "bob"), [V4]), StubNode(ALICE, [V4], tags=["tag:ci"])])
def test_an_address_of_two_is_nobodys(other: StubNode) -> None:
    assert people_of(listed("0.28", StubNode(ALICE, [V4, V6]), other)) == {V6: TailnetPerson("7", "alice")}


@pytest.mark.parametrize(
    "bad",
    [None, 7, "node", [], {}, {**GOOD, "ipAddresses": V4}, {**GOOD, "ipAddresses": [7]}, {**GOOD, "user": "alice"},
     {**GOOD, "tags": "tag:ci"}, {**GOOD, "tags": [None]}, {**GOOD, "user": {"id": True, "name": "x"}},
     {**GOOD, "user": {"id": "9", "name": ["x"]}}, {**GOOD, "ipAddresses": [V4] * 65}],
)  # fmt: skip
def test_a_bad_node_is_left_out_and_the_good_one_stays(bad: Any) -> None:
    assert people_of({"nodes": [bad, {**GOOD, "ipAddresses": [V6]}]}) == {V6: TailnetPerson("7", "alice")}


def test_an_address_that_is_none_is_left_out() -> None:
    odd = {**GOOD, "ipAddresses": ["", "here", "127.0.0.1", V4]}
    assert set(people_of({"nodes": [odd]})) == {V4}


def test_an_empty_list_is_a_list() -> None:
    assert people_of({"nodes": []}) == {}


@pytest.mark.parametrize("answer", [None, [], {}, "x", {"nodes": None}, {"nodes": {}}, {"nodes": [{}, {"id": "1"}]}])
def test_what_is_no_list_of_nodes_is_trouble(answer: Any) -> None:
    with pytest.raises(Trouble):
        people_of(answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["nodes", "ipAddresses", "user", "id", "name", "tags"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_anything_is_people_or_trouble(answer: Any) -> None:
    try:
        people = people_of(answer)
    except Trouble:
        return
    assert all(person.name for person in people.values())
