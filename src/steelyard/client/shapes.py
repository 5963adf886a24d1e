"""What the depot answers. Field names are fixed, more may come: read what you know and pass over the rest.

Times are UTC ISO 8601 with ``Z``, sizes bytes, ratios 0.0 to 1.0.
"""

from typing import Literal, NotRequired, TypedDict

ExportFormat = Literal["csv", "json", "ndjson"]
JobStatus = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
Priority = Literal["low", "medium", "high"]


class PullAnswer(TypedDict):
    """Of ``POST /pull``. ``status`` is ``succeeded``, and ``job_id`` may be None, when the model is already here."""

    job_id: str | None
    task_id: str
    model: str
    revision: str | None
    status: JobStatus
    position: int


class Job(TypedDict):
    """Durable background work. ``pause_reason`` tells a pause by a person from one by the depot itself.

    A running job has an ``error`` while its hub does not answer, and ``bytes_per_second`` 0 while nothing moves.
    """

    id: str
    kind: str
    model: str | None
    revision: str | None
    status: JobStatus
    progress: float
    downloaded_bytes: int
    total_bytes: int | None
    bytes_per_second: float | None
    eta_seconds: float | None
    current_file: str | None
    attempt: int
    priority: Priority
    requested_by: str | None
    pause_reason: NotRequired[str | None]
    error: str | None
    hint: str | None
    created_at: str
    started_at: str | None
    updated_at: str | None
    finished_at: str | None


class JobPage(TypedDict):
    """Of ``GET /jobs``."""

    count: int
    jobs: list[Job]


class ModelFile(TypedDict):
    """One file of a model; ``sha256`` is None for files that the hub names by their git hash.

    ``state`` is ``stored`` when it is here, ``quarantined`` when it waits for an administrator, ``listed`` when the
    depot only knows of it.
    """

    path: str
    size: int
    sha256: str | None
    state: NotRequired[Literal["stored", "quarantined", "listed"]]


class Variant(TypedDict):
    """One usable choice of files, such as a quantisation."""

    name: str
    size_bytes: int
    default: bool


class ModelStats(TypedDict, total=False):
    """Who asked for a model and how its uses went. A model never used has ``success_rate`` None."""

    download_count: int
    access_count: int
    total_requests: int
    uses: int
    first_downloaded_by: str | None
    first_downloaded_at: str | None
    first_downloaded_from: str | None
    success_rate: float | None
    success_interval: list[float] | None
    average_response_time_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    uses_per_day: float
    usage_frequency: float
    trend: str | None
    unique_users: int
    first_used_at: str | None
    last_used_at: str | None


class Model(TypedDict):
    """An entry of the catalog. ``problems`` are what is wrong with the headers of its files, in words."""

    id: str
    model: str
    name: str
    description: str | None
    tags: list[str]
    source: str
    kind: str
    revision: str | None
    revisions: list[str]
    variants: list[Variant]
    problems: NotRequired[list[str]]
    status: str
    active: bool
    private: bool
    format: str | None
    architecture: str | None
    parameters: int | None
    quantization: str | None
    context_length: int | None
    license: str | None
    size_bytes: int
    files: list[ModelFile]
    owner: str | None
    downloaded_by: str | None
    pinned: bool
    aliases: list[str]
    created_at: str
    last_used_at: str | None
    stats: ModelStats


class ModelPage(TypedDict):
    """Of ``GET /api/models``."""

    count: int
    models: list[Model]


class Existence(TypedDict):
    """Whether a verified, complete model is on the shelf; ``status`` is None for one never heard of."""

    exists: bool
    status: str | None


class Deletion(Model):
    """A model that was deleted, or would be. Bytes; ``job_id`` is of a purge that began at once."""

    frees_bytes: int
    shared_bytes: int
    purge_after: str | None
    job_id: str | None


class FilePage(TypedDict):
    """Of ``GET /api/models/{id}/files``."""

    count: int
    files: list[ModelFile]


class Check(TypedDict):
    """Of ``POST …/verify`` and ``POST /api/v1/scans``: the job, and where its findings and counts will stand."""

    job_id: str
    findings: str
    outcome: str
    job: Job


class Finding(TypedDict):
    """Something in the store that is not as it should be; ``path`` is relative to the store."""

    id: int
    problem: str
    meaning: str
    detail: str
    hint: str | None
    path: str
    model: str | None
    size: int | None
    job_id: str | None
    found_at: str
    resolved_at: str | None


