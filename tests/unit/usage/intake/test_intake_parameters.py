"""Parameters of reported events."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from steelyard.usage.depth import MOST_LEVELS
from steelyard.usage.intake.parameters import MOST_BYTES, NONE, ParameterReader, Parameters, Wrong
from steelyard.usage.intake.reported import Reported


def event(document: Any = None, **more: Any) -> Reported:
    parameters = msgspec.Raw(msgspec.json.encode(document))
    return Reported(timestamp=datetime(2026, 1, 1, tzinfo=UTC), parameters=parameters, **more)


def reader(*, stores_prompts: bool = False) -> ParameterReader:
    return ParameterReader(stores_prompts=stores_prompts)


def test_what_keeps_coming_becomes_a_word() -> None:
    some = reader()
    read = [some.read(event({"steps": 30, "lora": "a"})) for _ in range(5)]
    assert read[:2] == [Parameters(own={"steps": 30, "lora": "a"})] * 2
    assert read[2:] == [Parameters(shared='{"lora":"a","steps":30}')] * 3


def test_what_no_other_event_has_never_does() -> None:
    some = reader()
    assert {some.read(event({"seed": 123456789})).shared for _ in range(5)} == {None}


def test_none_at_all() -> None:
    assert reader().read(event()) == reader().read(event({})) == NONE
    assert reader().read(Reported(timestamp=datetime(2026, 1, 1, tzinfo=UTC))) == NONE


def test_the_older_name() -> None:
    older = Reported(timestamp=datetime(2026, 1, 1, tzinfo=UTC), generation_params=msgspec.Raw(b'{"steps": 9}'))
    assert reader().read(older).own == {"steps": 9}


def test_words_of_people_are_left_out_unless_the_depot_keeps_them() -> None:
    asked = event({"prompt": "x" * 3000, "negative_prompt": "y", "steps": 1})
    assert reader().read(asked).own == {"steps": 1}
    assert reader(stores_prompts=True).read(asked) == Parameters(
        own={"prompt": "x" * 2000, "negative_prompt": "y", "steps": 1}
    )


def test_what_has_no_column_stands_among_them() -> None:
    told = event({"steps": 1}, generation_speed=31.25, error_message="out of memory")
    assert reader().read(told) == Parameters(
        own={"steps": 1, "generation_speed": 31.25, "error_message": "out of memory"}
    )


@pytest.mark.parametrize(
    "text",
    [b"[1]", b"7", b'{"a": "\\u0000"}', b'{"a": "\xff"}', b'{"a": ' + b"[" * 4000 + b"]" * 4000 + b"}",
     b'{"a": "' + b"x" * MOST_BYTES + b'"}'],
)  # fmt: skip
def test_what_is_refused(text: bytes) -> None:
    with pytest.raises(Wrong):
        reader().read(Reported(timestamp=datetime(2026, 1, 1, tzinfo=UTC), parameters=msgspec.Raw(text)))


def nested(levels: int) -> msgspec.Raw:
    return msgspec.Raw(b'{"a": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}")


def test_nesting_that_nobody_could_read_again_is_refused() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert reader().read(Reported(timestamp=at, parameters=nested(MOST_LEVELS))).own is not None
    for levels in (MOST_LEVELS + 1, 250):
        with pytest.raises(Wrong, match="at most 20 levels"):
            reader().read(Reported(timestamp=at, parameters=nested(levels)))
    with pytest.raises(Wrong, match="at most 20 levels"):
        reader().read(Reported(timestamp=at, parameters=nested(250), generation_speed=1.0))
