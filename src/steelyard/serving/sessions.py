"""Conversations kept on the server: for each person, by a name of their choosing, bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.identity.principal import Caller
from steelyard.serving import session_store as store
from steelyard.serving.errors import SessionMissing, SessionTooLarge
from steelyard.serving.session_models import Session
from steelyard.serving.settings import ServingSettings
from steelyard.serving.views import whole_session_json

Message = Mapping[str, Any]


class Sessions:
    """Everybody sees and deletes their own alone, administrators too: what is said to a model is nobody else's."""

    def __init__(self, database: Database, clock: Clock, settings: ServingSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    async def open(self, caller: Caller, name: str) -> "Kept":
        """A conversation to go on with; an unknown name begins one, which is kept with its first answer."""
        owner = owner_of(caller)
        messages = await self._database.read(lambda connection: store.messages(connection, owner, name))
        return Kept(self, owner, name, messages, self._settings.session_characters)

    async def list_page(self, caller: Caller, limit: int, offset: int) -> tuple[int, list[Session]]:
        """The true total and one page, the one used last first."""
        owner = owner_of(caller)
        return await self._database.read(lambda connection: store.list_page(connection, owner, limit, offset))

    async def get(self, caller: Caller, name: str) -> tuple[Session, list[Message]]:
        """One with its messages, the oldest first. Raises SessionMissing."""
        owner = owner_of(caller)
        found = await self._database.read(lambda connection: store.get(connection, owner, name))
        if found is None:
            raise _missing(name)
        return found

    async def delete(self, caller: Caller, name: str) -> None:
        """Forget one. Raises SessionMissing."""
        owner = owner_of(caller)
        if not await self._database.write(lambda connection: store.delete(connection, owner, name)):
            raise _missing(name)

    async def delete_all(self, caller: Caller) -> int:
        """Forget all of the caller's; returns how many there were."""
        owner = owner_of(caller)
        return await self._database.write(lambda connection: store.delete_all(connection, owner))

    async def export(self, account: int | None, principals: frozenset[int]) -> Sequence[dict[str, Any]]:
        """Every conversation of a person, for whoever asks what is known of them."""
        owners = _owners(account, principals)
        kept = await self._database.read(lambda connection: store.of_owners(connection, owners))
        return [{"record": "session", **whole_session_json(session, said)} for session, said in kept]

    async def forget(self, account: int | None, principals: frozenset[int]) -> None:
        """Forget every conversation of a person."""
        owners = _owners(account, principals)
        await self._database.write(lambda connection: [store.delete_all(connection, owner) for owner in owners])

    async def add(self, owner: str, name: str, messages: Sequence[Message]) -> None:
        """Put messages at the end; what is beyond the bounds goes, the oldest first."""
        now, bounds = self._clock.now(), self._settings
        await self._database.write(
            lambda connection: store.add(
                connection, owner, name, messages, now, sessions=bounds.sessions, characters=bounds.session_characters
            )
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """One conversation as it stood when it was opened."""

    sessions: Sessions
    owner: str
    name: str
    messages: Sequence[Message]
    most: int

    def followed_by(self, said: Sequence[Message]) -> list[Message]:
        """All of it with what is said now. Raises SessionTooLarge when that alone is more than is kept: a character of
        a picture counts as one, too."""
        stays = [message for message in self.messages[:1] if store.is_instruction(message)]
        size = sum(len(store.written(message)) for message in (*stays, *said))
        if size > self.most:
            raise SessionTooLarge(
                f"That is {size:,} characters with the first instruction; a session keeps {self.most:,}.",
                hint="Say less at once, or ask without a session.",
            )
        return [*self.messages, *said]

    async def add(self, messages: Sequence[Message]) -> None:
        """Write down what was said since."""
        await self.sessions.add(self.owner, self.name, messages)


def owner_of(caller: Caller) -> str:
    """Whose conversations they are: an account's, by whatever way somebody came in, else the principal's."""
    account = caller.principal.account
    if account is None and caller.proven is None:
        account = caller.access.account_id
    return f"account:{account}" if account is not None else f"principal:{caller.principal.id}"


def _owners(account: int | None, principals: frozenset[int]) -> list[str]:
    """Under which their conversations may stand: of the time before they had an account, too."""
    known = [f"principal:{principal}" for principal in sorted(principals)]
    return known if account is None else [f"account:{account}", *known]


def _missing(name: str) -> SessionMissing:
    return SessionMissing(
        f"You have no session {name[:64]!r}.", hint="`steelyard sessions`, or GET /api/v1/sessions, lists yours."
    )
