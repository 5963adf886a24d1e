"""What may stand in messages: nothing that an engine would fetch or open."""

from typing import Any

import pytest

from steelyard.serving.content import readable
from steelyard.serving.errors import BadContent

PNG = "data:image/png;base64,iVBORw0KGgo="
WAV = {"data": "UklGRiQAAABXQVZF", "format": "wav"}


def said(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(parts)}]


def picture(url: Any, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def test_text_pictures_and_sound_pass() -> None:
    parts = [
        {"type": "text", "text": "Hm?"}, picture(PNG, detail="low"), {"type": "input_audio", "input_audio": WAV},
    ]  # fmt: skip
    assert readable(said(*parts)) == said(*parts)


def test_what_nobody_needs_to_see_is_left_out() -> None:
    parts = [
        {"type": "text", "text": "a", "path": "/etc/passwd"}, picture(PNG, detail="file:///etc/passwd", path="/etc"),
        {"type": "image_url", "image_url": PNG}, {"type": "refusal", "refusal": "No."},
    ]  # fmt: skip
    assert readable(said(*parts)) == said(
        {"type": "text", "text": "a"}, picture(PNG), picture(PNG), {"type": "text", "text": "No."}
    )


def test_developers_speak_as_the_system_does() -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}
    told: list[dict[str, Any]] = [
        {"role": "developer", "content": "Be kind."},
        {"role": "developer", "content": [], "name": "d"},
    ]
    assert readable([*told, call]) == [
        {"role": "system", "content": "Be kind."}, {"role": "system", "content": [], "name": "d"}, call,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "https://example.org/a.png", "file:///etc/passwd", "/etc/passwd", "ftp://a/b",
        " http://a/", "data:text/html;base64,aGk=", "data:image/png,abc", "data:image/png;base64,", "data:", "",
        "data:image/png;base64,../../etc", "DATA:image/png;base64,iVBO", "data:image/../etc;base64,iVBO", None, 5, {},
    ],
)  # fmt: skip
def test_addresses_and_paths_reach_no_engine(url: Any) -> None:
    for part in (picture(url), {"type": "image_url", "image_url": url}):
        with pytest.raises(BadContent) as caught:
            readable([{"role": "user", "content": "hi"}, *said({"type": "text", "text": "a"}, part)])
        assert caught.value.detail.startswith("messages[1].content[1].image_url")
        assert "data: URL" in str(caught.value.hint)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video_url", "video_url": {"url": PNG}}, {"type": "audio_url", "audio_url": {"url": "http://a"}},
        {"type": "image", "image": "/etc/passwd"}, {"type": "file", "file": {"file_id": "1"}}, {"type": ["text"]},
        {"type": "text"}, {"type": "text", "text": 5}, {}, "text", None, {"type": "image_url"},
        {"type": "input_audio"}, {"type": "input_audio", "input_audio": {"data": "/etc/passwd", "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": "http://a", "format": "mp3"}},
        {"type": "input_audio", "input_audio": {"data": WAV["data"], "format": ["wav"]}},
    ],
)  # fmt: skip
def test_parts_of_other_kinds_are_refused(part: Any) -> None:
    with pytest.raises(BadContent) as caught:
        readable(said(part))
    assert caught.value.status == 400
    assert caught.value.hint


def test_a_message_has_so_many_parts() -> None:
    many = [{"type": "text", "text": "a"}] * 257
    assert len(readable(said(*many[1:]))[0]["content"]) == 256
    with pytest.raises(BadContent):
        readable(said(*many))
