"""Forms as browsers send them: read within bounds, without a multipart parser."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from steelyard.core.errors import BadRequest

_MAX_BYTES = 64 * 1024
_MAX_FIELDS = 16
_FORM = "application/x-www-form-urlencoded"
_BETWEEN = re.compile(r"[,\r\n]+")


class UnreadableForm(BadRequest):
    """The body is not a form of ours."""

    slug = "unreadable-form"
    title = "The form could not be read"


@dataclass(frozen=True, slots=True)
class PullForm:
    """What stands in the fields of the pull form, trimmed; empty where nothing does.

    ``include`` and ``exclude`` are patterns with commas between them.
    """

    model: str = ""
    revision: str = ""
    include: str = ""
    exclude: str = ""
    username: str = ""

    @property
    def is_special(self) -> bool:
        """Whether anything of the folded fields is filled in."""
        return bool(self.revision or self.include or self.exclude)


@dataclass(frozen=True, slots=True)
class EditForm:
    """What stands in the fields of a model's form; an unticked box is not sent at all."""

    name: str = ""
    description: str = ""
    tags: str = ""
    aliases: str = ""
    pinned: bool = False
    private: bool = False
    active: bool = False
    username: str = ""


def pull_form(fields: Mapping[str, str]) -> PullForm:
    """The pull form in some fields."""
    names = ("model", "revision", "include", "exclude", "username")
    return PullForm(*(fields.get(name, "").strip() for name in names))


def edit_form(fields: Mapping[str, str]) -> EditForm:
    """The form of a model in some fields; line ends as everywhere but in forms."""
    text = {name: fields.get(name, "").strip().replace("\r\n", "\n") for name in ("name", "description")}
    return EditForm(
        **text,
        tags=fields.get("tags", "").strip(),
        aliases=fields.get("aliases", "").strip(),
        pinned="pinned" in fields,
        private="private" in fields,
        active="active" in fields,
        username=fields.get("username", "").strip(),
    )


def items(text: str) -> tuple[str, ...]:
    """What stands between commas and line ends, each once, in the order given."""
    return tuple(dict.fromkeys(item.strip() for item in _BETWEEN.split(text) if item.strip()))


async def read_fields(request: Request) -> dict[str, str]:
    """All fields of a form. Raises UnreadableForm."""
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
