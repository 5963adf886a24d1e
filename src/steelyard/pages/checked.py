"""Forms as the bodies that the API takes: what cannot be used is refused in the same way."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from steelyard.core.errors import Invalid

T = TypeVar("T", bound=BaseModel)


class BadForm(Invalid):
    """A field of a form about people cannot be used as it is."""

    slug = "bad-form"
    title = "The form cannot be used"


def checked(body: type[T], fields: dict[str, Any]) -> T:
    """The body with these fields. Raises BadForm, which names the fields and repeats nothing of what was typed."""
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        said = [f"{'.'.join(str(part) for part in item['loc'][:1])}: {item['msg']}" for item in faults]
        raise BadForm("; ".join(said), hint="Correct it in the form, and send it again.") from error
