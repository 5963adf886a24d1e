"""Months of events for the measures of usage: as many as wanted, of 200 models and 500 people, as rows of the log.

Made straight as rows: as events through the recorder ten million would take a quarter of an hour to come in.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from steelyard.db import bulk
from steelyard.testing.bulk import BulkDepot
from steelyard.usage.events import API_REQUEST, MIRROR_REQUEST, EventType, milliseconds
from steelyard.usage.keys import first_key
from steelyard.usage.rows import Row
from steelyard.usage.tables import hot
from steelyard.usage.words import Dictionary, Word, WordKind

PAST = timedelta(days=90)
_HOUR_MS = 3_600_000
_REPEATED = 0.3  # of all pulls
# How busy the hours of a working day are.
_HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 8, 11, 12, 12, 9, 11, 12, 12, 11, 9, 6, 4, 3, 2, 2, 1)
_DONE, _FAILED = EventType.GENERATION_COMPLETED, EventType.GENERATION_FAILED
_TYPES: tuple[tuple[str, int], ...] = (
    (_DONE, 60), (_FAILED, 2), (MIRROR_REQUEST, 16), (EventType.MODEL_ACCESS, 9), (API_REQUEST, 6),
    (EventType.MODEL_LIST, 4), (EventType.MODEL_DOWNLOAD, 3),
)  # fmt: skip
_AGENTS = tuple(f"client/{number}.{number % 7}" for number in range(30))
_FAULTS = ("queue-full", "engine-crashed", "prompt-too-long", "deadline")
_PARAMETERS = tuple(
    f'{{"engine":"llamacpp","max_tokens":{most},"temperature":{heat}}}' for most in (256, 1024, 4096)
    for heat in (0.0, 0.2, 0.7, 1.0)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The numbers of all words there are."""

    types: Sequence[int]
    models: Sequence[int]
    addresses: Sequence[int]
    agents: Sequence[int]
    faults: Sequence[int]
    parameters: Sequence[int]


class Months:
    """``count`` events that end at ``now``, in the order of time, as the people of a bulk depot would cause them."""

    def __init__(self, bulk_depot: BulkDepot, count: int, now: datetime, seed: int = 1) -> None:
        self._bulk = bulk_depot
        self._count = count
        self._end_ms = milliseconds(now)
        self._start_ms = self._end_ms - int(PAST.total_seconds() * 1000)
        self._random = random.Random(seed)  # noqa: S311 - seeded on purpose
        self._number = 0

    def learn(self, connection: Connection) -> Words:
        """Write all words."""
        models = [self._bulk.model(number) for number in range(self._bulk.size.models)]
        addresses = [self._bulk.address(number) for number in range(self._bulk.size.people)]
        kinds = (WordKind.TYPE, WordKind.MODEL, WordKind.ADDRESS, WordKind.AGENT, WordKind.ERROR, WordKind.PARAMETERS)
        texts = ([kind for kind, _ in _TYPES], models, addresses, _AGENTS, _FAULTS, _PARAMETERS)
        wanted: list[list[Word]] = [
            [(int(kind), str(text)) for text in some] for kind, some in zip(kinds, texts, strict=True)
        ]
        numbers: Mapping[Word, int] = Dictionary().learn(connection, [word for some in wanted for word in some])
        return Words(*([numbers[word] for word in some] for some in wanted))

    def batches(self, words: Words, size: int) -> Iterator[list[Row]]:
        """The rows, ``size`` at a time."""
        rows = self._rows(words)
        while batch := list(islice(rows, size)):
            yield batch

    def _rows(self, words: Words) -> Iterator[Row]:
        hours = [self._start_ms + hour * _HOUR_MS for hour in range((self._end_ms - self._start_ms) // _HOUR_MS)]
        weights = [
            _HOURS[at_ms // _HOUR_MS % 24] * (1 if at_ms // _HOUR_MS // 24 % 7 in {2, 3} else 4) for at_ms in hours
        ]
        total, done = sum(weights), 0.0
        for at_ms, weight in zip(hours, weights, strict=True):
            before, done = round(done), done + self._count * weight / total
            yield from self._hour(words, at_ms, round(done) - before)

    def _hour(self, words: Words, start_ms: int, count: int) -> Iterator[Row]:
        chance = self._random
        kinds = chance.choices(range(len(_TYPES)), [share for _, share in _TYPES], k=count)
        for place, kind in enumerate(kinds):
            self._number = (self._number + 1) % 2**21
            key = first_key(start_ms + place * _HOUR_MS // count) | self._number
            person = int(self._bulk.size.people * chance.random() ** 2)
            model = words.models[int(self._bulk.size.models * chance.random() ** 3)]
            yield self._row(words, key, kind, person, model)

    def _row(self, words: Words, key: int, kind: int, person: int, model: int) -> Row:
        chance, name = self._random.random(), _TYPES[kind][0]
        failed = name == _FAILED
        common = (
            key, words.types[kind], None if name in {API_REQUEST, EventType.MODEL_LIST} else model, person + 1,
            words.addresses[person], words.agents[person % len(words.agents)], not failed,
            words.faults[key % len(words.faults)] if failed else None, None, None,
        )  # fmt: skip
        if name == _DONE:
            us = int(50_000 / (chance + 0.01))
            return Row(
                *common, us, us // 50, None, us // 9, 20 + int(chance * 3000), 10 + us // 9000,
                80 + int(chance * 12000), us // 2000, None, None, None, words.parameters[key % len(words.parameters)],
            )  # fmt: skip
        repeated = True if name == EventType.MODEL_DOWNLOAD and chance < _REPEATED else None
        return Row(*common, int(3000 / (chance + 0.05)), bytes_out=int(chance * 1e6), repeated=repeated)


def insert(connection: Connection, rows: Sequence[Row]) -> None:
    """Put rows where the fold finds them."""
    bulk.insert(connection, hot, rows)
