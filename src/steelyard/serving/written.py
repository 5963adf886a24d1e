"""Parts of requests that nobody here looks into: functions, their calls, schemas."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

T = TypeVar("T")


def written(value: dict[str, Any]) -> dict[str, Any]:
    """The same, when it can be sent on. Raises ValueError for what is no number, half a character, or too deep."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise ValueError("it has half a character (a lone surrogate)") from error
    except ValueError as error:
        raise ValueError("NaN and Infinity are no numbers in JSON") from error
    return value


Written = Annotated[dict[str, Any], AfterValidator(written)]
# Up to the first fault: 400,000 zeros where parts of a message stand were as many faults, and took five seconds.
Listed = Annotated[list[T], Field(fail_fast=True)]
