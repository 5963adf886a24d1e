"""Lists take ``limit`` and ``offset`` and answer ``{"count": total, plural: […]}``."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from steelyard.http.plain import PlainJson, WrittenJson

MAX_LIMIT = 1000
_MAX_OFFSET = 10**12  # beyond any list, and within what every database takes as an integer


class PageQuery(BaseModel):
    """The query of a list; unknown parameters are refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", str_max_length=512)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if isinstance(value, str) and "\0" in value:  # SQLite ends a LIKE pattern there, PostgreSQL refuses it
            raise ValueError("a NUL character cannot be searched for")
        return value

    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="how many to return")
    offset: int = Field(0, ge=0, le=_MAX_OFFSET, description="how many to leave out first")


def page(plural: str, count: int, items: Sequence[Any]) -> PlainJson:
    """The answer of a list: the true total and one page of it, which is plain data already."""
    return PlainJson({"count": count, plural: list(items)})


def written_page(plural: str, count: int, items: Sequence[bytes]) -> WrittenJson:
    """The same, of items that are JSON already."""
    return WrittenJson(b'{"count":%d,"%s":[%s]}' % (count, plural.encode(), b",".join(items)))
