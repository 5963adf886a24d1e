"""What may stand in messages, whatever protocol they came by. Pure.

Engines fetch the addresses that they find in messages, and open files: vLLM and ``transformers serve`` do. So nobody's
address reaches one; pictures and sound come as their own bytes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steelyard.serving.errors import BadContent

Message = Mapping[str, Any]
_MOST_PARTS = 256  # of one message
_PICTURE = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,(?=[A-Za-z0-9+/=])")
_DETAILS = frozenset({"auto", "low", "high"})
# How files of sound begin, as base64: RIFF, ID3, and the frames of MP3.
_SOUNDS = {"wav": ("UklGR",), "mp3": ("SUQz", "//M", "//s", "//I", "//D")}
_AS_PICTURE = "Send the bytes as a data: URL, like data:image/png;base64,iVBORw0…"
_AS_SOUND = 'Send {"data": "<base64>", "format": "wav"} with the bytes of a WAV or MP3 file.'
_KNOWN = "The types are text, image_url and input_audio."


def readable(messages: Sequence[Message]) -> list[Message]:
    """The messages as engines take them: developers are ``system``, which every chat template knows.

    Raises BadContent for parts of other kinds, and for those that name an address.
    """
    return [_readable(message, number) for number, message in enumerate(messages)]


def _readable(message: Message, number: int) -> Message:
    content, role = message.get("content"), message.get("role")
    if role != "developer" and not isinstance(content, list):
        return message
    parts = _parts(content, number) if isinstance(content, list) else content
    return {**message, "role": "system" if role == "developer" else role, "content": parts}


def _parts(content: Sequence[Any], number: int) -> list[dict[str, Any]]:
    if len(content) > _MOST_PARTS:
        raise BadContent(f"messages[{number}] has {len(content)} parts.", hint=f"Send {_MOST_PARTS} at most.")
    return [_part(part, f"messages[{number}].content[{place}]") for place, part in enumerate(content)]


def _part(part: Any, place: str) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, Mapping) else None
    read = _KINDS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise BadContent(f"{place} is of a type that no model here reads.", hint=_KNOWN)
    return read(part, place)


def _text(part: Mapping[str, Any], place: str) -> dict[str, Any]:
    text = part.get(part["type"])
    if not isinstance(text, str):
        raise BadContent(f"{place} has no text.", hint='Send {"type": "text", "text": "…"}.')
    return {"type": "text", "text": text}


def _picture(part: Mapping[str, Any], place: str) -> dict[str, Any]:
    told = part.get("image_url")
    picture = told if isinstance(told, Mapping) else {"url": told}
    url, detail = picture.get("url"), picture.get("detail")
    if not isinstance(url, str) or _PICTURE.match(url) is None:
        raise BadContent(f"{place}.image_url is no picture: nothing is fetched for a model.", hint=_AS_PICTURE)
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail in _DETAILS else {})}


def _sound(part: Mapping[str, Any], place: str) -> dict[str, Any]:
    told = part.get("input_audio")
    data, form = (told.get("data"), told.get("format")) if isinstance(told, Mapping) else (None, None)
    begins = _SOUNDS.get(form) if isinstance(form, str) else None
    if begins is None or not isinstance(data, str) or not data.startswith(begins):
        raise BadContent(f"{place}.input_audio is no sound: nothing is fetched for a model.", hint=_AS_SOUND)
    return {"type": "input_audio", "input_audio": {"data": data, "format": form}}


_KINDS: Mapping[str, Callable[[Mapping[str, Any], str], dict[str, Any]]] = {
    "text": _text, "refusal": _text, "image_url": _picture, "input_audio": _sound,
}  # fmt: skip
