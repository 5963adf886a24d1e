"""Forms as browsers send them: read within bounds, without a multipart parser."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from steelyard.core.errors import BadRequest

_MAX_BYTES = 16 * 1024
_MAX_FIELDS = 16
_FORM = "application/x-www-form-urlencoded"


class UnreadableForm(BadRequest):
    """The body is not a form of ours."""

    slug = "unreadable-form"
    title = "The form could not be read"


@dataclass(frozen=True, slots=True)
class PullForm:
    """What stands in the fields of the pull form, trimmed; empty where nothing does."""

    model: str = ""
    revision: str = ""
    username: str = ""


async def read_pull_form(request: Request) -> PullForm:
    """The fields of the pull form. Raises UnreadableForm."""
    fields = await _read_fields(request)
    return PullForm(*(fields.get(name, "").strip() for name in ("model", "revision", "username")))


async def _read_fields(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise UnreadableForm("The pages send plain forms.", hint=f"Send {_FORM}, or JSON to POST /pull.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise UnreadableForm(f"The form is larger than {_MAX_BYTES} bytes.", hint="Shorten what you typed.")
    try:
        return dict(parse_qsl(body.decode("ascii"), True, max_num_fields=_MAX_FIELDS, errors="strict"))
    except ValueError as error:
        raise UnreadableForm("The form is not valid UTF-8.", hint="Load the page again and retry.") from error
