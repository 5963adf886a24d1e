"""Headscale's list of nodes, read in its three dialects. Pure.

Shapes: Headscale's OpenAPI, ``v1Node`` and ``v1User`` of v0.29.2; ``{machines: […]}`` up to 0.22, ``{nodes: […]}``
since. ``tags`` took the place of ``forcedTags`` and ``validTags`` with 0.28.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic.alias_generators import to_camel

from steelyard.identity.tailnet.addresses import spelled
from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.identity.tailnet.profiles import as_person, is_tagged_user
from steelyard.identity.tailnet.trouble import Trouble

People = Mapping[str, TailnetPerson]
_SHAPE = ConfigDict(alias_generator=to_camel, extra="ignore")
_HINT = "See whether HEADSCALE_URL is Headscale's own address, and whether the depot knows this version of it."


class _User(BaseModel):
    model_config = _SHAPE

    id: StrictStr | StrictInt = ""
    name: str | None = None
    email: str | None = None
    display_name: str | None = None


class _Node(BaseModel):
    model_config = _SHAPE

    ip_addresses: list[str] = Field(max_length=64)
    user: _User | None = None
    tags: list[str] | None = None
    forced_tags: list[str] | None = None
    valid_tags: list[str] | None = None

    def person(self) -> TailnetPerson | None:
        """Whose node it is; None for a tagged one's and for nobody's. Tags that were asked for and not granted
        (``invalidTags``) make no machine of it."""
        user = self.user
        if user is None or self.tags or self.forced_tags or self.valid_tags or is_tagged_user(user.id, user.name or ""):
            return None
        return as_person(user.id, (user.name, user.email, user.display_name), user.display_name)


def people_of(answer: Any) -> People:
    """Every person by each of their nodes' addresses. A node that cannot be read is left out, and so is an address
    that two people have: better nobody than the wrong one. Raises Trouble when nothing of it is a list of nodes."""
    listed = _listed(answer)
    nodes = list(_readable(listed))
    if listed and not nodes:
        raise Trouble("Headscale's list of nodes cannot be read.", _HINT)
    owners: dict[str, set[TailnetPerson | None]] = {}
    for node in nodes:
        person = node.person()
        for address in filter(None, map(spelled, node.ip_addresses)):
            owners.setdefault(address, set()).add(person)
    return {address: person for address, (person, *others) in owners.items() if person is not None and not others}


def _listed(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        for name in ("nodes", "machines"):
            if isinstance(answer.get(name), list):
                return list(answer[name])
    raise Trouble("Headscale's answer is no list of nodes.", _HINT)


def _readable(listed: list[Any]) -> Iterator[_Node]:
    for item in listed:
        try:
            yield _Node.model_validate(item)
        except ValidationError:
            continue
