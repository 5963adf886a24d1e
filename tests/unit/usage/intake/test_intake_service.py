"""Reported events in the log: each once, as the records know models, people and addresses."""

import asyncio
from datetime import timedelta

import pytest

from steelyard.db.database import Database
from steelyard.identity.people import AccessRule
from steelyard.testing.clock import HandClock
from steelyard.usage.intake.portions import SIZE
from tests.unit.usage.intake.reporting import ANYBODY, MEMBER, NOON, OTHER, SERVICE, Office, said


@pytest.fixture
def office(database: Database, usage_log: Database, clock: HandClock) -> Office:
    """Where access is required."""
    return Office(database, usage_log, clock, AccessRule("required"))


def counts(receipt: object) -> tuple[int, int, int]:
    return receipt.accepted, receipt.duplicates, len(receipt.rejected)  # type: ignore[attr-defined]


async def test_all_that_was_reported_is_there(office: Office) -> None:
    everything = said(
        id="1", model="org/name:Q4", username="carol", duration_ms=12.5, success=True, request_id="r", queue_ms=1,
        load_ms=2, first_token_ms=3, tokens_in=4, tokens_out=5, bytes_in=6, bytes_out=7, vram_mb=8.5,
        gpu_utilization=9, generation_speed=10.5, error_code="x", error_message="y", ip_address="100.64.0.5",
        user_agent="z", session="s", parameters={"steps": 30, "lora": ["a"]},
    )  # fmt: skip
    await office.take(everything)
    (event,) = await office.stored()
    assert (event.type, event.at, event.model, event.address) == (
        "generation_completed", NOON, "org/name", "100.64.0.5",
    )  # fmt: skip
    assert (event.agent, event.error_code, event.request, event.session) == ("z", "x", "r", "s")
    assert (event.duration_ms, event.queue_ms, event.load_ms, event.first_token_ms) == (12.5, 1, 2, 3)
    assert (event.tokens_in, event.tokens_out, event.bytes_in, event.bytes_out) == (4, 5, 6, 7)
    assert (event.vram_mb, event.gpu_utilization, event.success) == (8.5, 9, True)
    assert event.parameters == {"steps": 30, "lora": ["a"], "generation_speed": 10.5, "error_message": "y"}


async def test_an_event_with_an_id_counts_once(office: Office) -> None:
    assert counts(await office.take(said(id="1"), said(id="2"), said(id="1", minutes=3))) == (2, 1, 0)
    assert counts(await office.take(said(id="2"), said(id="3"))) == (1, 1, 0)
    assert len(await office.stored()) == 3


async def test_the_same_id_of_another_day_or_another_reporter_is_another_event(office: Office) -> None:
    assert counts(await office.take(said(id="1"))) == (1, 0, 0)
    assert counts(await office.take(said(id="1", minutes=-24 * 60))) == (1, 0, 0)
    assert counts(await office.take(said(id="1"), caller=OTHER)) == (1, 0, 0)


async def test_without_an_id_every_event_is_new(office: Office) -> None:
    assert counts(await office.take(said(), said())) == (2, 0, 0)
    assert counts(await office.take(said(), said(id="1"))) == (2, 0, 0)


async def test_what_is_wrong_leaves_the_others_be(office: Office) -> None:
    receipt = await office.take(said(id="1"), "unreadable", said(id="2", minutes=6), said(model="a//b"), said(id="3"))
    assert counts(receipt) == (2, 0, 3)
    assert [each.index for each in receipt.rejected] == [1, 2, 3]
    assert len(await office.stored()) == 2


async def test_a_large_batch_goes_in_portions(office: Office) -> None:
    many = [said(id=str(number), minutes=-number / 100, model=f"m{number % 7}") for number in range(2 * SIZE + 5)]
    assert counts(await office.take(*many)) == (len(many), 0, 0)
    assert counts(await office.take(*many, said(id="new"))) == (1, len(many), 0)
    assert len(await office.stored()) == len(many) + 1


async def test_the_same_batch_at_the_same_time(office: Office) -> None:
    batch = [said(id=str(number)) for number in range(500)]
    receipts = await asyncio.gather(*(office.take(*batch) for _ in range(4)))
    assert sum(receipt.accepted for receipt in receipts) == 500
    assert len(await office.stored()) == 500


async def test_models_have_the_names_of_the_records(office: Office) -> None:
    await office.take(said(model="t2v"), said(model="t2v"), said(model_id="external-A14B"))
    assert [event.model for event in await office.stored()] == ["org/t2v-A14B", "org/t2v-A14B", "external-A14B"]
    await office.take(said(model="t2v"))
    assert sorted(office.asked) == ["external-A14B", "t2v"]  # not again for a while


async def test_a_name_is_looked_up_again_after_a_while(office: Office, clock: HandClock) -> None:
    await office.take(said(model="t2v"))
    clock.forward(seconds=11)
    await office.take(said(model="t2v"))
    assert office.asked == ["t2v", "t2v"]


async def test_a_service_reports_for_others(office: Office) -> None:
    await office.take(said(username="alice"), said(username="bob"), said(username="alice"), said())
    who = [event.principal for event in await office.stored()]
    assert who[0] == who[2] != who[1]
    assert who[3] == SERVICE.principal.id


async def test_a_member_reports_for_herself(office: Office) -> None:
    receipt = await office.take(said(), said(username="Carol"), said(username="alice"), caller=MEMBER)
    assert counts(receipt) == (2, 0, 1)
    assert "username" in receipt.rejected[0].detail
    assert [event.principal for event in await office.stored()] == [MEMBER.principal.id] * 2


async def test_a_name_that_cannot_be_one(office: Office) -> None:
    assert counts(await office.take(said(username=" "), said(username="a\nb"))) == (0, 0, 2)


async def test_in_open_mode_everybody_names_whom_they_like(
    database: Database, usage_log: Database, clock: HandClock
) -> None:
    office = Office(database, usage_log, clock)
    assert counts(await office.take(said(username="alice"), said(), caller=ANYBODY)) == (2, 0, 0)
    assert (await office.stored())[1].principal == ANYBODY.principal.id


async def test_what_is_no_address_is_refused(office: Office) -> None:
    receipt = await office.take(said(ip_address="::ffff:10.0.0.1"), said(ip_address="localhost"))
    assert counts(receipt) == (1, 0, 1)


async def test_the_edges_of_the_time_that_events_are_kept(office: Office) -> None:
    old = timedelta(days=90) / timedelta(minutes=1)
    assert counts(await office.take(said(minutes=-old), said(minutes=-old - 1), said(minutes=5))) == (2, 0, 1)
