"""A depot that has been used for half a year, written straight into its tables: for the bench, and for tests of size.

Rows are made from a seeded generator, so two depots of one size are alike. No bytes lie in the store: what is seeded
here can be listed, searched and counted, not read.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table

from steelyard.catalog.facts import RevisionFacts, to_json
from steelyard.catalog.models import FileState, ModelStatus, Traits, Variant
from steelyard.catalog.tables import aliases, entries, files, refs, revisions
from steelyard.core.ids import new_key, new_uuid
from steelyard.downloads.models import RequestStatus
from steelyard.downloads.tables import names, requests
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.tables import principals
from steelyard.jobs.models import JobStatus, Priority
from steelyard.jobs.tables import jobs
from steelyard.usage.events import API_REQUEST, Event, EventType, milliseconds
from steelyard.usage.keys import EventKeys
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

HUB = "huggingface"
PAST = timedelta(days=180)
TRASH_DAYS = timedelta(days=7)
_BATCH = 2000
_FAMILIES = ("llama", "qwen", "mistral", "gemma", "phi", "falcon", "bert", "whisper", "t5", "sdxl", "deepseek", "olmo")
_FORMATS = (("safetensors", 0.55), ("gguf", 0.35), ("pytorch", 0.1))
_MODEL_STATUSES = ((ModelStatus.READY, 0.92), (ModelStatus.FAILED, 0.04), (ModelStatus.DELETED, 0.03),
                   (ModelStatus.PARTIAL, 0.01))  # fmt: skip
_REQUEST_STATUSES = ((RequestStatus.COMPLETED, 0.9), (RequestStatus.FAILED, 0.07), (RequestStatus.CANCELLED, 0.03))
_TYPES = ((EventType.MODEL_ACCESS, 0.4), (API_REQUEST, 0.3), (EventType.MODEL_LIST, 0.15),
          (EventType.MODEL_DOWNLOAD, 0.08), ("model_pull", 0.07))  # fmt: skip
_FACTS = to_json(RevisionFacts(
    Traits("LlamaForCausalLM", 7 * 10**9, None, 4096, "mit"), (),
    tuple(Variant(name, 10**9, is_default=name == "Q4_K_M") for name in ("Q4_K_M", "Q5_K_M", "Q8_0")),
))  # fmt: skip
_SHARED_FILES = 3  # of a model's files: tokenizer and the like, the same in a whole family


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    models: int
    requests: int
    events: int
    files: int = 8  # of each revision; every third model has two
    people: int = 300


class BulkDepot:
    """Makes the rows of a depot of a size, as it looks at ``now``."""

    def __init__(self, size: Size, now: datetime, seed: int = 1) -> None:
        self.size = size
        self._now = now
        self._random = random.Random(seed)
        self._first = new_key(int((now - PAST).timestamp() * 1000))

    def fill(self, connection: Connection) -> None:
        """Everything of the depot's own database."""
        _insert(connection, principals, self._principals())
        _insert(connection, entries, map(self._entry, range(self.size.models)))
        _insert(connection, revisions, self._revisions())
        _insert(connection, refs, self._refs())
        _insert(connection, files, self._files())
        _insert(connection, aliases, self._aliases())
        _insert(connection, jobs, map(self._job, range(self.size.requests // 5)))
        _insert(connection, names, ({"text": self.model(n)} for n in range(self.size.models)))
        _insert(connection, requests, map(self._request, range(self.size.requests)))

    def fill_log(self, connection: Connection) -> None:
        """The usage log, as the recorder writes it: nothing of it is folded yet."""
        dictionary, keys = Dictionary(), EventKeys()
        rows = map(self._event, range(self.size.events))
        while batch := list(islice(rows, _BATCH)):
            kept = [Kept(keys.key(milliseconds(event.at)), event) for event in batch]
            dictionary.keep(add(connection, kept, dictionary))

    def model(self, number: int) -> str:
        """The name of a model."""
        return f"team-{number % 97:02d}/{_FAMILIES[number % len(_FAMILIES)]}-{number % 70 + 1}b-{number:05d}"

    def person(self, number: int) -> str:
        """The name of a person."""
        return f"person-{number:03d}"

    def address(self, number: int) -> str:
        """The address a person comes from."""
        return f"100.64.{number // 250}.{number % 250 + 1}"

    def _principals(self) -> Iterator[dict[str, Any]]:
        for number in range(self.size.people):
            name, since = self.person(number), self._now - PAST
            yield {"kind": PrincipalKind.DECLARED.value, "subject": name, "name": name, "first_seen_at": since}

    def _entry(self, number: int) -> dict[str, Any]:
        at, owner = self._spread(number, self.size.models), self.person(number % self.size.people)
        status = self._one_of(_MODEL_STATUSES) if number > 9 else ModelStatus.READY  # some are sure to be here
        downloads, used = self._random.randrange(50), self._between(at)
        return {
            "id": self._first + number, "hub": HUB, "kind": "model", "repo": self.model(number),
            "title": self.model(number), "tags": ["text-generation", _FAMILIES[number % len(_FAMILIES)]],
            "owner": owner, "active": True, "private": False, "pinned": number % 50 == 0, "status": status.value,
            "format": self._one_of(_FORMATS), "first_downloaded_by": owner, "first_downloaded_at": at,
            "first_downloaded_from": self.address(number % self.size.people), "download_count": downloads,
            "uses": downloads, "first_used_at": at, "last_used_at": used if downloads else None, "created_at": at,
            "deleted_at": used if status is ModelStatus.DELETED else None,
            "purge_after": self._now + TRASH_DAYS if status is ModelStatus.DELETED else None,
            "architecture": "LlamaForCausalLM",
            "parameters": (number % 70 + 1) * 10**9, "quantization": None, "context_length": 4096, "license": "mit",
            "sort_name": self.model(number),
            "search_words": f"{self.model(number)}\ntext-generation\n{_FAMILIES[number % len(_FAMILIES)]}",
            "size_bytes": self._random.randrange(10**8, 10**11),
        }  # fmt: skip

    def _revision_keys(self) -> Iterator[tuple[int, int, int]]:
        """A model's number, which of its revisions, and that one's key."""
        for number in range(self.size.models):
            for which in range(2 if number % 3 == 0 else 1):
                yield number, which, self._first + 2 * number + which

    def _revisions(self) -> Iterator[dict[str, Any]]:
        for number, which, key in self._revision_keys():
            at = self._spread(number, self.size.models) + timedelta(hours=which)
            yield {"id": key, "entry": self._first + number, "commit_hash": _hex(key, 40), "created_at": at,
                   "completed_at": at, "inspected_at": at, "facts": _FACTS}  # fmt: skip

    def _refs(self) -> Iterator[dict[str, Any]]:
        for number in range(self.size.models):
            newest = self._first + 2 * number + (number % 3 == 0)
            yield {"entry": self._first + number, "name": "main", "commit_hash": _hex(newest, 40),
                   "updated_at": self._now}  # fmt: skip

    def _files(self) -> Iterator[dict[str, Any]]:
        for number, which, key in self._revision_keys():
            for place in range(self.size.files):
                shared = place < _SHARED_FILES
                content = number % len(_FAMILIES) if shared else key
                yield {
                    "revision": key, "path": f"file-{place}.json" if shared else f"model-{place:05d}.safetensors",
                    "size": 10_000 if shared else 10**9 + place + which,
                    "digest": f"sha256:{_hex(content * 100 + place, 64)}", "state": int(FileState.STORED),
                }  # fmt: skip

    def _aliases(self) -> Iterator[dict[str, Any]]:
        for number in range(0, self.size.models, 4):
            yield {"alias": f"alias-{number:05d}", "entry": self._first + number, "created_at": self._now}

    def _job(self, number: int) -> dict[str, Any]:
        at, model = self._spread(number, self.size.requests // 5), number % self.size.models
        status = JobStatus.FAILED if number % 15 == 0 else JobStatus.SUCCEEDED
        return {
            "id": new_uuid(int(at.timestamp() * 1000)), "kind": "download", "dedupe_key": f"{HUB}/{model}/{number}",
            "payload": {"repo": self.model(model)}, "model": self.model(model), "revision": _hex(number, 40),
            "subject": self._first + model, "requested_by": self.person(number % self.size.people),
            "priority": int(Priority.MEDIUM), "status": status.value, "attempt": 1, "failures": 0, "not_before": at,
            "downloaded_bytes": 10**9, "total_bytes": 10**9, "created_at": at, "started_at": at,
            "updated_at": at, "finished_at": at,
        }  # fmt: skip

    def _request(self, number: int) -> dict[str, Any]:
        at, model, person = self._spread(number, self.size.requests), self._popular(), self._active()
        status = self._one_of(_REQUEST_STATUSES)
        return {
            "task_id": new_uuid(int(at.timestamp() * 1000)), "username": self.person(person),
            "vpn_ip": self.address(person), "status": status.value, "timestamp": at, "file_count": self.size.files,
            "completed_files": self.size.files, "total_size": self._random.randrange(10**8, 10**11),
            "completed_at": at + timedelta(minutes=3), "kind": "model", "model": self.model(model),
            "revision": _hex(model, 40), "ref": "main",
            "job_id": new_uuid(int(at.timestamp() * 1000)), "identified_by": PrincipalKind.DECLARED.value,
            "error": "the hub did not answer" if status is RequestStatus.FAILED else None, "principal": person + 1,
            "agent": "steelyard/0.2", "entry": self._first + model, "is_use": status is RequestStatus.COMPLETED,
            "source": HUB, "name": model + 1,
        }  # fmt: skip

    def _event(self, number: int) -> Event:
        kind, person = self._one_of(_TYPES), self._active()
        failed = number % 40 == 0
        return Event(
            type=kind, at=self._spread(number, self.size.events), principal=person + 1, address=self.address(person),
            model=None if kind in {API_REQUEST, EventType.MODEL_LIST} else self.model(self._popular()),
            agent=f"steelyard/0.{person % 7}", success=not failed, error_code="404" if failed else None,
            duration_ms=self._random.uniform(1, 50), bytes_out=self._random.randrange(10**6),
        )  # fmt: skip

    def _spread(self, number: int, count: int) -> datetime:
        """Evenly over the past, so that a larger number is later."""
        return self._now - PAST + PAST * number / count

    def _between(self, at: datetime) -> datetime:
        return at + (self._now - at) * self._random.random()

    def _popular(self) -> int:
        """A model; few are wanted often, many hardly ever."""
        return int(self.size.models * self._random.random() ** 3)

    def _active(self) -> int:
        return int(self.size.people * self._random.random() ** 2)

    def _one_of(self, shares: tuple[tuple[Any, float], ...]) -> Any:
        left = self._random.random()
        for value, share in shares:
            left -= share
            if left < 0:
                return value
        return shares[0][0]


def _hex(number: int, length: int) -> str:
    return f"{number:0{length}x}"


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        connection.execute(table.insert(), batch)
