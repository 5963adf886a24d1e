"""What people may change about a model: words, switches and aliases. Only what is given changes."""

import logging
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection

from steelyard.catalog import aliases, deeds, rights, store
from steelyard.catalog.errors import NotYours, busy, missing
from steelyard.catalog.folders import Folders
from steelyard.catalog.models import MODEL_TOPIC, TRASH_TOPIC, Entry
from steelyard.catalog.service import required
from steelyard.core.clock import Clock
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.principal import Caller
from steelyard.jobs import store as jobs

logger = logging.getLogger(__name__)
_MAX_TAGS = 32
_JOINER = "\u200d"  # holds the parts of one emoji together


def _printable(text: str) -> str:
    if not all(letter.isprintable() or letter == _JOINER for letter in text) or not text.strip():
        raise ValueError("it must be words that can be printed, on one line")
    return text.strip()


def _readable(text: str) -> str:
    if not all(letter.isprintable() or letter in {"\n", "\t", _JOINER} for letter in text):
        raise ValueError("it holds characters that cannot be printed")
    return text


Title = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_printable)]
Description = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_readable)]
_TAG = r"^[A-Za-z0-9](?:[A-Za-z0-9 ._:+/#-]*[A-Za-z0-9+#])?$"
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_TAG)]
Alias = Annotated[str, StringConstraints(min_length=1, max_length=96)]
# ``default_factory``, because the document of the routes should name no default where leaving out means "as it is".


class ModelChange(BaseModel):
    """What shall be different; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Title = Field(default_factory=str, description="what people read; the address stays", examples=["Chat"])
    description: Description | None = Field(None, description="free text; null takes it away")
    tags: list[Tag] = Field(default_factory=list, max_length=_MAX_TAGS, description="all tags that it shall have")
    status: Literal["active", "inactive"] = Field(
        default_factory=lambda: "active", description="an inactive model is listed, and refused when it is asked for"
    )
    pinned: bool = Field(default_factory=bool, description="a pinned model cannot be deleted")
    private: bool = Field(
        default_factory=bool,
        description="shown to its owner and to administrators only; while there are no accounts, everybody is one",
    )
    aliases: list[Alias] = Field(
        default_factory=list, max_length=aliases.MAX_ALIASES, description="all aliases that it shall have"
    )


class ChangeService:
    """Changes models; each change is one transaction."""

    def __init__(self, database: Database, folders: Folders, clock: Clock, signals: Signals) -> None:
        self._database = database
        self._folders = folders
        self._clock = clock
        self._signals = signals

    async def change(self, reference: Reference, wanted: ModelChange, caller: Caller) -> Entry:
        """Change what is given; a model that is made private, or public again, moves to the other shelf.

        Raises ModelMissing, NotYours, ModelBusy, BadAlias, InvalidReference, AliasTaken.
        """
        given = {name: getattr(wanted, name) for name in wanted.model_fields_set}
        names = [aliases.parse_alias(text) for text in given.get("aliases", ())]

        def change(connection: Connection) -> Entry:
            entry = required(connection, reference, caller)
            require_change(entry, caller, reference)
            if given.get("private", entry.private) != entry.private and jobs.has_live(connection, entry.id):
                raise busy(str(entry.name))
            before, now = deeds.facts_of(connection, entry), self._clock.now()
            values = columns(given)
            if values:
                store.change(connection, entry, values)
            if "aliases" in given:
                aliases.replace(connection, entry.id, names, now, rights.viewer(caller))
            after = deeds.facts_of(connection, required(connection, Reference("", entry_key=entry.id)))
            deeds.record_change(connection, caller, entry, before, after, now)
            return entry

        entry = await self._database.write(change)
        if given.get("private", entry.private) != entry.private:
            await self._move(entry)
        self._signals.publish(MODEL_TOPIC, str(entry.id))
        return entry

    async def _move(self, entry: Entry) -> None:
        try:
            await self._folders.settle(entry.id)
        except OSError:  # the table says it all the same, and a later round moves it
            logger.exception("could not move a folder; the next round tries again", extra={"model": entry.public_id})
        self._signals.publish(TRASH_TOPIC, str(entry.id))  # a round looks once more, for what came late


def require_change(entry: Entry, caller: Caller, asked: Reference) -> None:
    """Raises ModelMissing, with the name that was asked for, for whoever must not see it, NotYours for whoever may."""
    if not rights.may_see(entry, caller):
        raise missing(str(asked))
    if not rights.may_change(entry, caller):
        raise NotYours(f"{entry.name} belongs to {entry.owner}.", hint=f"Ask {entry.owner}, or an administrator.")


def columns(given: dict[str, Any]) -> dict[str, Any]:
    """The columns behind the fields that were given."""
    values: dict[str, Any] = {name: given[name] for name in ("description", "pinned", "private") if name in given}
    if "name" in given:
        values["title"] = given["name"]
    if "tags" in given:
        values["tags"] = _each_once(given["tags"])
    if "status" in given:
        values["active"] = given["status"] == "active"
    return values


def _each_once(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))
