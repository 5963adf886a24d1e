"""What the routes of imports answer, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from steelyard.downloads.imports.models import ImportKind
from steelyard.downloads.imports.report import Outcome
from steelyard.http.shapes import Bytes, Count, Shape
from steelyard.jobs.models import JobStatus
from steelyard.jobs.shapes import JobShape


class RefusalShape(Shape):
    """A file that is not taken, and why."""

    path: str = Field(examples=["model.safetensors"])
    reason: str = Field(examples=["its bytes are not what its name says"])


class ImportedRevisionShape(Shape):
    """One set of files."""

    revision: str | None = Field(description="the commit; null while only a reading of the files could tell it")
    refs: list[str] = Field(examples=[["main"]])
    files: Count
    bytes: Bytes
    refused: list[RefusalShape]


class ImportedModelShape(Shape):
    """One model: what became of it, or will. The three sums count each blob once."""

    folder: str = Field(examples=["models--org--name"])
    model: str | None = Field(examples=["org/name"])
    source: str | None = Field(examples=["huggingface", "folder"])
    status: Outcome
    reason: str | None
    revisions: list[ImportedRevisionShape]
    bytes_here: Bytes = Field(description="in the store already")
    bytes_linked: Bytes = Field(description="linked into the store: no copy")
    bytes_copied: Bytes
    problems: list[str] = Field(
        description="what is wrong with files that came in; empty until they were read",
        examples=[["model.gguf: it ends early"]],
    )


class ToldModelShape(ImportedModelShape):
    """The same, in a job: foretold until it has ended."""

    state: Literal["waiting", "running", "ended"]


class ImportTotalsShape(Shape):
    """Over all models that were not refused."""

    models: Count
    refused: Count
    files: Count
    bytes_here: Bytes
    bytes_linked: Bytes
    bytes_copied: Bytes


class PlanShape(Shape):
    """A dry run."""

    dry_run: bool
    path: str = Field(examples=["/data/hf"])
    kind: ImportKind
    copied: bool = Field(alias="copy", description="whether links are forbidden")
    totals: ImportTotalsShape
    models: list[ImportedModelShape]


class AcceptedShape(Shape):
    """The job to follow."""

    job_id: str
    status: JobStatus
    dry_run: bool
    path: str = Field(examples=["/data/hf"])


class ImportShape(JobShape):
    """An import job with what it was asked for."""

    job_id: str
    path: str = Field(examples=["/data/hf"])
    read_as: ImportKind
    name: str | None
    copied: bool = Field(alias="copy", description="whether links are forbidden")


class ImportReportShape(ImportShape):
    """The same, with each model."""

    totals: ImportTotalsShape
    models: list[ToldModelShape]


class ImportPage(Shape):
    """One page of imports, newest first, with the true total."""

    count: Count
    imports: list[ImportShape]
