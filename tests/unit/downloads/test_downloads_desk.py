"""Jobs for whoever asks: what exists for them, and what they may stop."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select
from starlette.types import Scope

from steelyard.catalog import store as catalog
from steelyard.catalog.models import EntryName
from steelyard.core.ref import Kind, Reference
from steelyard.db.database import Database
from steelyard.downloads import store
from steelyard.downloads.desk import Desk
from steelyard.downloads.errors import NotYourJob
from steelyard.downloads.models import Ask, RequestStatus
from steelyard.downloads.store import RequestFilter
from steelyard.identity.audit.tables import audit_log
from steelyard.identity.links.token import TokenLink
from steelyard.identity.people import AccessRule, People
from steelyard.identity.roles import Role
from steelyard.jobs import store as jobs
from steelyard.jobs.errors import JobMissing
from steelyard.jobs.models import JobStatus, NewJob
from steelyard.jobs.store import JobFilter
from steelyard.testing.clock import HandClock
from steelyard.testing.credentials import HandCredentials
from steelyard.testing.jobs import KIND, JobYard


class Office:
    """A desk in a depot where access is required."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.clock = clock
        self.yard = JobYard(database, clock)
        self.credentials = HandCredentials()
        rule = AccessRule("required")
        self.people = People(database, clock, [TokenLink(self.credentials)], rule, self.credentials)
        self.desk = Desk(database, self.yard.service, self.people, clock)
        self.tokens = {name: self.credentials.add(name, Role.MEMBER) for name in ("alice", "bob", "carol")}
        self.tokens["root"] = self.credentials.add("root", Role.ADMIN)

    def by(self, name: str) -> Scope:
        """A request of somebody."""
        bearer = (b"authorization", f"Bearer {self.tokens[name]}".encode())
        return {"type": "http", "headers": [bearer], "client": ("192.0.2.1", 1)}

    async def job(self, model: str, askers: Sequence[str] = (), *, owner: str = "alice", private: bool = False) -> str:
        """A queued job about a model, on which some wait, the first of them longest."""
        callers = [await self.people.caller(self.by(name)) for name in askers]

        def make(connection: Connection) -> str:
            entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, model), owner, self.clock.now())
            catalog.change(connection, entry, {"private": private})
            new = NewJob(KIND, model, {}, model=model, subject=entry.id, requested_by=(*askers, owner)[0])
            job = jobs.insert(connection, new, self.clock.now())
            for caller in callers:
                more: dict[str, Any] = {"job_id": job.id, "entry": entry.id}
                ask = Ask(Reference(model), caller)
                store.insert(
                    connection, ask, model, RequestStatus.PENDING, self.clock.now(), source="huggingface", **more
                )
            return job.id

        return await self.database.write(make)


@pytest.fixture
def office(database: Database, clock: HandClock) -> Office:
    """Nobody has asked yet."""
    return Office(database, clock)


@pytest.mark.parametrize(
    ("askers", "may"),
    [
        (["alice"], {"alice", "root"}),
        (["bob"], {"bob", "root"}),
        (["bob", "alice"], {"bob", "root"}),
        (["alice", "alice", "bob"], {"alice", "root"}),
        ([], {"alice", "root"}),  # a verification: whoever started it, here the owner
    ],
)
async def test_who_may_stop_a_job(office: Office, askers: list[str], may: set[str]) -> None:
    allowed = set()
    for number, name in enumerate(office.tokens):
        job_id = await office.job(f"org/{number}", askers)
        try:
            assert (await office.desk.cancel(job_id, office.by(name))).status is JobStatus.CANCELLED
            allowed.add(name)
        except NotYourJob:
            assert (await office.yard.service.get(job_id)).status is JobStatus.QUEUED
    assert allowed == may


async def test_every_verb_asks_for_the_right_and_writes_down_who_did_it(office: Office) -> None:
    job_id, alice = await office.job("org/name", ["alice"]), office.by("alice")
    desk = office.desk
    for refused in (desk.pause, desk.resume, desk.cancel, desk.retry, desk.delete):
        with pytest.raises(NotYourJob):
            await refused(job_id, office.by("bob"))
    await desk.pause(job_id, alice)
    await desk.resume(job_id, alice)
    await desk.cancel(job_id, alice)
    await desk.retry(job_id, alice)
    await desk.cancel(job_id, office.by("root"))
    await desk.delete(job_id, alice)

    def deeds(connection: Connection) -> list[str]:
        return list(connection.execute(select(audit_log.c.action).order_by(audit_log.c.id)).scalars())

    done = await office.database.read(deeds)
    assert done == ["job.pause", "job.resume", "job.cancel", "job.retry", "job.cancel", "job.delete"]


async def test_jobs_about_private_models_do_not_exist_for_others(office: Office) -> None:
    hidden, shown = await office.job("org/secret", ["alice"], private=True), await office.job("org/open", ["alice"])
    for name, seen in (("alice", {hidden, shown}), ("bob", {shown}), ("root", {hidden, shown})):
        count, found = await office.desk.list_page(JobFilter(), 10, 0, office.by(name))
        assert (count, {job.id for job in found}) == (len(seen), seen)
    assert (await office.desk.get(hidden, office.by("alice"))).id == hidden
    for ask in (office.desk.get, office.desk.cancel, office.desk.delete):
        with pytest.raises(JobMissing):
            await ask(hidden, office.by("bob"))


async def test_requests_for_private_models_do_not_exist_for_others(office: Office) -> None:
    await office.job("org/secret", ["alice"], private=True)
    await office.job("org/open", ["alice"])
    everything = {"org/secret", "org/open"}
    for viewer, names in (("alice", everything), ("bob", {"org/open"}), (None, everything)):
        wanted = RequestFilter(viewer=viewer)
        count, found = await office.database.read(partial(store.list_page, wanted=wanted, limit=10, offset=0))
        assert (count, {request.model for request in found}) == (len(names), names)
