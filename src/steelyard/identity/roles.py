"""Roles of people, and scopes of tokens: together they say what somebody may do."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is here. Each may do what those before it may; a service also speaks for others."""

    VIEWER = "viewer"
    MEMBER = "member"
    SERVICE = "service"
    ADMIN = "admin"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]

    def includes(self, other: "Role") -> bool:
        """Whether whoever has this role may do what ``other`` may."""
        return _RANKS[self] >= _RANKS[other]


class Scope(StrEnum):
    """What a token may be used for, at most; its owner's role is the other bound."""

    READ = "read"
    PULL = "pull"
    WRITE = "write"
    REPORT = "report"
    ADMIN = "admin"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _SCOPES[self]


_RANKS = {Role.VIEWER: 1, Role.MEMBER: 2, Role.SERVICE: 2, Role.ADMIN: 3}
_MEANINGS = {
    Role.VIEWER: "sees the shelf, the history and the numbers",
    Role.MEMBER: "asks for models as well, and looks after those of their own",
    Role.SERVICE: "a program: what a member may, and it may say for whom it asks",
    Role.ADMIN: "may do everything, and sees everything",
}
_SCOPES = {
    Scope.READ: "look at everything that its owner may see",
    Scope.PULL: "ask for models, and call requests off",
    Scope.WRITE: "change, delete, restore and verify models; steer jobs",
    Scope.REPORT: "report events of other services",
    Scope.ADMIN: "what only administrators may: people, audit, imports, the store; for others: their own account",
}
