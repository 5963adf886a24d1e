"""Many who wait for the same download: one look for all of them, and no more than may wait."""

import asyncio
from dataclasses import replace

import pytest

from steelyard.core.ref import parse
from steelyard.core.signals import Signals
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import Ask
from steelyard.foundation.bringing import Bringer
from steelyard.jobs.models import Job, JobStatus
from steelyard.jobs.service import JOB_TOPIC
from steelyard.serving.errors import QueueFull
from tests.unit.dialects.ollama.test_ollama_shelf_shapes import JOB
from tests.unit.downloads.mirrored import caller

ANSWER = Answer("task", "org/late", None, JOB.id, JobStatus.RUNNING)


class Hand:
    """Downloads and jobs; each look is counted."""

    def __init__(self) -> None:
        self.job = replace(JOB, status=JobStatus.RUNNING)
        self.looks = 0

    async def ask(self, ask: Ask) -> Answer:
        return ANSWER

    async def get(self, job_id: str) -> Job:
        self.looks += 1
        return self.job


async def test_one_look_for_all_no_more_than_may_wait_and_the_last_ends_it() -> None:
    hand, signals, bob = Hand(), Signals(), caller("bob")
    bringer = Bringer(hand, hand, signals, 3)
    waiting = [asyncio.create_task(bringer.bring(parse("org/late"), bob)) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert hand.looks == 1
    with pytest.raises(QueueFull) as full:
        await bringer.bring(parse("org/late"), bob)
    assert full.value.retry_after
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    signals.publish(JOB_TOPIC, hand.job.id)
    await asyncio.sleep(0.01)
    assert hand.looks == 1
    again = [asyncio.create_task(bringer.bring(parse("org/late"), bob)) for _ in range(3)]
    await asyncio.sleep(0.01)
    hand.job = replace(hand.job, status=JobStatus.SUCCEEDED)
    signals.publish(JOB_TOPIC, hand.job.id)
    await asyncio.gather(*again)
    assert hand.looks == 3
