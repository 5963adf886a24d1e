"""Nobody waits for a silent database, and nobody loses an answer that came."""

import asyncio

import pytest

from steelyard.db.errors import DatabaseAway
from steelyard.db.lifeline import Lifeline


def _question() -> "asyncio.Future[int]":
    return asyncio.get_running_loop().create_future()


async def test_an_answer_passes() -> None:
    line, question = Lifeline(), _question()
    asking = asyncio.create_task(line.through(question))
    await asyncio.sleep(0)
    assert line.asked.is_set()
    question.set_result(7)
    assert await asking == 7


async def test_so_does_an_error() -> None:
    line, question = Lifeline(), _question()
    question.set_exception(KeyError("x"))
    with pytest.raises(KeyError):
        await line.through(question)


async def test_whoever_waits_when_it_is_cut_is_told_at_once_and_others_before_they_ask() -> None:
    line, question = Lifeline(), _question()
    asking = asyncio.create_task(line.through(question))
    await asyncio.sleep(0)
    line.cut()
    with pytest.raises(DatabaseAway) as told:
        await asking
    assert told.value.retry_after
    assert told.value.hint
    with pytest.raises(DatabaseAway):
        line.require()
    question.set_exception(KeyError("late"))  # nobody hears it, and nothing complains about that
    await asyncio.sleep(0)


async def test_mended_it_asks_again() -> None:
    line, question = Lifeline(), _question()
    line.cut()
    line.mend()
    line.require()
    question.set_result(1)
    assert await line.through(question) == 1
    assert not line.is_cut


async def test_who_leaves_calls_the_question_off() -> None:
    line, question = Lifeline(), _question()
    asking = asyncio.create_task(line.through(question))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    await asyncio.sleep(0)
    assert question.cancelled()
    line.cut()
