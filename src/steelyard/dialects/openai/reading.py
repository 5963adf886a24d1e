"""The body of a request, read strictly: a number in quotes is no number, as at OpenAI."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from steelyard.dialects.openai.errors import BadField

# What pydantic puts into the place of an error besides fields: the member of a union that it tried.
_TAG = re.compile(r"(constrained-)?(str|int|float|bool|none)|(list|dict)\[.*|function-.*")
_LONGEST = 200
_BROKEN = frozenset({"json_invalid", "model_type", "model_attributes_type"})


class Body(BaseModel):
    """Newer clients send fields that nobody knew when this was written: those are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)


B = TypeVar("B", bound=Body)


def read(shape: type[B], data: bytes) -> B:
    """A body. Raises BadField, which names the first field that is wrong and repeats nothing of what was sent."""
    try:
        return shape.model_validate_json(data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if fault["type"] in _BROKEN and not fault["loc"]:
        raise BadField("The body is no JSON object.", hint="Send one, with Content-Type: application/json.")
    param = _param(fault["loc"])
    raise BadField(f"{param}: {_message(fault['msg'])}" if param else _message(fault["msg"]), param=param)


def _param(place: Sequence[int | str]) -> str | None:
    """As OpenAI writes it: ``messages[0].content``."""
    text = ""
    for part in place:
        if isinstance(part, str) and _TAG.fullmatch(part):
            break
        text += f"[{part}]" if isinstance(part, int) else f".{part[:60]}"
    return text.removeprefix(".") or None


def _message(text: Any) -> str:
    return str(text).removeprefix("Value error, ")[:_LONGEST]
