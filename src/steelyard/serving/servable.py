"""From a name that somebody wrote to weights that an engine can load, for those who may use them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from steelyard.catalog import revisions, rights, store
from steelyard.catalog.cards import revision_of
from steelyard.catalog.errors import ModelMissing, inactive
from steelyard.catalog.inspect.abilities import Abilities
from steelyard.catalog.models import Entry, File, ModelStatus, Revision
from steelyard.catalog.service import required
from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind, Reference, parse
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.engines.models import Task, Weights
from steelyard.identity.principal import Access, Caller, Principal, PrincipalKind
from steelyard.identity.remembered import Remembered
from steelyard.identity.roles import Role
from steelyard.identity.tables import NO_ROW
from steelyard.serving import presets
from steelyard.serving.errors import ModelNotReady, WrongModel
from steelyard.serving.heads import Head, read_head
from steelyard.serving.pick import Picked, pick
from steelyard.serving.preset import NO_PRESET, Preset
from steelyard.storage.disk import DiskStorage

_STEP = 256  # tokens: contexts that differ by less are the same load
_MANY = 1024
_NOBODY = Principal(NO_ROW, PrincipalKind.ADDRESS, "", "")
K = TypeVar("K")
V = TypeVar("V")
InThread = Callable[[Callable[[], Head]], Awaitable[Head]]


@dataclass(frozen=True, slots=True)
class Servable:
    """A model that can be asked; ``title`` names the variant too where it is not the usual one, ``preset`` goes with
    the name by which it was asked. ``quantization`` and ``abilities`` are None where nobody knows.

    Without an ``entry`` it is not on the shelf: another server has it.
    """

    weights: Weights
    entry: Entry | None
    title: str
    only_reads: bool
    preset: Preset = NO_PRESET
    quantization: str | None = None
    abilities: Abilities | None = None

    @property
    def name(self) -> str:
        """The name under which its use is counted."""
        return self.weights.name

    @property
    def is_pinned(self) -> bool:
        """Whether it is to stay in memory."""
        return self.entry is not None and self.entry.pinned


@dataclass(frozen=True, slots=True)
class _Asked:
    reference: Reference
    viewer: str | None  # as in rights.viewer


class Elsewhere(Protocol):
    """Servers that have models of their own."""

    async def has(self, name: str) -> bool:
        """Whether one of them has a model of that name."""

    async def names(self) -> Sequence[str]:
        """Every model that one of them has."""


class Servables:
    """Looks models up once in a while: whoever hears that one changed calls ``forget``. ``in_thread`` reads files."""

    def __init__(
        self,
        database: Database,
        storage: DiskStorage,
        clock: Clock,
        in_thread: InThread,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._database = database
        self._storage = storage
        self._in_thread = in_thread
        self._elsewhere = elsewhere
        self._known = Remembered[_Asked, Servable](self._look_up, clock, size=_MANY)
        self._heads: dict[str, Head] = {}
        self._seen: dict[str, Servable] = {}
        self._asked_by: dict[Reference, _Asked] = {}

    async def find(self, reference: Reference, task: Task, caller: Caller, *, is_any: bool = False) -> Servable:
        """The model as it stands now. ``is_any``: whatever it can do.

        Raises ModelMissing, ModelInactive, ModelNotReady, WrongModel, DatabaseAway.
        """
        found = await self._found(_Asked(reference, rights.viewer(caller)))
        if found.only_reads and task is Task.CHAT and not is_any:
            raise WrongModel(
                f"{found.name} makes vectors of texts and answers nothing.",
                hint="Ask for embeddings: POST /v1/embeddings",
            )
        return found if task is found.weights.task else _for(found, task)

    async def _found(self, asked: _Asked) -> Servable:
        """While the database is away, what others asked for lately and everybody may use is found too."""
        try:
            found = await self._known.get(asked)
        except DatabaseAway:
            found = await self._of_others(asked.reference)
            if found is None:
                raise
        assert found is not None  # noqa: S101 - looking up raises what is missing
        if _is_open(found):
            _keep(self._asked_by, asked.reference, asked)
        return found

    async def _of_others(self, reference: Reference) -> Servable | None:
        """Raises DatabaseAway."""
        asked = self._asked_by.get(reference)
        found = None if asked is None else await self._known.get(asked)
        return found if found is not None and _is_open(found) else None

    async def elsewhere(self, caller: Caller) -> list[str]:
        """Models that somebody may ask and that only other servers have. Raises DatabaseAway."""
        names = await self._elsewhere.names() if self._elsewhere is not None else ()
        return [name for name in names if await self._is_elsewhere(name, caller)]

    async def _is_elsewhere(self, name: str, caller: Caller) -> bool:
        try:
            return (await self.find(parse(name), Task.CHAT, caller, is_any=True)).entry is None
        except DatabaseAway:
            raise
        except SteelyardError:  # it is here too, and not to be used; or its name cannot be asked here
            return False

    def forget(self) -> None:
        """Some model changed."""
        self._known.forget()

    async def keep_warm(self) -> None:
        """Keep what is needed while the database is away, until cancelled."""
        await self._known.keep_warm()

    def is_seen(self, weights: Weights, caller: Caller) -> bool:
        """Whether somebody may know of a model that is in memory."""
        known = self._seen.get(weights.key)
        entry = known.entry if known is not None else None
        return caller.is_admin or (known is not None and (entry is None or rights.may_see(entry, caller)))

    def is_public(self, weights: Weights) -> bool:
        """Whether everybody may know of a model that is in memory."""
        known = self._seen.get(weights.key)
        return known is not None and (known.entry is None or not known.entry.private)

    def title(self, weights: Weights) -> str:
        """What a model in memory is called."""
        known = self._seen.get(weights.key)
        return weights.name if known is None else known.title

    def is_of(self, weights: Weights, found: Servable, *, is_any_variant: bool) -> bool:
        """Whether a model in memory is of the same entry, at whatever revision, private or not; of the same variant,
        or any."""
        known = self._seen.get(weights.key)
        if weights.key == found.weights.key or known is None or known.entry is None or found.entry is None:
            return weights.key == found.weights.key
        return known.entry.id == found.entry.id and (is_any_variant or known.title == found.title)

    async def stays(self, weights: Weights) -> bool | None:
        """Whether a model in memory is pinned there; None: it has to go. It was deleted or switched off, or made
        private or public: then no request asks for it as it was loaded.

        Who may know of it is as its entry says now, from here on. Raises DatabaseAway.
        """
        known = self._seen.get(weights.key)
        if known is None or known.entry is None:
            return False
        key = known.entry.id
        entry = await self._database.read(lambda connection: store.get(connection, key))
        if entry is None:
            return None
        if weights.key in self._seen:
            self._seen[weights.key] = replace(known, entry=entry)
        is_to_go = entry.trash is not None or not entry.active or entry.private != weights.is_private
        return None if is_to_go else entry.pinned

    async def _look_up(self, asked: _Asked) -> Servable:
        try:
            entry, revision, files, preset = await self._database.read(lambda connection: _read(connection, asked))
        except ModelMissing:
            name = str(asked.reference)
            if self._elsewhere is None or not await self._elsewhere.has(name):
                raise
            weights = Weights(f"remote/{name}", name, Path(), "remote", 0, is_here=False)
            self._remember(found := Servable(weights, None, name, only_reads=False))
            return found
        name = str(entry.name)
        picked = pick(files, asked.reference.variant, name)
        place = self._place(entry, revision, picked)
        key = f"{entry.id}/{revision.commit}/{picked.variant or ''}"
        head = await self._head(key, place, picked)
        # A load on another server must not serve what became private, and the files move.
        where = f"{key}/private" if entry.private else key
        weights = Weights(
            key=where, name=name, path=place, format=picked.format, size=picked.size, kv=head.kv,
            context_length=head.context_length or entry.traits.context_length,
            architecture=head.architecture or entry.traits.architecture, has_template=head.has_template,
            is_bert=head.is_bert, is_private=entry.private,
        )  # fmt: skip
        title = name if picked.is_default or picked.variant is None else f"{name}:{picked.variant}"
        quantization = head.quantization or entry.traits.quantization
        found = Servable(weights, entry, title, head.only_reads, preset, quantization, head.abilities)
        self._remember(found)
        return found

    def _remember(self, found: Servable) -> None:
        _keep(self._seen, found.weights.key, found)

    def _place(self, entry: Entry, revision: Revision, picked: Picked) -> Path:
        beside = self._storage.layout.snapshot(entry.folder, revision.commit, picked.path or "config.json")
        return beside if picked.path else beside.parent

    async def _head(self, key: str, place: Path, picked: Picked) -> Head:
        if key not in self._heads:
            try:
                _keep(self._heads, key, await self._in_thread(lambda: read_head(place, picked)))
            except OSError as error:
                raise ModelNotReady(
                    "The model's files cannot be read now.", hint="GET /health shows the store.", retry_after=5.0
                ) from error
        return self._heads[key]


def context_for(weights: Weights, wanted: int) -> int:
    """Tokens of context to load with: what is wanted in steps, and no more than the model was trained for."""
    return min(-(-wanted // _STEP) * _STEP, weights.context_length or wanted)


def _for(found: Servable, task: Task) -> Servable:
    return replace(found, weights=replace(found.weights, task=task))


def _read(connection: Connection, asked: _Asked) -> tuple[Entry, Revision, list[File], Preset]:
    reference, caller = asked.reference, _as_viewer(asked.viewer)
    entry = required(connection, reference, caller)
    if entry.name.kind is not Kind.MODEL:
        raise WrongModel(f"{entry.name} is a {entry.name.kind.value}: it cannot be asked.", hint="Ask a model.")
    if not entry.active:
        raise inactive(str(entry.name))
    revision = revision_of(connection, entry, reference)
    if revision is None:
        raise _unfinished(entry, reference)
    preset = presets.find(connection, reference, asked.viewer)
    return entry, revision, revisions.list_files(connection, revision.id), preset


def _unfinished(entry: Entry, reference: Reference) -> ModelMissing | ModelNotReady:
    name = str(reference if reference.entry_key is None else entry.name)
    if entry.status is ModelStatus.DOWNLOADING:
        hint = f"GET /jobs?model={entry.name} shows how far it is."
        return ModelNotReady(f"{entry.name} is on its way.", hint=hint, retry_after=10.0)
    hint = f'POST /pull {{"model": "{name}"}} or: steelyard pull {name}'
    return ModelMissing(f"{name} is not complete.", hint=hint)


def _as_viewer(viewer: str | None) -> Caller:
    """Somebody who sees what ``viewer`` sees: answers are remembered for all of them."""
    return Caller(_NOBODY, "", "", Access(Role.ADMIN if viewer is None else Role.VIEWER, viewer or None))


def _is_open(found: Servable) -> bool:
    """Whether everybody who asks for the name gets the same."""
    return found.preset == NO_PRESET and (found.entry is None or not found.entry.private)


def _keep(known: dict[K, V], key: K, value: V) -> None:
    """The oldest goes when there are too many."""
    known.pop(key, None)
    if len(known) >= _MANY:
        del known[next(iter(known))]
    known[key] = value
