"""Keys and ids: rising, valid, and readable."""

import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.ids import KeySequence, catalog_id, new_key, new_uuid, parse_catalog_id, random_text

Y2020 = 1_577_836_800_000


def test_keys_rise_with_time_and_fit_in_63_bits() -> None:
    assert new_key(Y2020 + 1) < new_key(Y2020 + 2) < new_key(Y2020 + 3)
    assert new_key(Y2020) >> 21 == 0
    assert new_key(Y2020 + 2**42 - 1) < 2**63


def test_a_sequence_rises_strictly_also_within_a_millisecond() -> None:
    sequence = KeySequence()
    keys = [sequence.next() for _ in range(20_000)]
    assert all(one < following for one, following in pairwise(keys))


def test_two_writers_of_one_moment_have_lanes_of_their_own() -> None:
    """Whatever they write in a millisecond, they meet in whole lanes of 2,048 or not at all."""
    one, two = KeySequence(), KeySequence()
    pairs = [(one.next(), two.next()) for _ in range(20_000)]
    lanes = [{key >> 11 for key in keys} for keys in zip(*pairs, strict=True)]
    shared = lanes[0] & lanes[1]
    assert len(shared) <= len(lanes[0]) // 2


@given(st.integers(0, 2**48 - 1))
def test_uuids_are_of_version_7(moment: int) -> None:
    text = new_uuid(moment)
    value = uuid.UUID(text)
    assert (value.version, value.variant, str(value)) == (7, uuid.RFC_4122, text)
    assert value.int >> 80 == moment


def test_uuids_sort_by_time_and_differ() -> None:
    assert new_uuid(1) < new_uuid(2)
    assert len({new_uuid(5) for _ in range(1000)}) == 1000


@given(st.integers(0, 2**63 - 1))
def test_catalog_ids_can_be_read_back(key: int) -> None:
    text = catalog_id(key)
    assert text.startswith("m~")
    assert len(text) <= 15
    assert parse_catalog_id(text) == key


@pytest.mark.parametrize(
    "text", ["", "m~", "~1", "1", "m-1", "m~i", "m~L", "m~o", "m~u", "m~1 ", "m~é", "m~" + "8" * 13, "m~" + "1" * 14]
)
def test_what_is_no_catalog_id(text: str) -> None:
    assert parse_catalog_id(text) is None


def test_the_largest_catalog_id() -> None:
    assert parse_catalog_id("m~7zzzzzzzzzzzz") == 2**63 - 1
    assert parse_catalog_id("m~8000000000000") is None


def test_random_text_is_long_enough_and_never_the_same() -> None:
    texts = {random_text(52) for _ in range(100)}
    assert len(texts) == 100
    assert all(len(text) == 52 and set(text) <= set("0123456789abcdefghjkmnpqrstvwxyz") for text in texts)
