"""Answers that are plain data already: dicts, lists, text, numbers, None."""

from typing import Any

from pydantic_core import to_json
from starlette.responses import JSONResponse


class PlainJson(JSONResponse):
    """JSON as it is. FastAPI's own way looks into every value first: that took 40 of the 60 ms of 100 models.

    Pydantic's writer took a third of the standard library's time.
    """

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return to_bytes(content)


class WrittenJson(JSONResponse):
    """JSON that is written already."""

    def render(self, content: bytes) -> bytes:
        """The bytes of the answer."""
        return content


def to_bytes(content: Any) -> bytes:
    """Plain data as JSON. What is no number becomes null."""
    return to_json(content, inf_nan_mode="null")
