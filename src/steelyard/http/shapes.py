"""Answers as the OpenAPI document describes them. Views make the answers; tests hold them to their shapes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Moment = Annotated[datetime, Field(examples=["2026-11-20T12:00:00.000Z"])]
Bytes = Annotated[int, Field(ge=0, examples=[91_600_000])]
Count = Annotated[int, Field(ge=0, examples=[3])]


class Shape(BaseModel):
    """Field names are fixed: more may come in later versions, none goes."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def answers(
    shape: type[Shape], description: str = "Done", *, status: int = 200, also: Mapping[int, type[Shape]] = {}
) -> dict[str, Any]:
    """For a route's decorator: what it answers, ``also`` under other statuses.

    The views are trusted at run time and not checked a second time.
    """
    shapes = {status: shape, **also}
    responses = {code: {"model": model, "description": description} for code, model in shapes.items()}
    return {"response_model": None, "status_code": status, "responses": responses}
