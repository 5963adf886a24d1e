"""How jobs look on the command line."""

from steelyard.cli.desk import Desk
from steelyard.cli.tables import Column, print_facts, print_rows
from steelyard.cli.words import NOTHING, ago, duration, percent, plain, short, since, size, speed
from steelyard.client.shapes import Job, JobPage

_COLUMNS = (
    Column("Id", tail=12),  # 48 random bits: they tell jobs apart, and the other verbs take them
    Column("Kind", spare=True),
    Column("Model", whole=True),
    Column("Status"),
    Column("Done", right=True),
    Column("Size", right=True, spare=True),
    Column("Left", right=True),
    Column("Asked by"),
    Column("Created", spare=True),
)
_ERROR = Column("Error", clip=True)


def print_jobs(desk: Desk, found: JobPage) -> None:
    """A page of jobs, or what to do when there are none."""
    if not found["jobs"]:
        desk.notice("No jobs. `steelyard pull gpt2` starts one.")
        return
    if any(job["error"] for job in found["jobs"]):
        rows = ((*_row(desk, job), short(job["error"])) for job in found["jobs"])
        print_rows(desk, (*_COLUMNS, _ERROR), rows)
    else:
        print_rows(desk, _COLUMNS, (_row(desk, job) for job in found["jobs"]))
    if len(found["jobs"]) < found["count"]:
        desk.notice(f"{len(found['jobs'])} of {found['count']} jobs. See more with --limit.")


def print_job(desk: Desk, job: Job) -> None:
    """All about one job."""
    now, moving = desk.clock.now(), is_moving(job)
    facts = [
        ("Job", plain(job["id"])),
        ("Kind", plain(job["kind"])),
        ("Model", plain(job["model"])),
        ("Revision", plain(job["revision"])),
        ("Status", _status(job)),
        ("Done", f"{percent(job['progress'])}, {size(job['downloaded_bytes'])} of {size(job['total_bytes'])}"),
        ("Speed", speed(job["bytes_per_second"]) if moving else NOTHING),
        ("Left", duration(job["eta_seconds"]) if moving else NOTHING),
        ("File", plain(job["current_file"])),
        ("Attempt", plain(job["attempt"])),
        ("Priority", plain(job["priority"])),
        ("Asked by", plain(job["requested_by"])),
        ("Created", since(job["created_at"], now)),
        ("Started", since(job["started_at"], now)),
        ("Finished", since(job["finished_at"], now)),
    ]
    trouble = [("Error", plain(job["error"]))] if job["error"] else []
    advice = [("Hint", plain(job["hint"]))] if job["hint"] else []
    print_facts(desk, [*facts, *trouble, *advice])


def about(job: Job) -> str:
    """The model, or the kind of work. An import is about the model at hand until it is over, then about all of them."""
    is_over = job["kind"] == "import" and job["status"] in {"succeeded", "cancelled"}
    return job["kind"] if is_over else job["model"] or job["kind"]


def is_moving(job: Job) -> bool:
    """Whether bytes come in now, so that speed and time left mean something."""
    return job["status"] == "running" and bool(job["bytes_per_second"])


def _row(desk: Desk, job: Job) -> tuple[str, ...]:
    return (
        plain(job["id"]),
        plain(job["kind"]),
        plain(job["model"]),
        _status(job),
        percent(job["progress"]),
        size(job["total_bytes"]),
        duration(job["eta_seconds"]) if is_moving(job) else NOTHING,
        plain(job["requested_by"]),
        ago(job["created_at"], desk.clock.now()),
    )


def _status(job: Job) -> str:
    reason = job.get("pause_reason")
    return plain(job["status"] if not reason else f"{job['status']} ({reason})")
