"""A house where people sign in: accounts of every role, and a model of alice's that is hers alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from steelyard.identity.accounts.rights import scopes_of
from steelyard.identity.accounts.tables import tokens
from steelyard.identity.accounts.tokens import TokenWish
from steelyard.identity.principal import Access, Caller
from steelyard.identity.roles import Role, Scope
from tests.flows.house import House

PEOPLE: Mapping[str, Role] = {
    "vera": Role.VIEWER, "bob": Role.MEMBER, "alice": Role.MEMBER, "robot": Role.SERVICE, "root": Role.ADMIN,
}  # fmt: skip
PASSWORD = "correct horse battery"


@dataclass
class Town:
    """A house with its people. ``tokens`` are by whose they are, or what is wrong with them."""

    house: House
    tokens: dict[str, str] = field(default_factory=dict)

    async def settle(self) -> None:
        """Make the accounts, and tokens good and bad."""
        society = self.house.depot.society
        caller = await society.people.caller({"type": "http", "headers": [], "client": ("127.0.0.1", 1)})
        self.maker = Caller(caller.principal, "127.0.0.1", "test", Access(Role.ADMIN))
        for name, role in PEOPLE.items():
            await society.users.create(self.maker, name, role, None if role is Role.SERVICE else PASSWORD)
            self.tokens[name] = await self.token(name)
        self.tokens["wrong scope"] = await self.token("root", frozenset({Scope.REPORT}))
        self.tokens["expired"] = await self.token("root")
        self.tokens["revoked"] = await self.token("root")
        await self._expire(self.tokens["expired"])
        await society.tokens.revoke(self.maker, token_id(self.tokens["revoked"]))
        self.tokens["forged"] = self.tokens["root"][:-4] + "0000"

    async def token(self, name: str, scopes: frozenset[Scope] | None = None) -> str:
        """A token of somebody's, for everything unless it is for some things only."""
        wanted = scopes or scopes_of(PEOPLE[name])
        wish = TokenWish("test", name, wanted, 30, None)
        return (await self.house.depot.society.tokens.create(self.maker, wish))[1]

    async def ask(self, who: str | None, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer; ``who`` None shows nothing."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        answer = await self.house.http.request(method, path, headers={**headers, **more.pop("headers", {})}, **more)
        is_json = answer.headers.get("content-type", "").endswith(("/json", "+json"))
        return answer.status_code, dict(answer.json()) if is_json and answer.content else {}

    async def bring(self, who: str, model: str) -> str:
        """Somebody pulls a model and waits; the job's id."""
        status, answer = await self.ask(who, "POST", "/pull", json={"model": model})
        assert status == 202, answer
        await self.house.ended(answer["job_id"])
        return str(answer["job_id"])

    async def _expire(self, token: str) -> None:
        past = self.house.depot.clock.now() - timedelta(days=1)
        its = tokens.c.id == token_id(token)
        await self.house.depot.database.write(
            lambda connection: connection.execute(update(tokens).where(its).values(expires_at=past)).close()
        )


def token_id(token: str) -> str:
    """The part of a token that names it."""
    return token.split("_")[1]
