"""The part of an address before the hub's own: ``/hf`` or ``/u/{name}/hf``, behind the prefix of the public address.

A proxy in front may have stripped that prefix or not, so both are read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from steelyard.identity.names import InvalidName, clean_name

_DOOR = re.compile(r"(?:/u/(?P<user>[^/]+))?/hf(?=/|$)")
_SAFE = "/%:@!$&'()*+,;=~"  # what may stand in a path as it is (RFC 3986), so that a Link header can hold it
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Door:
    """Where a request came in. ``path`` and ``rest`` are percent-encoded as they came; ``user`` is decoded.

    ``path`` is ``/hf`` or ``/u/alice/hf``; ``rest`` is empty or begins with ``/``.
    """

    path: str
    user: str | None
    rest: str


def find_door(raw_path: str, prefix: str = "") -> Door | None:
    """Split the raw path of a request; None when it does not lead to the mirror. Raises InvalidName."""
    match = _DOOR.match(raw_path.removeprefix(prefix)) or _DOOR.match(raw_path)
    if match is None:
        return None
    return Door(quote(match[0], safe=_SAFE), _user(match["user"]), match.string[match.end() :])


def own_base(
    door: Door, *, public_url: str | None, scheme: str, headers: Mapping[str, str], is_trusted: bool = False
) -> str:
    """The absolute address that clients know as HF_ENDPOINT, without a slash at the end.

    ``public_url`` (with its path prefix) wins. Otherwise the Host header, which the guards have checked, or what the
    nearest proxy forwards if it is trusted (``guards.TRUSTED_PEER``). ``headers`` have lower-case names.
    """
    if public_url:
        return public_url.rstrip("/") + door.path
    hosts = [headers.get("host", "")]
    if is_trusted:
        scheme = _scheme(_nearest(headers, "x-forwarded-proto")) or scheme
        hosts.insert(0, _nearest(headers, "x-forwarded-host"))
    host = next(filter(_HOST.fullmatch, hosts), None)
    return f"{scheme}://{host}{door.path}" if host else door.path


def prefix_of(public_url: str | None) -> str:
    """The path prefix of the public address, or an empty text."""
    return urlsplit(public_url).path.rstrip("/") if public_url else ""


def _user(segment: str | None) -> str | None:
    if segment is None:
        return None
    try:
        return clean_name(unquote(segment, errors="strict"))
    except UnicodeDecodeError as error:
        raise InvalidName("The name in /u/{name}/hf is not UTF-8.", hint="Percent-encode it as UTF-8.") from error


def _nearest(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()


def _scheme(text: str) -> str | None:
    return text.lower() if text.lower() in {"http", "https"} else None
