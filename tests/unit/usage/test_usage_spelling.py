"""The words that counting needs."""

from collections import Counter
from typing import Any

import pytest

from steelyard.db.database import Database
from steelyard.usage.rows import Row, is_common
from steelyard.usage.spelled import MOST_NAMES, MOST_VALUES, OTHER_NAMES, parameter_texts, texts_of_word, within_limit
from steelyard.usage.spelling import Spelling, learn
from steelyard.usage.words import Dictionary, WordKind


def test_parameters_become_texts_without_prompts_seeds_and_ids() -> None:
    given: dict[str, Any] = {
        "steps": 30, "cfg": 7.5, "lora": "x", "safe": True, "none": None, "prompt": "p", "negative_prompt": "n",
        "seed": 123_456_789, "id": "x" * 33, "sizes": [1, 2],
    }  # fmt: skip
    assert parameter_texts(given) == ["cfg=7.5", "lora=x", "none=null", "safe=true", "steps=30"]
    assert len(parameter_texts({f"p{number}": number for number in range(40)})) == 16
    assert parameter_texts(None) == parameter_texts([1]) == []
    assert texts_of_word('{"steps":30}') == ["steps=30"]


async def test_what_nobody_has_written_is_told_and_then_known(usage_log: Database) -> None:
    shared = (int(WordKind.PARAMETERS), '{"steps":30,"width":512}')
    wanted = [(int(WordKind.TYPE), "model_access"), shared]
    numbers = await usage_log.write(lambda one: Dictionary().learn(one, wanted))
    rows = [Row(1, numbers[wanted[0]], parameter_word=numbers[shared]), Row(2, numbers[wanted[0]], parameters={"a": 1})]
    spelling = Spelling()
    spelled, unknown = await usage_log.read(lambda one: spelling.read(one, rows))
    assert unknown == {"steps=30", "width=512", "a=1"}
    assert [list(spelled.parameters_of(row)) for row in rows] == [[], []]
    await usage_log.write(lambda one: learn(one, unknown))
    spelled, unknown = await usage_log.read(lambda one: spelling.read(one, rows))
    assert not unknown
    assert [len(spelled.parameters_of(row)) for row in rows] == [2, 1]
    assert spelled.kinds[rows[0].type].is_request


def test_what_could_fill_an_index_is_no_word() -> None:
    assert parameter_texts({"n" * 5_000: 1, "n" * 65: 1, "nul\0": 1, "steps": "…"}) == []
    longest = parameter_texts({"n" * 64: "é" * 32})
    assert len(longest) == 1
    assert len(longest[0].encode()) <= 160


@pytest.mark.parametrize("text", [
    "0123456789abcdef", "DEADBEEFdeadbeef", "abcdefab-cdef-abcd-ef", "run-2026-11-21-7", "123456789",
])  # fmt: skip
def test_what_looks_like_an_id_is_not_common(text: str) -> None:
    assert not is_common(text)


@pytest.mark.parametrize("text", ["euler_a", "1024x1024", "", "12345678", "deadbeef", "sdxl-lightning-4step-v1.5"])
def test_what_people_choose_is_common(text: str) -> None:
    assert is_common(text)


def test_a_name_has_so_many_words_and_one_for_all_others() -> None:
    known = [f"steps={number}" for number in range(MOST_VALUES - 1)]
    assert within_limit({"steps=a", "steps=b", "steps=c", "cfg=1"}, known) == {"steps=a", "steps=…", "cfg=1"}
    assert within_limit({"steps=x"}, [*known, "steps=a"]) == {"steps=…"}


async def test_what_has_no_word_of_its_own_is_counted_as_the_others(usage_log: Database) -> None:
    rows = [Row(number, 1, parameters={"steps": number}) for number in range(MOST_VALUES + 50)]
    _, unknown = await usage_log.read(lambda one: Spelling().read(one, rows))
    await usage_log.write(lambda one: learn(one, unknown))
    spelled, unknown = await usage_log.read(lambda one: Spelling().read(one, rows))
    assert not unknown
    assert len(spelled.values) == MOST_VALUES + 1
    assert [len(spelled.parameters_of(row)) for row in rows] == [1] * len(rows)
    assert sum(list(spelled.parameters_of(row)) == [spelled.values["steps=…"]] for row in rows) == 50


def test_there_are_so_many_names_and_one_for_all_others() -> None:
    known = [f"p{number}=1" for number in range(MOST_NAMES - 1)]
    assert within_limit({"steps=1", "steps=2", "cfg=1", "p0=2"}, known) == {"cfg=1", OTHER_NAMES, "p0=2"}
    assert within_limit({"steps=1", "p0=2"}, [*known[5:], "p0=1", OTHER_NAMES]) == {OTHER_NAMES, "p0=2"}
    assert parameter_texts({"…": 1}) == []


async def test_whoever_makes_up_names_does_not_fill_the_dictionary(usage_log: Database) -> None:
    def rows(first: int, last: int) -> list[Row]:
        return [Row(number, 1, parameters={f"made-up-{number}": "x"}) for number in range(first, last)]

    async def counted(some: list[Row], spelling: Spelling) -> list[list[int]]:
        _, unknown = await usage_log.read(lambda one: spelling.read(one, some))
        await usage_log.write(lambda one: learn(one, unknown))
        spelled, unknown = await usage_log.read(lambda one: spelling.read(one, some))
        assert not unknown
        return [list(spelled.parameters_of(row)) for row in some]

    first, second, spelling = rows(0, MOST_NAMES + 50), rows(MOST_NAMES + 50, MOST_NAMES + 90), Spelling()
    numbers = await counted(first, spelling)
    ((other, others),) = Counter(number for (number,) in numbers).most_common(1)
    assert (len({number for (number,) in numbers}), others) == (MOST_NAMES + 1, 50)
    assert await counted(second, spelling) == await counted(second, Spelling()) == [[other]] * 40
    assert await counted(first, Spelling()) == numbers
    (more,) = await counted([Row(1, 1, parameters={"made-up-0": "y"})], Spelling())  # of a name that is counted
    assert more[0] not in {number for (number,) in numbers}
