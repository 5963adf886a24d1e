"""Parameters of reported events."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from steelyard.usage.depth import MOST_LEVELS
from steelyard.usage.intake.parameters import MOST_BYTES, NONE, ParameterReader, Parameters, Wrong, texts_of


def text(document: Any) -> bytes:
    return msgspec.json.encode(document)


class Reader:
    """Reads one text at a time."""

    def __init__(self, *, stores_prompts: bool = False) -> None:
        self.reader = ParameterReader(stores_prompts=stores_prompts)

    def read(self, some: bytes) -> Parameters | Wrong:
        return self.reader.read([some])[some]


def test_what_keeps_coming_becomes_a_word() -> None:
    some = Reader()
    read = [some.read(text({"steps": 30, "lora": "a"})) for _ in range(5)]
    own, shared = Parameters(None, {"steps": 30, "lora": "a"}), '{"lora":"a","steps":30}'
    assert read[:2] == [own] * 2
    assert read[2:] == [own._replace(shared=shared)] * 3
    assert [each.own for each in read if isinstance(each, Parameters)][1:3] == [own.document, None]


def test_a_batch_of_them_counts_as_that_many() -> None:
    often, once = text({"steps": 30}), text({"steps": 31})
    read = ParameterReader(stores_prompts=False).read([often, once, often, often])
    assert read == {often: Parameters('{"steps":30}', {"steps": 30}), once: Parameters(None, {"steps": 31})}


def test_what_no_other_event_has_never_does() -> None:
    some = Reader()
    assert [some.read(text({"seed": 123456789})) for _ in range(5)] == [Parameters(None, {"seed": 123456789})] * 5


def test_none_at_all() -> None:
    assert [Reader().read(none) for none in (b"", b"null", b"{}")] == [NONE] * 3


def test_the_older_name() -> None:
    some = msgspec.Raw(b'{"steps": 9}')
    assert texts_of([some, msgspec.Raw()], [msgspec.Raw(), some]) == [bytes(some)] * 2
    assert texts_of([some, msgspec.Raw()], [msgspec.Raw()] * 2) == [bytes(some), b""]


def test_words_of_people_are_left_out_unless_the_depot_keeps_them() -> None:
    asked = text({"prompt": "x" * 3000, "negative_prompt": "y", "steps": 1})
    assert Reader().read(asked) == Parameters(None, {"steps": 1})
    assert Reader(stores_prompts=True).read(asked) == Parameters(
        None, {"prompt": "x" * 2000, "negative_prompt": "y", "steps": 1}
    )


def test_what_has_no_column_stands_among_them() -> None:
    told = Parameters(None, {"steps": 1}).saying({"generation_speed": 31.25, "error_message": "x" * 3000})
    assert told == {"steps": 1, "generation_speed": 31.25, "error_message": "x" * 2000}
    assert NONE.saying({"generation_speed": None, "error_message": ""}) == {"error_message": ""}


def test_many_threads_read_at_once() -> None:
    """They forget together, too: what they remember stays bounded, and nobody finds another one's half."""
    reader, texts = ParameterReader(stores_prompts=False), [text({"steps": number}) for number in range(1_700)]
    often = [each for each in texts for _ in range(3)]

    def read(number: int) -> bool:
        mine = often[number * 150 :] + often[: number * 150]
        found = reader.read(mine)
        return all(found[each] == Parameters(each.decode(), msgspec.json.decode(each)) for each in texts)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(32)))
    assert reader.remembered <= 5_000


@pytest.mark.parametrize(
    "text",
    [b"[1]", b"7", b'{"a": "\\u0000"}', b'{"a": "\xff"}', b'{"a": ' + b"[" * 4000 + b"]" * 4000 + b"}",
     b'{"a": "' + b"x" * MOST_BYTES + b'"}'],
)  # fmt: skip
def test_what_is_refused(text: bytes) -> None:
    assert isinstance(Reader().read(text), Wrong)


def nested(levels: int) -> bytes:
    return b'{"a": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def test_nesting_that_nobody_could_read_again_is_refused() -> None:
    assert isinstance(Reader().read(nested(MOST_LEVELS)), Parameters)
    for levels in (MOST_LEVELS + 1, 250):
        assert "at most 20 levels" in str(Reader().read(nested(levels)))
