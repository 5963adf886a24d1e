"""The bodies of a push, as huggingface_hub 0.36 to 2.x send them (``hf_api.py``, ``_commit_api.py``, ``lfs.py``).

Fields that a depot has no use for are passed over: every version of a client sends others.
"""

import binascii
from base64 import b64decode
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.downloads.push.errors import BadCommit, NotOffered
from steelyard.downloads.push.preparing import Offered

_MOST_FILES = 1000  # of one preupload or batch; clients send 256
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Path = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
_Size = Annotated[int, Field(ge=0, lt=1 << 62)]
B = TypeVar("B", bound=BaseModel)


class Lenient(BaseModel):
    """Takes what it knows."""

    model_config = ConfigDict(extra="ignore")


class NamedRepository(Lenient):
    """``POST /api/repos/create`` and ``DELETE /api/repos/delete``."""

    name: _Name
    organization: _Name | None = None
    type: Literal["model", "dataset", "space"] | None = None
    private: bool | None = None
    visibility: str | None = None

    @property
    def kind(self) -> Kind:
        """What it is to hold."""
        return Kind(self.type or Kind.MODEL)


class Settings(Lenient):
    """``PUT …/settings``."""

    private: bool | None = None
    visibility: str | None = None
    gated: str | bool | None = None


class _Offer(Lenient):
    path: _Path
    size: _Size
    sample: str = ""


class Preupload(Lenient):
    """``POST …/preupload/{revision}``."""

    files: list[_Offer] = Field(max_length=_MOST_FILES)
    gitIgnore: str | None = None  # noqa: N815 - the wire's own name

    @property
    def offered(self) -> list[Offered]:
        """The files; raises BadCommit for a sample that is no base64."""
        return [Offered(one.path, one.size, _bytes(one.sample)) for one in self.files]


class _Object(Lenient):
    oid: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    size: _Size

    @property
    def wanted(self) -> tuple[Digest, int]:
        """The blob that is meant."""
        return Digest("sha256", self.oid), self.size


class Batch(Lenient):
    """``POST {id}.git/info/lfs/objects/batch``."""

    operation: str
    objects: list[_Object] = Field(max_length=_MOST_FILES)
    hash_algo: Literal["sha256"] = "sha256"


class Verify(_Object):
    """``POST {id}.git/info/lfs/objects/verify``."""


class Branch(Lenient):
    """``POST …/branch/{branch}``."""

    startingPoint: _Name | None = None  # noqa: N815 - the wire's own name


class Tag(Lenient):
    """``POST …/tag/{revision}``."""

    tag: _Name
    message: Annotated[str, StringConstraints(max_length=10_000)] | None = None


def read(body: type[B], text: bytes) -> B:
    """Read a body; none at all is an empty one. Raises BadCommit that says which field is wrong."""
    try:
        return body.model_validate_json(text or b"{}")
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise BadCommit(f"{where}: {first['msg']}.", hint="Use huggingface_hub 0.36 or later.") from error


def is_private(private: bool | None, visibility: str | None) -> bool | None:
    """What somebody says about who may see a repository; None when nothing. Raises NotOffered."""
    if visibility is None:
        return private
    if visibility not in {"public", "private"}:
        raise NotOffered(f"A depot has no visibility {visibility[:40]!r}.", hint="Use public or private.")
    return visibility == "private"


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCommit("A sample is no base64.", hint="Use huggingface_hub 0.36 or later.") from error