class FindingPage(TypedDict):
    """Of ``GET /api/v1/findings``."""

    count: int
    findings: list[Finding]


class Outcome(TypedDict):
    """What a verification or a scan came to, in blobs."""

    job_id: str
    kind: str
    model: str | None
    right: int
    damaged: int
    missing: int
    strays: int
    started_at: str
    finished_at: str


class OutcomePage(TypedDict):
    """Of ``GET /api/v1/checks``."""

    count: int
    checks: list[Outcome]


class StoreUsage(TypedDict):
    """Bytes in the store, each inode once; None before the first scan."""

    bytes_free: int | None
    hub_bytes: int | None
    quarantine_bytes: int | None
    trash_bytes: int | None
    parts_bytes: int | None
    foreign_bytes: int | None
    scanned_at: str | None


class Refusal(TypedDict):
    """A file that an import does not take, and why."""

    path: str
    reason: str


class ImportedRevision(TypedDict):
    """One set of files of an import."""

    revision: str | None
    refs: list[str]
    files: int
    bytes: int
    refused: list[Refusal]


class ImportedModel(TypedDict):
    """One model of an import: what became of it, or will; ``state`` only in a job."""

    folder: str
    model: str | None
    source: str | None
    status: str
    reason: str | None
    revisions: list[ImportedRevision]
    bytes_here: int
    bytes_linked: int
    bytes_copied: int
    state: NotRequired[str]


class ImportTotals(TypedDict):
    """Over all models of an import that were not refused."""

    models: int
    refused: int
    files: int
    bytes_here: int
    bytes_linked: int
    bytes_copied: int


class ImportPlan(TypedDict):
    """What an import would do."""

    dry_run: bool
    path: str
    kind: str
    copy: bool
    totals: ImportTotals
    models: list[ImportedModel]


class ImportStarted(TypedDict):
    """The job of an import."""

    job_id: str
    status: JobStatus
    dry_run: bool
    path: str


class Import(Job):
    """An import job; ``models`` only where one import is asked for."""

    job_id: str
    path: str
    read_as: str
    name: str | None
    copy: bool
    totals: ImportTotals
    models: NotRequired[list[ImportedModel]]


class ImportPage(TypedDict):
    """Of ``GET /api/v1/imports``."""

    count: int
    imports: list[Import]


class Event(TypedDict):
    """One line of the access log. What was not measured is None."""

    id: str
    type: str
    timestamp: str
    model: str | None
    username: str | None
    ip_address: str | None
    user_agent: str | None
    success: bool | None
    error_code: str | None
    duration_ms: float | None
    bytes_out: int | None


class EventPage(TypedDict):
    """Of ``GET /api/v1/events``."""

    count: int
    events: list[Event]


class DownloadRequest(TypedDict):
    """The record of somebody asking for something. The album fields are None for models."""

    id: int
    task_id: str
    artist: str | None
    album: str | None
    username: str
    vpn_ip: str
    status: str
    timestamp: str
    slskd_username: str | None
    file_count: int | None
    completed_files: int | None
    total_size: int | None
    album_directory: str | None
    completed_at: str | None
    kind: str
    model: str | None
    job_id: str | None
    error: str | None
    identified_by: str | None


class DownloadRequestPage(TypedDict):
    """Of ``GET /api/v1/downloads/history`` and its narrower forms."""

    count: int
    requests: list[DownloadRequest]


class Activity(TypedDict):
    """One line of what happened lately."""

    timestamp: str
    action: str
    model: str | None
    username: str | None
    ip_address: str | None


class Stats(TypedDict):
    """Of ``GET /api/stats``; ``total_size_bytes`` counts shared files once."""

    total_models: int
    total_size_bytes: int
    total_requests: int
    unique_users: int
    total_downloads: int
    recent_activity: list[Activity]


class Health(TypedDict):
    """Of ``GET /health``: how the depot is, part by part."""

    status: str
    version: str
    uptime_seconds: float
    gpu: object
    cache: dict[str, object]
    downloads: dict[str, int]
    backends: dict[str, bool]
    roles: list[str]
    workers: int
    database: dict[str, object]
    store: dict[str, object]
    events: dict[str, float]
