"""Models that answer: what every protocol asks, done once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from operator import is_
from typing import Protocol

from starlette.requests import Request

from steelyard.catalog import rights
from steelyard.catalog.errors import NotYours
from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Reference
from steelyard.engines.models import LoadOptions, Task
from steelyard.identity.principal import Caller
from steelyard.serving.able import beyond, kept_small, require_logprobs, unheeded, within
from steelyard.serving.chat import Generation, Wire
from steelyard.serving.content import readable
from steelyard.serving.conversation import Conversation
from steelyard.serving.deadline import Deadline
from steelyard.serving.embed import embed
from steelyard.serving.errors import BadTimeout
from steelyard.serving.gauge import Gauge
from steelyard.serving.keeper import Keeper
from steelyard.serving.lease import Lease
from steelyard.serving.live import Live
from steelyard.serving.models import LONGEST, SHORTEST, ChatAsk, EmbedAsk, Embedded
from steelyard.serving.protocol import Answer, LoadedModel
from steelyard.serving.residents import key_of
from steelyard.serving.servable import Servable, Servables, context_for
from steelyard.serving.sessions import Sessions
from steelyard.serving.state import ServingState
from steelyard.serving.told import Telling


class Bringer(Protocol):
    """Brings models that are not here."""

    async def bring(self, reference: Reference, caller: Caller) -> None:
        """Return when it is here. Cancelled, the download goes on. Raises what pulling raises, and ModelNotReady."""


class ServingService:
    """What ``protocol.Serving`` says. Made in the event loop that it is used in."""

    def __init__(
        self,
        models: Servables,
        keeper: Keeper,
        wire: Wire,
        sessions: Sessions,
        clock: Clock,
        usual: LoadOptions,
        bringer: Bringer | None = None,
        *,
        stores_prompts: bool = False,
        gauge: Gauge | None = None,
    ) -> None:
        """``usual`` is how models are loaded unless somebody asks for more context; ``bringer`` pulls missing ones.
        ``stores_prompts``: whether events keep what was asked. ``gauge`` knows what models take of cards."""
        self._models = models
        self._keeper = keeper
        self._wire = wire
        self._sessions = sessions
        self._clock = clock
        self._usual = usual
        self._bringer = bringer
        self._stores_prompts = stores_prompts
        self._gauge = gauge

    async def chat(self, ask: ChatAsk, caller: Caller, request: Request) -> Answer:
        """Begin an answer, as ``Serving.chat`` says."""
        telling = Telling(request, caller, ask, keeps_words=self._stores_prompts, gauge=self._gauge)
        deadline = _deadline(ask.timeout, self._clock, request)
        try:
            found = await deadline.wait(self._found(ask.model, Task.CHAT, caller))
            telling.of(found.name, key_of(found.weights))
            kept = None if ask.session is None else await self._sessions.open(caller, ask.session)
            ask = _readable(ask)
            said = ask if kept is None else replace(ask, messages=kept.followed_by(ask.messages))
            said = found.preset.behind(said)
            notes = unheeded(said, found.abilities) + beyond(said.context, found.weights)
            most = None if _may_grow(found, caller) else self._usual.context
            notes += kept_small(said.context, most)
            lease = await self._lease(found, deadline, ask.keep_alive, within(said.context, most))
            _require_able(said, lease)
            lease.notes += notes
        except BaseException as error:
            deadline.end()
            telling.refused(error)
            raise
        generation = Generation(self._wire, said, lease, deadline, telling.ended)
        return generation if kept is None else Conversation(generation, kept, ask.messages)

    async def embed(self, ask: EmbedAsk, caller: Caller, request: Request) -> Embedded:
        """Vectors for texts, as ``Serving.embed`` says."""
        telling = Telling(request, caller, ask, keeps_words=self._stores_prompts, gauge=self._gauge)
        deadline = _deadline(ask.timeout, self._clock, request)
        try:
            found = await deadline.wait(self._found(ask.model, Task.EMBED, caller))
            telling.of(found.name, key_of(found.weights))
            with await self._lease(found, deadline, ask.keep_alive, None) as lease:
                embedded = await embed(self._wire, ask, lease, deadline)
        except BaseException as error:
            telling.refused(error)
            raise
        finally:
            deadline.end()
        telling.embedded(embedded, lease.engine)
        return embedded

    async def about(self, model: str, caller: Caller) -> Servable:
        """What is known of a model that could be asked."""
        return await self._models.find(ref.parse(model), Task.CHAT, caller, is_any=True)

    async def unload(self, model: str, caller: Caller, *, spares_pinned: bool = False) -> bool:
        """Take a model out of memory, as ``Serving.unload`` says."""
        found = await self.about(model, caller)
        entry = found.entry
        if entry is not None and entry.pinned and (spares_pinned or not rights.may_change(entry, caller)):
            if spares_pinned:
                return False
            raise NotYours(f"{entry.name} is pinned, and belongs to {entry.owner}.", hint=f"Ask {entry.owner}.")
        is_any = ref.parse(model).variant is None
        known = {one.key: one for one in self._keeper.known}
        keys = [key for key, one in known.items() if self._models.is_of(one, found, is_any_variant=is_any)]
        for key in keys:
            self._keeper.dismiss(key, spares_waiting=spares_pinned)
        return bool(keys)

    def loaded(self, caller: Caller) -> Sequence[LoadedModel]:
        """What is in memory, of what the caller may see."""
        return [
            self._shown(load, live) for load, live in self._keeper.live if self._models.is_seen(live.weights, caller)
        ]

    async def elsewhere(self, caller: Caller) -> Sequence[str]:
        """Models that only other servers have."""
        return await self._models.elsewhere(caller)

    def state(self) -> ServingState:
        """What is in memory and who waits, whoever asks."""
        keeper, models = self._keeper, self._models
        shown = [self._shown(load, live) for load, live in keeper.live]
        public = [models.title(live.weights) for _, live in keeper.live if models.is_public(live.weights)]
        return ServingState(shown, keeper.waiting(), keeper.used, keeper.limits.budget, keeper.limits.most, public)

    async def _found(self, model: str, task: Task, caller: Caller) -> Servable:
        """The model, brought if need be and allowed."""
        reference = ref.parse(model)
        try:
            return await self._models.find(reference, task, caller)
        except SteelyardError as error:
            if self._bringer is None or error.status != 404 or reference.entry_key is not None:
                raise
        await self._bringer.bring(reference, caller)
        return await self._models.find(reference, task, caller)

    async def _lease(self, found: Servable, deadline: Deadline, keep_alive: float | None, context: int | None) -> Lease:
        usual = self._usual
        context = context_for(found.weights, context or usual.context)
        options = LoadOptions(context, usual.parallel, usual.threads, usual.exact)  # a third of what replace() takes
        wanted = self._keeper.lease(
            found.weights, options, deadline.left, keep_alive=keep_alive, is_pinned=found.is_pinned
        )
        return await deadline.wait(wanted)

    def _shown(self, load: int, live: Live) -> LoadedModel:
        slot, now = self._keeper.slot(load), self._clock.monotonic()
        is_forever = slot is None or slot.keep_until == float("inf") or self._keeper.is_pinned(live)
        ends = None if slot is None or is_forever else self._clock.now() + timedelta(seconds=slot.keep_until - now)
        size = slot.bytes if slot is not None else live.weights.size
        return LoadedModel(
            self._models.title(live.weights), live.engine, size, live.options.context,
            len(slot.users) if slot else 0, self._keeper.is_pinned(live), live.loaded_at, ends, live.weights.task,
        )  # fmt: skip


def _require_able(ask: ChatAsk, lease: Lease) -> None:
    """Which engine runs a model is known once it is loaded. Raises NoLogprobs; the lease is given back then."""
    try:
        require_logprobs(ask, lease.endpoint, lease.engine)
    except SteelyardError:
        lease.release()
        raise


def _readable(ask: ChatAsk) -> ChatAsk:
    messages = readable(ask.messages)
    return ask if all(map(is_, messages, ask.messages)) else replace(ask, messages=messages)


def _may_grow(found: Servable, caller: Caller) -> bool:
    """A pinned model is loaded anew with more context for those who pinned it alone: it is to stay in memory."""
    return not found.is_pinned or found.entry is None or rights.may_change(found.entry, caller)


def _deadline(seconds: float, clock: Clock, request: Request) -> Deadline:
    if not SHORTEST <= seconds <= LONGEST:
        raise BadTimeout(f"A request may take from {SHORTEST:g} to {LONGEST:g} seconds, not {seconds:g}.")
    deadline = Deadline(seconds, clock)
    deadline.watch(request)
    return deadline
