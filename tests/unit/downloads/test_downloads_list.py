"""Lists of requests: filters, orders, pages and slices against what Python makes of the same rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from steelyard.core.ref import Reference
from steelyard.db.database import Database
from steelyard.db.keyset import Mark, slices
from steelyard.downloads import names, store
from steelyard.downloads.models import Ask, DownloadRequest, RequestStatus
from steelyard.downloads.store import SORTS, RequestFilter
from steelyard.downloads.views import REQUEST_FIELDS, request_json
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.testing.clock import HandClock

COUNT = 40
MODELS = ("org/Llama-7b", "org/llama-13b", "team/qwen_2", "team/été", "100%/x")
STATUSES = (RequestStatus.COMPLETED, RequestStatus.COMPLETED, RequestStatus.FAILED, RequestStatus.PENDING)


def _fill(connection: Connection, clock: HandClock) -> list[DownloadRequest]:
    """Requests of three people, two a moment, some without a size; returned newest first."""
    ids = []
    for number in range(COUNT):
        caller = Caller(
            Principal(number % 3, PrincipalKind.DECLARED, "abc"[number % 3], ""), f"10.0.0.{number % 2}", ""
        )
        more: dict[str, Any] = {"job_id": f"job-{number % 4}", "total_size": None if number % 7 == 0 else number % 5}
        model, status = MODELS[number % 5], STATUSES[number % 4]
        source = "http" if number % 5 == 4 else "huggingface"
        asked = Ask(Reference("org/name"), caller)
        ids.append(store.insert(connection, asked, model, status, clock.now(), source=source, **more))
        clock.forward(seconds=number % 2)
    return [store.require(connection, task_id) for task_id in reversed(ids)]


def _any(_request: DownloadRequest) -> bool:
    return True


CASES: list[tuple[RequestFilter, Callable[[DownloadRequest], bool]]] = [
    (RequestFilter(), _any),
    (RequestFilter(username="a"), lambda one: one.username == "a"),
    (RequestFilter(username="A"), lambda _one: False),
    (RequestFilter(vpn_ip="10.0.0.1"), lambda one: one.vpn_ip == "10.0.0.1"),
    (RequestFilter(status=RequestStatus.COMPLETED), lambda one: one.status is RequestStatus.COMPLETED),
    (RequestFilter(model="team/qwen_2"), lambda one: one.model == "team/qwen_2"),
    (RequestFilter(model="team/qwen"), lambda _one: False),
    (RequestFilter(kind="model"), _any),
    (RequestFilter(kind="album"), lambda _one: False),
    (RequestFilter(source="http"), lambda one: one.source == "http"),
    (RequestFilter(job_id="job-2"), lambda one: one.job_id == "job-2"),
    (RequestFilter(text="LLAMA"), lambda one: "llama" in str(one.model).lower()),
    (RequestFilter(text="ÉTÉ"), lambda one: one.model == "team/été"),
    (RequestFilter(text="%"), lambda one: "%" in str(one.model)),
    (RequestFilter(text="_"), lambda one: "_" in str(one.model)),
    (RequestFilter(text="nowhere"), lambda _one: False),
    (
        RequestFilter(username="b", status=RequestStatus.FAILED, text="org"),
        lambda one: (one.username, one.status) == ("b", RequestStatus.FAILED) and "org" in str(one.model),
    ),
]


@pytest.mark.parametrize(("wanted", "matches"), CASES, ids=range(len(CASES)))
async def test_filters_pages_and_slices_agree(
    database: Database, clock: HandClock, wanted: RequestFilter, matches: Callable[[DownloadRequest], bool]
) -> None:
    every = await database.write(lambda connection: _fill(connection, clock))
    whole = [one for one in every if matches(one)]
    for limit, offset in ((5, 0), (5, 3), (7, len(whole) - 4), (100, 0), (5, 1000)):
        start = max(0, offset)
        page = await _page(database, wanted, limit, start)
        assert page == (len(whole), whole[start : start + limit])
    assert [one for rows in await _slices(database, wanted) for one in rows] == whole


@pytest.mark.parametrize("sort", SORTS)
async def test_every_order_is_total_and_cut_into_pages(database: Database, clock: HandClock, sort: str) -> None:
    every = await database.write(lambda connection: _fill(connection, clock))
    last = len(MODELS) * 100
    keys: dict[str, Callable[[DownloadRequest], Any]] = {
        "newest": lambda _one: 0,
        "oldest": lambda one: (one.timestamp, one.id),
        "size": lambda one: last if one.total_size is None else -one.total_size,
        "user": lambda one: one.username,
        "model": lambda one: str(one.model).encode(),
        "status": lambda one: [-ord(letter) for letter in one.status.value],
    }
    whole = sorted(every, key=keys[sort])  # a stable sort of what is newest first already
    found = [await _page(database, RequestFilter(sort=sort), 6, offset) for offset in range(0, COUNT, 6)]
    assert [one.id for _, rows in found for one in rows] == [one.id for one in whole]
    assert {total for total, _ in found} == {COUNT}


async def test_since_and_until_cut_slices_as_they_cut_pages(database: Database, clock: HandClock) -> None:
    start = clock.now()
    await database.write(lambda connection: _fill(connection, clock))
    wanted = RequestFilter(since=start + timedelta(seconds=3), until=start + timedelta(seconds=9))
    total, page = await _page(database, wanted, 100, 0)
    assert 0 < total < COUNT
    assert [one for rows in await _slices(database, wanted) for one in rows] == page


async def test_what_arrives_meanwhile_changes_no_slice_behind(database: Database, clock: HandClock) -> None:
    every = await database.write(lambda connection: _fill(connection, clock))
    first = await database.read(lambda connection: store.list_slice(connection, RequestFilter(), None, 10, 0))
    await database.write(lambda connection: _fill(connection, clock))
    mark = store.mark_of(first[-1])
    rest = await database.read(lambda connection: store.list_slice(connection, RequestFilter(), mark, 1000, 0))
    assert [*first, *rest] == every


async def test_the_source_is_kept(database: Database, clock: HandClock) -> None:
    every = await database.write(lambda connection: _fill(connection, clock))
    assert {one.source for one in every} == {"http", "huggingface"}


async def test_a_name_is_kept_once_whatever_its_case(database: Database) -> None:
    def work(connection: Connection) -> tuple[list[int], list[int]]:
        numbers = [names.number(connection, name) for name in ("Org/A", "org/a", "org/b", "Straße")]
        return numbers, list(connection.execute(names.mentioning("STRASSE")).scalars())

    numbers, found = await database.write(work)
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 3
    assert found == [numbers[3]]


async def test_every_field_is_shown_in_the_order_of_the_file(database: Database, clock: HandClock) -> None:
    every = await database.write(lambda connection: _fill(connection, clock))
    assert tuple(request_json(every[0])) == REQUEST_FIELDS


async def _page(
    database: Database, wanted: RequestFilter, limit: int, offset: int
) -> tuple[int, list[DownloadRequest]]:
    return await database.read(lambda connection: store.list_page(connection, wanted, limit, offset))


async def _slices(database: Database, wanted: RequestFilter) -> list[list[DownloadRequest]]:
    async def read(mark: Mark | None, many: int) -> list[DownloadRequest]:
        return await database.read(lambda connection: store.list_slice(connection, wanted, mark, many, 0))

    return [list(rows) async for rows in slices(read, store.mark_of, size=3)]
