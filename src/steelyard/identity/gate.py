"""The gate before all routes: who asks is found out, and the table of rules says whether they may come in.

It stands before bodies are read. A rule is found as the application finds its route: the same patterns in the same
order.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.errors import Forbidden, SteelyardError
from steelyard.http.problems import from_error
from steelyard.identity.asking import asking
from steelyard.identity.holder import NotSignedIn
from steelyard.identity.links.signature import signed
from steelyard.identity.people import People
from steelyard.identity.principal import NOTHING, Access
from steelyard.identity.rules import Rule

REGISTER = "The key that signed this is not known here: steelyard keys add ~/.ollama/id_ed25519.pub"
SIGN_IN = "Set STEELYARD_TOKEN, or send 'Authorization: Bearer sy_…'; with a browser open /login."


class NotAllowed(Forbidden):
    """They are somebody here, but may not do this."""

    slug = "not-allowed"
    title = "That is not yours to do"


class _Revoked(Exception):
    """Whoever listens to a stream lost the right to it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One route: its pattern, its methods, and the rule of each; ``literal`` is a path without parameters."""

    pattern: re.Pattern[str]
    rules: Mapping[str, Rule]
    literal: str | None = None


def ways(routes: Iterable[tuple[str, Iterable[str]]], rules: Mapping[str, Rule]) -> list[Way]:
    """The routes, as (path, methods) in the application's order, each with its rules.

    HEAD goes where GET goes. Raises LookupError for a route that nobody wrote a rule for.
    """
    return [
        Way(
            compile_path(path)[0],
            {method: _rule(method, path, rules) for method in methods},
            path if "{" not in path else None,
        )
        for path, methods in routes
    ]


class Gate:
    """ASGI middleware. Whoever may not come in is told so; a stream ends when its listener loses the right to it."""

    def __init__(
        self,
        app: ASGIApp,
        people: People,
        ways: Sequence[Way],
        refuse: Callable[[Scope, SteelyardError], ASGIApp] = lambda _scope, error: from_error(error),
    ) -> None:
        """``refuse`` makes the answer for whoever may not come in."""
        self._app = app
        self._people = people
        self._ways = ways
        self._refuse = refuse
        self._literal = {
            (method, way.literal): self._sought(method, way.literal)
            for way in ways
            if way.literal is not None
            for method in way.rules
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] != "http" or self._people.is_open:
            await self._app(scope, receive, send)
            return
        rule = self._rule(scope)
        try:
            access = await self._admit(scope, rule)
        except SteelyardError as error:
            await self._refuse(scope, error)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, self._while_admitted(scope, rule, access, send))
        except _Revoked:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _rule(self, scope: Scope) -> Rule | None:
        """None where no route answers: that it does not exist is told to whoever may look."""
        method, path = scope["method"], scope["path"].removeprefix(scope.get("root_path", ""))
        return self._literal.get((method, path)) or self._sought(method, path)

    def _sought(self, method: str, path: str) -> Rule | None:
        for way in self._ways:
            rule = way.rules.get(method)
            if rule is not None and way.pattern.match(path):
                return rule
        return None

    async def _admit(self, scope: Scope, rule: Rule | None) -> Access:
        if rule is not None and rule.role is None:
            return NOTHING
        access = await self._people.access(scope)
        if access.role is None:
            hint = SIGN_IN if signed(asking(scope))[0] is None else REGISTER
            raise NotSignedIn("This depot wants to know who asks.", hint=hint)
        if rule is not None and not rule.admits(access):
            raise _refused(rule, access)
        return access

    def _while_admitted(self, scope: Scope, rule: Rule | None, access: Access, send: Send) -> Send:
        """Each piece of a stream is sent only as long as its listener may do what they might at its beginning.

        Whoever may more or less since comes back, and is told then what is theirs now.
        """
        is_stream = False

        async def checked(message: Message) -> None:
            nonlocal is_stream
            if message["type"] == "http.response.start":
                is_stream = any(value.startswith(b"text/event-stream") for _, value in message["headers"])
            elif is_stream and message.get("body"):
                await self._require_same(scope, rule, access)
            await send(message)

        return checked

    async def _require_same(self, scope: Scope, rule: Rule | None, access: Access) -> None:
        try:
            now = await self._admit(scope, rule)
        except SteelyardError as error:
            raise _Revoked from error
        if now != access:
            raise _Revoked


def _rule(method: str, path: str, rules: Mapping[str, Rule]) -> Rule:
    rule = rules.get(f"{method} {path}") or (rules.get(f"GET {path}") if method == "HEAD" else None)
    if rule is None:
        raise LookupError(f"{method} {path} has no rule; write one in identity/rules.py")
    return rule


def _refused(rule: Rule, access: Access) -> NotAllowed:
    role = rule.role
    if role is not None and access.role is not None and access.role.includes(role):
        return NotAllowed(
            f"This token is not for that: it lacks the scope {rule.scope.value!r}.",
            hint=f"steelyard tokens add --scope {rule.scope.value}",
        )
    return NotAllowed(
        f"This takes the role {role.value if role else ''!r}; yours is {access.role.value if access.role else ''!r}.",
        hint="Ask an administrator of this depot.",
    )
