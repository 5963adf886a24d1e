"""What a batch names, looked up once for all its lines: models, people and addresses."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.core.recent import Recent
from steelyard.core.ref import InvalidReference, Reference
from steelyard.identity.names import InvalidName, name_key
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.identity.privacy import parse_address
from steelyard.identity.roles import Role
from steelyard.identity.tables import NO_ROW
from steelyard.usage.intake.checking import Known, Names
from steelyard.usage.intake.parameters import Wrong

_REMEMBERED = 20_000
_REMEMBERED_SECONDS = 10.0
_FOR_OTHERS = frozenset({Role.SERVICE, Role.ADMIN})
NamesOf = Callable[[Sequence[Reference], Caller], Awaitable[Sequence[str]]]


class Lookup:
    """Finds out what lines only name."""

    def __init__(self, people: People, names_of: NamesOf, clock: Clock) -> None:
        """``names_of`` gives the names that records have of models which exist for the caller, else as asked for."""
        self._people = people
        self._names_of = names_of
        self._clock = clock
        self._models: Recent[tuple[str, str | None, bool], tuple[float, str]] = Recent(_REMEMBERED)

    async def known(self, names: Names, caller: Caller) -> Known:
        """What all these are. Raises DatabaseAway."""
        who = caller.principal.id
        return Known(
            models=await self._model_names(names.models, caller),
            people=await self._principals(names.people, caller),
            addresses=await self._masked(names.addresses),
            reporter=None if who == NO_ROW else who,
        )

    async def _model_names(self, models: Iterable[str], caller: Caller) -> dict[str, str | Wrong]:
        """As records have them; looked up once in a while, since a batch may name hundreds."""
        now, viewer = self._clock.monotonic(), (caller.access.account, caller.is_admin)
        found: dict[str, str | Wrong] = {}
        unknown: dict[str, Reference] = {}
        for model in models:
            kept = self._models.get((model, *viewer))
            if kept is not None and now - kept[0] < _REMEMBERED_SECONDS:
                found[model] = kept[1]
            else:
                _parse_into(unknown, found, model)
        if unknown:
            names = await self._names_of(list(unknown.values()), caller)
            for model, name in zip(unknown, names, strict=True):
                self._models.put((model, *viewer), (now, name))
                found[model] = name
        return found

    async def _principals(self, names: Iterable[str], caller: Caller) -> dict[str, int | Wrong]:
        return {name: await self._principal(name, caller) for name in names}

    async def _principal(self, name: str, caller: Caller) -> int | Wrong:
        is_own = name_key(name) == name_key(caller.name) and caller.principal.id != NO_ROW
        if is_own and not self._people.is_open:
            return caller.principal.id
        if not may_name_others(caller):
            return Wrong("username: only a service or an administrator may report for others")
        try:
            return (await self._people.spoken_for(name)).id
        except InvalidName as error:
            return Wrong(f"username: {error.detail}")

    async def _masked(self, addresses: Iterable[str]) -> dict[str, str | Wrong]:
        return {
            address: Wrong("ip_address is no address")
            if parse_address(address) is None
            else await self._people.masked(address)
            for address in addresses
        }


def may_name_others(caller: Caller) -> bool:
    """Whether somebody may say of others what they did."""
    return caller.access.role in _FOR_OTHERS


def _parse_into(unknown: dict[str, Reference], found: dict[str, str | Wrong], model: str) -> None:
    try:
        unknown[model] = ref.parse(model)
    except InvalidReference as error:
        found[model] = Wrong(f"model: {error.detail}")
