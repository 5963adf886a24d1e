"""Bodies of requests: JSON whatever its content type says, unknown fields ignored, as Ollama does."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from steelyard.core.errors import BadRequest

B = TypeVar("B", bound=BaseModel)


class BadBody(BadRequest):
    """The body is no JSON object, or a field of it has the wrong form."""

    slug = "bad-body"
    title = "The request is not valid"


async def read_body(request: Request, shape: type[B]) -> B:
    """The request's body. Raises BadBody."""
    data = await request.body()
    if not data.strip():
        raise BadBody("missing request body", hint="Send one JSON object.")
    try:
        content = from_json(data, allow_inf_nan=False)  # it refuses halves of characters as well
    except ValueError as error:
        raise BadBody("The body is no JSON.", hint="Send one JSON object.") from error
    if not isinstance(content, dict):
        raise BadBody("The body is no JSON object.", hint="Send one JSON object.")
    return validated(shape, content)


def validated(shape: type[B], content: Mapping[str, Any], prefix: str = "") -> B:
    """Plain data as a body. Raises BadBody, which names the field and repeats nothing of what was sent."""
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part)[:60] for part in fault["loc"] if not str(part).startswith("function-"))
        raise BadBody(f"{prefix}{field}: {fault['msg']}"[:300]) from error
