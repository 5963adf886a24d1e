"""Where a mirror may be: the addresses that one given by a person can mean."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from steelyard.client import BadAddress

MIRROR = "/hf"
_MIRROR_PATH = re.compile(r"(?P<root>.*?)(?:/u/(?P<person>[^/]+))?/hf")


@dataclass(frozen=True, slots=True)
class Place:
    """A mirror. ``base`` is what belongs into HF_ENDPOINT, ``root`` the depot's own address; no slash at the end.

    ``person`` is the name in a personal address (``/u/alice/hf``).
    """

    base: str
    root: str
    person: str | None = None

    @property
    def host(self) -> str:
        """The name or address of the machine, without its port."""
        return urlsplit(self.base).hostname or ""


def places(given: str) -> list[Place]:
    """What to try, best guess first: a depot's bare address has its mirror below. Raises BadAddress."""
    address = _checked(given)
    found = _mirror(address)
    if found is not None:
        return [found]
    return [_mirror(address + MIRROR) or Place(address + MIRROR, address), Place(address, address)]


def shown(url: str) -> str:
    """An address without a password that may stand in it."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}" if mark else url


def _mirror(address: str) -> Place | None:
    parts = urlsplit(address)
    match = _MIRROR_PATH.fullmatch(parts.path)
    if match is None:
        return None
    person = match["person"]
    return Place(address, f"{parts.scheme}://{parts.netloc}{match['root']}", unquote(person) if person else None)


def _checked(given: str) -> str:
    try:
        parts = urlsplit(given)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.query or parts.fragment:
        raise BadAddress(
            f"{shown(given)[:100]!r} is not the address of a mirror.",
            hint="Write it as it stands in HF_ENDPOINT: http://depot:8420/hf, or http://depot:8420/u/alice/hf.",
        )
    return given.rstrip("/")
