"""What the depot answers. Field names are fixed, more may come: read what you know and pass over the rest.

Times are UTC ISO 8601 with ``Z``, sizes bytes, ratios 0.0 to 1.0.
"""

from typing import Any, Literal, NotRequired, TypedDict

ExportFormat = Literal["csv", "json", "ndjson"]
JobStatus = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
Priority = Literal["low", "medium", "high"]


class PullAnswer(TypedDict):
    """Of ``POST /pull``. ``status`` is ``succeeded``, and ``job_id`` may be None, when the model is already here.

    It is ``awaiting_approval``, for these ``reasons``, when an administrator must agree first; then there is no job.
    """

    job_id: str | None
    task_id: str
    model: str
    revision: str | None
    status: JobStatus | Literal["awaiting_approval"]
    position: int
    reasons: NotRequired[list[str]]
    hint: NotRequired[str | None]


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
    """One model of an import: what became of it, or will; ``state`` only in a job. ``problems`` are what is wrong with
    files that came in; earlier depots do not tell."""

    folder: str
    model: str | None
    source: str | None
    status: str
    reason: str | None
    revisions: list[ImportedRevision]
    bytes_here: int
    bytes_linked: int
    bytes_copied: int
    problems: NotRequired[list[str]]
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


class RejectedEvent(TypedDict):
    """An event that was not taken: its place in the batch, from 0, and why."""

    index: int
    detail: str


class ReportAnswer(TypedDict):
    """Of ``POST /api/v1/events``. ``duplicates`` were reported before."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]


class AuditEntry(TypedDict):
    """One change. ``username`` is None for what the depot did by itself; ``before`` and ``after`` hold what differs."""

    id: int
    timestamp: str
    username: str | None
    identified_by: str
    ip_address: str | None
    credential: str | None
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditPage(TypedDict):
    """Of ``GET /api/v1/audit``."""

    count: int
    entries: list[AuditEntry]


class Quota(TypedDict):
    """What one subject may: ``kind`` is ``user``, ``role`` or ``everybody``. None says nothing; sizes are bytes."""

    kind: str
    name: str
    held_bytes: int | None
    period_bytes: int | None
    period_requests: int | None
    period: str
    changed_at: str
    changed_by: str


class QuotaPage(TypedDict):
    """Of ``GET /api/v1/quotas``."""

    count: int
    quotas: list[Quota]


class QuotaUse(TypedDict):
    """What was used of a limit, None where there is none; ``period`` is ``day``, ``week`` or ``month``."""

    used: int
    limit: int | None
    period: NotRequired[str]


class QuotaStanding(TypedDict):
    """Of ``GET /api/v1/quotas/me``: how somebody stands."""

    username: str
    role: str | None
    held_bytes: QuotaUse
    period_bytes: QuotaUse
    period_requests: QuotaUse


class Approval(TypedDict):
    """A request that has or had to wait. ``status`` is what was decided, ``request_status`` where it stands."""

    task_id: str
    status: str
    model: str
    revision: str | None
    include: list[str]
    exclude: list[str]
    variant: str | None
    source: str
    username: str
    identified_by: str
    vpn_ip: str
    priority: Priority
    size_bytes: int | None
    reasons: list[str]
    asked_at: str
    decided_at: str | None
    decided_by: str | None
    decision_reason: str | None
    request_status: str
    job_id: str | None


class ApprovalPage(TypedDict):
    """Of ``GET /api/v1/approvals``."""

    count: int
    approvals: list[Approval]


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
    models: dict[str, dict[str, int]]
    roles: list[str]
    workers: int
    database: dict[str, object]
    store: dict[str, object]
    events: dict[str, float]


class PrincipalLink(TypedDict):
    """One way in which the depot knows somebody."""

    kind: str
    subject: str


class User(TypedDict):
    """An account."""

    username: str
    role: str
    disabled: bool
    has_password: bool
    created_at: str
    created_by: str
    disabled_at: str | None
    password_changed_at: str | None
    principals: list[PrincipalLink]


class UserPage(TypedDict):
    """Of ``GET /api/v1/users``."""

    count: int
    users: list[User]


class SessionsEnded(TypedDict):
    """Of ``POST /api/v1/users/{name}/logout``."""

    username: str
    ended: int


class ChatUsage(TypedDict):
    """Counted tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatTimings(TypedDict):
    """Milliseconds; ``first_token_ms`` and ``total_ms`` count from when the request came."""

    queue_ms: float
    load_ms: float
    first_token_ms: float | None
    total_ms: float
    prompt_ms: float | None
    answer_ms: float | None


