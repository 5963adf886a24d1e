"""What the routes of the shelf answer, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from steelyard.catalog.models import ModelStatus
from steelyard.core.ref import Kind
from steelyard.http.shapes import Bytes, Count, Moment, Shape
from steelyard.usage.statistics.shapes import DetailShape, FiguresShape


class VariantShape(Shape):
    """One usable choice of files, such as a quantisation."""

    name: str = Field(examples=["Q4_K_M"])
    size_bytes: Bytes
    default: bool


class FileShape(Shape):
    """One file of a model; the hub names large ones by SHA-256 and small ones by their git hash."""

    path: str = Field(examples=["model.safetensors"])
    size: Bytes
    sha256: str | None
    git_sha1: str | None
    state: Literal["listed", "stored", "quarantined"]


class FilePage(Shape):
    """One page of files."""

    count: Count
    files: list[FileShape]


class StatsShape(Shape):
    """Who asked for a model and how its uses went; null where nothing was measured."""

    download_count: Count
    access_count: Count
    total_requests: Count
    uses: Count
    first_downloaded_by: str | None = Field(examples=["alice"])
    first_downloaded_at: Moment | None
    first_downloaded_from: str | None = Field(examples=["100.64.0.5"])
    success_rate: float | None = Field(description="null for a model that was never used")
    success_interval: list[float] | None
    average_response_time_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    uses_per_day: float | None
    usage_frequency: float | None
    trend: str | None
    unique_users: int | None
    first_used_at: Moment | None
    last_used_at: Moment | None


class ModelFigures(FiguresShape, StatsShape):
    """Lifetime counts, and the figures of a range. ``uses`` are those ever, or with ``since`` or ``until`` of the
    range."""


class ModelStatsAnswer(ModelFigures, DetailShape):
    """One model, the figures at the top level and as an object."""

    model: str = Field(examples=["org/name"])
    stats: ModelFigures


class ModelShape(Shape):
    """An entry of the catalog."""

    id: str = Field(examples=["m~4h5k7n2p8q"])
    model: str = Field(examples=["org/name"])
    name: str
    description: str | None
    tags: list[str]
    source: str = Field(examples=["huggingface"])
    kind: Kind
    revision: str | None
    revisions: list[str]
    variants: list[VariantShape]
    problems: list[str] = Field(
        description="files that are here, but are held back or are not what they claim to be, and why"
    )
    status: ModelStatus
    active: bool
    private: bool
    format: str | None = Field(examples=["gguf"])
    architecture: str | None = Field(examples=["llama"])
    parameters: Count | None
    quantization: str | None = Field(examples=["Q4_K_M"])
    context_length: Count | None
    license: str | None = Field(examples=["mit"])
    size_bytes: Bytes
    files: list[FileShape]
    owner: str | None
    downloaded_by: str | None
    pinned: bool
    aliases: list[str]
    created_at: Moment
    last_used_at: Moment | None
    stats: StatsShape
    deleted_at: Moment | None = Field(description="since when it is in the trash")
    deleted_by: str | None = Field(examples=["alice"])
    purge_after: Moment | None = Field(description="until when it can be restored")


class DeletionShape(ModelShape):
    """A model that was deleted, or would be, with what that does to the disk."""

    frees_bytes: Bytes = Field(description="free once it is purged, as the disk is now")
    shared_bytes: Bytes = Field(description="held by other models too: they stay")
    job_id: str | None = Field(description="the job that purges it now")


class ModelPage(Shape):
    """One page of models, with the true total."""

    count: Count
    models: list[ModelShape]


class ExistsAnswer(Shape):
    """Whether something is here, verified and complete."""

    exists: bool
    status: ModelStatus | None
