"""The gate: nobody passes whom the table does not let in, before anything of the request is read."""

import json
from collections.abc import Mapping

import pytest
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from steelyard.db.database import Database
from steelyard.identity.gate import Gate, ways
from steelyard.identity.links.token import TokenLink
from steelyard.identity.people import AccessRule, People
from steelyard.identity.roles import Role, Scope
from steelyard.identity.rules import CHANGE, LOOK, PUBLIC, RUN, Rule
from steelyard.testing.clock import HandClock
from steelyard.testing.credentials import HandCredentials

RULES: Mapping[str, Rule] = {
    "GET /open": PUBLIC, "GET /things/exists": LOOK, "GET /things/{name:path}": LOOK, "DELETE /things/{name:path}": RUN,
    "POST /things/{name:path}/deed": CHANGE,
}  # fmt: skip
ROUTES = [
    ("/open", ["GET", "HEAD"]), ("/things/exists", ["GET"]), ("/things/{name:path}/deed", ["POST"]),
    ("/things/{name:path}", ["GET", "HEAD"]), ("/things/{name:path}", ["DELETE"]),
]  # fmt: skip


class House:
    """An application behind the gate; it counts who came in."""

    def __init__(self, database: Database, clock: HandClock, auth: str = "required") -> None:
        self.credentials = HandCredentials()
        rule = AccessRule("open" if auth == "open" else "required")
        people = People(database, clock, [TokenLink(self.credentials)], rule, self.credentials)
        self.gate = Gate(self.answer, people, ways(ROUTES, RULES))
        self.entered = 0
        self.pieces: list[str] = []

    async def answer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """A stream of what stands in ``pieces``, or a plain answer."""
        self.entered += 1
        kind = b"text/event-stream" if self.pieces else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for piece in self.pieces:
            if piece == "revoke":
                self.credentials.tokens.clear()
            elif piece == "promote":
                self._promote()
            else:
                await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def ask(self, method: str, path: str, token: str | None = None) -> tuple[int, str]:
        """Status and body."""
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": ("192.0.2.1", 1)}
        said: list[Message] = []

        async def send(message: Message) -> None:
            said.append(message)

        await self.gate(scope, _nothing_is_read, send)
        return said[0]["status"], b"".join(one.get("body", b"") for one in said[1:]).decode()

    def _promote(self) -> None:
        account = self.credentials.accounts.pop("alice")
        self.credentials.tokens.clear()
        assert self.credentials.add(account.name, Role.ADMIN) == "sy_alice_0"


async def _nothing_is_read() -> Message:
    raise AssertionError("the body is none of the gate's business")


@pytest.fixture
def house(database: Database, clock: HandClock) -> House:
    """Access is required."""
    return House(database, clock)


@pytest.mark.parametrize(
    ("role", "scopes", "allowed"),
    [
        (None, None, {"GET /open"}),
        (Role.VIEWER, None, {"GET /open", "GET /things/exists", "GET /things/a/b"}),
        (Role.MEMBER, None, {"GET /open", "GET /things/exists", "GET /things/a/b", "POST /things/a/deed"}),
        (Role.SERVICE, None, {"GET /open", "GET /things/exists", "GET /things/a/b", "POST /things/a/deed"}),
        (Role.ADMIN, {Scope.READ}, {"GET /open", "GET /things/exists", "GET /things/a/b"}),
        (Role.MEMBER, {Scope.ADMIN, Scope.WRITE}, {"GET /open", "POST /things/a/deed"}),
        (Role.VIEWER, {Scope.ADMIN, Scope.WRITE}, {"GET /open"}),
        (Role.ADMIN, {Scope.ADMIN}, {"GET /open", "DELETE /things/a"}),
    ],
)
async def test_who_comes_in_where(
    house: House, role: Role | None, scopes: set[Scope] | None, allowed: set[str]
) -> None:
    token = house.credentials.add("x", role, None if scopes is None else frozenset(scopes)) if role else None
    asked = ["GET /open", "GET /things/exists", "GET /things/a/b", "POST /things/a/deed", "DELETE /things/a"]
    answers = {line: await house.ask(line.partition(" ")[0], line.partition(" ")[2], token) for line in asked}
    assert {line for line, (status, _) in answers.items() if status == 200} == allowed
    assert house.entered == len(allowed)
    for line in set(asked) - allowed:
        status, body = answers[line]
        problem = json.loads(body)
        assert (status, problem["status"]) == ((403, 403) if role else (401, 401))
        assert problem["hint"]


async def test_a_token_that_is_not_good_is_refused_everywhere_but_where_nobody_asks(house: House) -> None:
    assert (await house.ask("GET", "/things/a", "sy_unknown"))[0] == 401
    assert (await house.ask("GET", "/open", "sy_unknown"))[0] == 200


async def test_where_no_route_is_strangers_learn_nothing(house: House) -> None:
    token = house.credentials.add("x", Role.VIEWER)
    for method, path in (("GET", "/nowhere"), ("PUT", "/open"), ("DELETE", "/open")):
        assert (await house.ask(method, path))[0] == 401
        assert (await house.ask(method, path, token))[0] == 200  # the application says that there is nothing


async def test_head_goes_where_get_goes(house: House) -> None:
    assert (await house.ask("HEAD", "/open"))[0] == 200
    assert (await house.ask("HEAD", "/things/a"))[0] == 401


async def test_in_open_mode_the_gate_is_open(database: Database, clock: HandClock) -> None:
    house = House(database, clock, "open")
    assert (await house.ask("DELETE", "/things/a"))[0] == 200


@pytest.mark.parametrize(
    ("change", "heard"), [("revoke", "onetwo"), ("promote", "onetwo"), ("nothing", "onetwonothingthree")]
)
async def test_a_stream_ends_when_its_listener_may_more_or_less(house: House, change: str, heard: str) -> None:
    token = house.credentials.add("alice", Role.VIEWER)
    house.pieces = ["one", "two", change, "three"]
    assert await house.ask("GET", "/things/a", token) == (200, heard)


def test_a_route_without_a_rule_is_noticed_at_the_start() -> None:
    with pytest.raises(LookupError, match="PATCH /new"):
        ways([("/new", ["PATCH"])], RULES)


async def test_a_pattern_that_comes_first_rules_over_a_path_without_parameters(
    database: Database, clock: HandClock
) -> None:
    house = House(database, clock)
    rules = {"GET /{anything}": RUN, "GET /open": PUBLIC}
    people = People(database, clock, [TokenLink(house.credentials)], AccessRule("required"), house.credentials)
    house.gate = Gate(house.answer, people, ways([("/{anything}", ["GET"]), ("/open", ["GET"])], rules))
    assert (await house.ask("GET", "/open"))[0] == 401