class ChatMessage(TypedDict):
    """What a model answered, or was told."""

    role: str
    content: str
    reasoning: NotRequired[str]
    tool_calls: NotRequired[list[dict[str, Any]]]


class ChatAnswer(TypedDict):
    """Of ``POST /chat``. ``done_reason`` is ``stop``, ``length``, ``tool_calls``, ``load`` or ``unload``."""

    model: str
    created_at: str
    message: ChatMessage
    done: bool
    done_reason: str
    usage: ChatUsage
    timings: ChatTimings
    engine: str
    notes: list[str]
    session: str | None


class ChatDelta(TypedDict, total=False):
    """What is new. Pieces of one tool call have the same ``index``, and its arguments are to be joined."""

    content: str
    reasoning: str
    tool_calls: list[dict[str, Any]]


class ChatChunk(TypedDict):
    """One piece of a streamed answer; all but ``delta`` and ``done`` stand in the last one, which is ``done``."""

    delta: ChatDelta
    done: bool
    model: NotRequired[str]
    created_at: NotRequired[str]
    done_reason: NotRequired[str]
    usage: NotRequired[ChatUsage]
    timings: NotRequired[ChatTimings]
    engine: NotRequired[str]
    notes: NotRequired[list[str]]
    session: NotRequired[str | None]


class Engine(TypedDict):
    """A program that runs models; ``reason`` says why it cannot be used, ``hint`` what helps."""

    name: str
    usable: bool
    reason: str | None
    hint: str | None


class EnginePage(TypedDict):
    """Of ``GET /api/v1/engines``."""

    count: int
    engines: list[Engine]


class LoadedModel(TypedDict):
    """A model in memory; ``in_flight`` requests use it now. ``expires_at`` is None for one that stays.

    ``task`` is ``chat`` or ``embed``: a model that does both is loaded once for each.
    """

    model: str
    engine: str
    size_bytes: int
    context: int
    task: str
    in_flight: int
    pinned: bool
    loaded_at: str
    expires_at: str | None


class LoadedPage(TypedDict):
    """Of ``GET /api/v1/engines/loaded``; ``waiting`` counts requests by model, ``max_loaded`` None is no bound."""

    count: int
    models: list[LoadedModel]
    waiting: dict[str, int]
    used_bytes: int
    budget_bytes: int
    max_loaded: int | None


class Unloaded(TypedDict):
    """Of ``POST /api/v1/engines/unload``: whether it was in memory."""

    model: str
    unloaded: bool


class Session(TypedDict):
    """A conversation that the depot keeps."""

    session: str
    created_at: str
    updated_at: str
    messages: int
    characters: int


class SessionPage(TypedDict):
    """Of ``GET /api/v1/sessions``."""

    count: int
    sessions: list[Session]


class WholeSession(TypedDict):
    """Of ``GET /api/v1/sessions/{session}``."""

    session: str
    created_at: str
    updated_at: str
    characters: int
    count: int
    messages: list[dict[str, Any]]


class Forgotten(TypedDict):
    """Of ``POST /api/v1/users/{name}/forget``: how many rows no longer say who it was."""

    pseudonym: str
    requests: int
    events: int
    jobs: int
    models: int
    principals: int


class SeenPrincipal(PrincipalLink):
    """Somebody who was seen."""

    name: str
    first_seen_at: str
    account: str | None


class PrincipalPage(TypedDict):
    """Of ``GET /api/v1/principals``."""

    count: int
    principals: list[SeenPrincipal]


class Token(TypedDict):
    """A token without its secret; ``status`` is active, expired, revoked or disabled."""

    id: str
    username: str
    label: str
    status: str
    scopes: list[str] | None
    cidrs: list[str] | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


class NewToken(Token):
    """A token with its text."""

    token: str


class PublicKey(TypedDict):
    """A public key whose owner signs requests; ``status`` is active or disabled."""

    id: str
    username: str
    label: str
    fingerprint: str
    public_key: str
    status: str
    scopes: list[str]
    created_at: str
    last_used_at: str | None


class PublicKeyPage(TypedDict):
    """Of ``GET /api/v1/keys``."""

    count: int
    keys: list[PublicKey]


class TokenPage(TypedDict):
    """Of ``GET /api/v1/tokens``."""

    count: int
    tokens: list[Token]


class Me(TypedDict):
    """Of ``GET /api/v1/me``; ``mode`` is open or required."""

    username: str
    account: str | None
    role: str | None
    identified_by: str
    scopes: list[str] | None
    credential: str | None
    mode: str
