"""models_db.json and access_log.json, in every form that people have left them in."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.downloads.imports.records import Unreadable, read_downloads, read_models, with_downloads

ENTRY: dict[str, Any] = {"name": "GPT 2", "model_id": "gpt2", "path": "/m/gpt2", "downloaded_by": "alice"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["name", "model_id", "tags", "stats", "path", "created_at", "action", "models", "x"]), inner
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.parametrize(
    "content", [{"7": ENTRY}, [{**ENTRY, "id": "7"}], [{**ENTRY, "id": 7}], {"models": {"7": ENTRY}}]
)
def test_all_forms_are_read(content: object) -> None:
    [line], broken = read_models(json.dumps(content))
    assert (line.key, line.hub_name, line.path, line.told.title, line.told.downloaded_by) == (
        "7", "gpt2", "/m/gpt2", "GPT 2", "alice"
    )  # fmt: skip
    assert broken == []


def test_entries_that_are_none_are_told_and_the_others_stay() -> None:
    lines, broken = read_models(json.dumps({"1": ENTRY, "2": "text", "3": None}))
    assert (len(lines), broken) == (1, ["2", "3"])


@pytest.mark.parametrize("text", ["", "{", "7", "null", '"x"', "[" * 50_000])
def test_what_is_no_record_at_all(text: str) -> None:
    with pytest.raises(Unreadable):
        read_models(text)


@given(JSON)
def test_any_json_is_read_or_refused(content: object) -> None:
    text = json.dumps(content)
    try:
        lines, _ = read_models(text)
        downloads = read_downloads(text)
    except Unreadable:
        return
    for line in lines:
        with_downloads(line, downloads)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2024-03-01T10:00:00", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("2024-03-01T10:00:00Z", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("2024-03-01 12:00:00.5+02:00", datetime(2024, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        (1_709_287_200, datetime(2024, 3, 1, 10, tzinfo=UTC)), ("yesterday", None), (10**30, None), (True, None),
    ],
)  # fmt: skip
def test_times(written: object, at: datetime | None) -> None:
    [line], _ = read_models(json.dumps([{**ENTRY, "downloaded_at": written}]))
    assert line.told.downloaded_at == at


def test_the_log_fills_the_gaps_and_counts() -> None:
    [line], _ = read_models(json.dumps([{"name": "gpt2", "stats": {"download_count": 1}}]))
    log = [
        {"timestamp": "2024-03-02T00:00:00", "username": "bob", "ip": "10.0.0.2", "action": "pull", "model": "gpt2"},
        {"timestamp": "2024-03-01T00:00:00", "user": "al", "ip": "10.0.0.1", "action": "DOWNLOAD", "model": "gpt2"},
        {"timestamp": "2024-02-01T00:00:00", "username": "x", "action": "download", "model": "other"},
        {"timestamp": "2024-02-01T00:00:00", "username": "x", "action": "list"},
    ]  # fmt: skip
    told = with_downloads(line, read_downloads(json.dumps({"requests": log})))
    assert (told.downloaded_by, told.downloaded_from, told.downloads) == ("al", "10.0.0.1", 2)
    assert told.downloaded_at == datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "read"),
    [(["a", "b", "a", 3, None], ("a", "b", "3")), ("a, b,,", ("a", "b")), (7, ()), ({"a": 1}, ())],
)  # fmt: skip
def test_tags(tags: object, read: tuple[str, ...]) -> None:
    [line], _ = read_models(json.dumps([{**ENTRY, "tags": tags}]))
    assert line.told.tags == read


def test_nothing_that_a_database_refuses_gets_through() -> None:
    [line], _ = read_models(json.dumps([{"name": "a\x00b\ud800" + "c" * 500, "downloaded_by": "x" * 500}]))
    assert line.told.title == "ab" + "c" * 298
    assert len(line.told.downloaded_by or "") == 200
