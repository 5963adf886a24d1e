"""Credentials that a test hands out and takes back by hand."""

from dataclasses import dataclass, field

from steelyard.identity.holder import Account, Holder, NotSignedIn
from steelyard.identity.roles import Role, Scope


@dataclass
class HandCredentials:
    """Implements Credentials."""

    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Holder] = field(default_factory=dict)
    sessions: dict[str, Holder] = field(default_factory=dict)

    def add(self, name: str, role: Role, scopes: frozenset[Scope] | None = None) -> str:
        """An account, if need be, and a token of it."""
        account = self.accounts.setdefault(name, Account(len(self.accounts) + 1, name, role))
        token = f"sy_{name}_{len(self.tokens)}"
        self.tokens[token] = Holder(account, f"token:{token}", scopes)
        return token

    def sign_in(self, name: str) -> str:
        """A session of an account that is there; its cookie."""
        cookie = f"cookie-{name}"
        self.sessions[cookie] = Holder(self.accounts[name], f"session:{name}")
        return cookie

    async def of_token(self, text: str, _address: str) -> Holder:
        """Who holds it. Raises NotSignedIn."""
        if text not in self.tokens:
            raise NotSignedIn("This token is no longer good.", hint="steelyard tokens add")
        return self.tokens[text]

    async def of_session(self, cookie: str) -> Holder | None:
        """Who is signed in."""
        return self.sessions.get(cookie)

    async def of_name(self, name: str) -> Account | None:
        """The account of this name."""
        return self.accounts.get(name)

    async def of_account(self, account_id: int) -> Account | None:
        """The account of this key."""
        return next((account for account in self.accounts.values() if account.id == account_id), None)
