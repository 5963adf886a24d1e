# Written by `make sdk` from client/aio/users.py: edit that.
"""Accounts, and who belongs to them. All but one's own is for administrators."""

from collections.abc import Iterator, Sequence

from steelyard.client.call import Call, given, nothing, page, shape
from steelyard.client.connection import Connection
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.shapes import Forgotten, Me, PrincipalPage, SessionsEnded, User, UserPage

_USERS = "/api/v1/users"


class Users:
    """``client.users``. Every method that takes a name raises NotFound for an unknown one, InvalidArgument for ''."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def me(self) -> Me:
        """Who you are here, how the depot knows, and what you may do."""
        return self._wire.send(Call("GET", "/api/v1/me", shape(Me)))

    def list(self, *, limit: int | None = None, offset: int | None = None) -> UserPage:
        """One page, by name; ``count`` is the number of all."""
        params = {"limit": limit, "offset": offset}
        return self._wire.send(Call("GET", _USERS, page(UserPage, "users"), params))

    def iterate(self, page_size: int = PAGE_SIZE) -> Iterator[User]:
        """All accounts, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[User]]:
            found = self.list(limit=limit, offset=offset)
            return found["count"], found["users"]

        return iterate(fetch, page_size)

    def get(self, name: str) -> User:
        """One account."""
        return self._wire.send(Call("GET", _path(name), shape(User)))

    def add(self, name: str, *, role: str | None = None, password: str | None = None) -> User:
        """A new account: viewer, member (unless told), admin, or service, which has no password. Raises Conflict."""
        body = given({"username": name, "role": role, "password": password})
        return self._wire.send(Call("POST", _USERS, shape(User), json=body))

    def change(self, name: str, *, role: str | None = None, disabled: bool | None = None) -> User:
        """Change what is given; its sessions end. Raises Conflict for the last administrator."""
        body = given({"role": role, "disabled": disabled})
        return self._wire.send(Call("PATCH", _path(name), shape(User), json=body))

    def delete(self, name: str) -> None:
        """Delete an account with its sessions and tokens. Raises Conflict for the last administrator."""
        self._wire.send(Call("DELETE", _path(name), nothing))

    def set_password(self, name: str, password: str, *, current: str | None = None) -> None:
        """Set a password, one's own with the ``current`` one; every session of the account ends."""
        body = given({"password": password, "current": current})
        self._wire.send(Call("POST", f"{_path(name)}/password", nothing, json=body))

    def logout(self, name: str) -> SessionsEnded:
        """Sign out everywhere."""
        return self._wire.send(Call("POST", f"{_path(name)}/logout", shape(SessionsEnded)))

    def export(self, name: str) -> Iterator[bytes]:
        """All that the depot knows of a person, one JSON object a line: the chunks of the file.

        Raises ServerUnreachable when it breaks off before its end.
        """
        with self._wire.stream(f"{_path(name)}/export", media_type="application/x-ndjson") as chunks:
            yield from chunks

    def forget(self, name: str) -> Forgotten:
        """Delete the account and every trace of who it was; totals stay. Raises Conflict for the last administrator."""
        return self._wire.send(Call("POST", f"{_path(name)}/forget", shape(Forgotten)))

    def link(self, name: str, kind: str, subject: str) -> User:
        """Let a principal of kind ``tailnet`` or ``proxy`` count as this account. Raises Conflict."""
        body = {"kind": kind, "subject": subject}
        return self._wire.send(Call("POST", f"{_path(name)}/principals", shape(User), json=body))

    def unlink(self, name: str, kind: str, subject: str) -> User:
        """Let it count as nobody's."""
        params = {"kind": kind, "subject": subject}
        return self._wire.send(Call("DELETE", f"{_path(name)}/principals", shape(User), params))

    def principals(
        self,
        *,
        kind: str | None = None,
        linked: bool | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> PrincipalPage:
        """One page of everybody who was seen, newest first; ``linked`` False shows those without an account."""
        params = {"kind": kind, "linked": linked, "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", "/api/v1/principals", page(PrincipalPage, "principals"), params))


def _path(name: str) -> str:
    return f"{_USERS}/{segment(name, 'name of the account')}"
