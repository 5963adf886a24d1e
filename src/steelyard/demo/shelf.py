"""Puts the demo's models on the shelf. No bytes lie in the store: they are listed and counted, and cannot be read."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.facts import RevisionFacts
from steelyard.catalog.models import EntryName, File, FileState, FirstDownload, Revision, Traits
from steelyard.catalog.service import refresh_status
from steelyard.catalog.variants import variants_of
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind, Reference
from steelyard.demo.dice import Dice
from steelyard.demo.models import MODELS, DemoModel, Task
from steelyard.demo.people import PEOPLE, DemoPerson, address_of
from steelyard.downloads import placing, store
from steelyard.downloads.models import Ask, RequestStatus
from steelyard.identity import store as identity
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.usage.events import Event

HUB = "huggingface"
_LARGEST_PART = 5 * 10**9
_CONTEXT = 8192


def introduce(connection: Connection, since: datetime) -> dict[str, Principal]:
    """The people, by name, as if they had first been seen at this moment."""
    return {
        person.name: identity.find_or_add(connection, PrincipalKind.TAILNET, f"{person.name}@demo", person.name, since)
        for person in PEOPLE
    }


def shelve(
    connection: Connection, now: datetime, days: int, seed: int, people: Mapping[str, Principal]
) -> dict[str, Revision]:
    """The models that the depot holds, each brought by somebody; their revisions by name. Most came before the made-up
    days, the others while these went by."""
    fans = [person for person in PEOPLE if person.tastes[Task.PULL] and person.sessions > 2]
    found = {}
    for model in (model for model in MODELS if not model.is_external):
        dice = Dice(seed, model.name)
        ago = days + dice.between(1, 90) if model.came is None else float(model.came)
        person = dice.one_of(fans)
        found[model.name] = _brought(connection, model, dice, person, people[person.name], now - timedelta(days=ago))
    return found


def take(connection: Connection, event: Event, who: Principal, revision: Revision, model: str) -> None:
    """The request for files of which this event tells; it was answered from the shelf."""
    caller = Caller(who, event.address or "", event.agent or "")
    size, count = event.bytes_out, len(revisions.list_files(connection, revision.id))
    task_id = store.insert(
        connection, Ask(Reference(model), caller), model, RequestStatus.PENDING, event.at, source=HUB,
        entry=revision.entry, revision=revision.commit, ref="main", file_count=count, total_size=size,
    )  # fmt: skip
    placing.complete(connection, task_id, revision, event.at)


def _brought(
    connection: Connection, model: DemoModel, dice: Dice, person: DemoPerson, who: Principal, at: datetime
) -> Revision:
    address = address_of(PEOPLE.index(person))
    entry = catalog.ensure(connection, EntryName(HUB, Kind.MODEL, model.name), who.name, at)
    revision = revisions.ensure(connection, entry.id, dice.hexadecimal(40), at)
    files = _files(model, dice)
    revisions.add_files(connection, revision.id, files)
    revisions.set_ref(connection, entry.id, "main", revision.commit, at)
    done = at + timedelta(seconds=model.size / 9e7)
    revisions.complete(connection, revision.id, None, done)
    traits = Traits(model.architecture, model.parameters, model.quantization, _CONTEXT, model.license)
    revisions.set_facts(connection, revision.id, RevisionFacts(traits, (), variants_of(files)), done)
    refresh_status(connection, entry.id)
    first = Event(type="model_download", at=at, address=address, agent=person.agent, bytes_out=model.size)
    take(connection, first, who, revision, model.name)
    catalog.set_first_download(connection, entry.id, FirstDownload(who.name, at, address))
    return revision


def _files(model: DemoModel, dice: Dice) -> list[File]:
    """A configuration and the weights, in parts as hubs have them."""
    config = File("config.json", 700, Digest("git", dice.hexadecimal(40)), FileState.STORED)
    if model.quantization is not None:
        stem = model.name.partition("/")[2].removesuffix("-GGUF")
        names = [f"{stem}.{model.quantization}.gguf"]
    else:
        parts = -(-model.size // _LARGEST_PART)
        names = [f"model-{part:05d}-of-{parts:05d}.safetensors" for part in range(1, parts + 1)]
    weights = [
        File(name, model.size // len(names), Digest("sha256", dice.hexadecimal(64)), FileState.STORED) for name in names
    ]
    return [config, *weights]
