"""``steelyard verify``: is everything that the depot has still what it was? One model by its hashes, or the store."""

from typing import Annotated

import typer

from steelyard.cli.desk import FAILED, Desk, desk_of
from steelyard.cli.follow import ended_well, follow, leave
from steelyard.cli.names import model_names
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, plain, size
from steelyard.client import Client
from steelyard.client.shapes import Check, Finding, FindingPage, Outcome

_COLUMNS = (
    Column("Problem"),
    Column("Model", whole=True),
    Column("Path", tail=24, spare=True),
    Column("Size", right=True, spare=True),
    Column("Found", spare=True),
)
_SHOWN = 100
_READ = (".gguf", ".safetensors")  # files whose heads the depot reads; `show` tells of the others


def verify(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(help="A model, every byte of which is read; else the store.", autocompletion=model_names),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the result.")] = True,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Believe it when most of the store is gone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a model's files again, or compare the whole store with the catalog."""
    if model and accept_missing:
        raise typer.BadParameter("--accept-missing is for the whole store; leave out the model")
    desk = desk_of(context)
    with desk.client() as client:
        check = client.models.verify(model) if model else client.store.scan(accept_missing=accept_missing)
        if wait:
            _wait(desk, client, check, model, as_json)
        elif as_json:
            desk.json(check)
        else:
            leave(desk, client, check["job_id"])


def _wait(desk: Desk, client: Client, check: Check, model: str | None, as_json: bool) -> None:
    """Raises typer.Exit with 1 when the job failed or something is wrong."""
    ended_well(desk, follow(desk, client, check["job_id"]))
    # A scan also tells of what it did not find anew: what is wrong is wrong until it is mended.
    found = client.store.findings(model=model, limit=_SHOWN)
    outcome = next(iter(client.store.checks(job=check["job_id"])["checks"]), None)
    problems = _unsound(client, model) if model else []
    if as_json:
        desk.json({"outcome": outcome, **found, "problems": problems})
    else:
        _print(desk, outcome, found, problems)
    if found["count"] or problems:
        raise typer.Exit(FAILED)


def _unsound(client: Client, model: str) -> list[str]:
    """Weights that were never whole: their bytes are those that came, and no engine can load them."""
    problems = client.models.get(model).get("problems") or []
    return [line for line in problems if line.partition(": ")[0].lower().endswith(_READ)]


def _print(desk: Desk, outcome: Outcome | None, found: FindingPage, problems: list[str]) -> None:
    if found["findings"]:
        print_rows(desk, _COLUMNS, (_row(desk, finding) for finding in found["findings"]))
    if outcome is not None:
        desk.notice(_sum(outcome, found))
    for hint in dict.fromkeys(plain(finding["hint"]) for finding in found["findings"] if finding["hint"]):
        desk.notice(f"Hint:  {hint}")
    for line in problems:
        desk.notice(f"Problem: {plain(line)}")
    if problems:
        desk.notice("Hint:  It was so when it came. Bring a whole copy of the file: pull or import it again.")
    elif not found["findings"]:
        desk.notice("Nothing is wrong.")
    if found["findings"] and len(found["findings"]) < found["count"]:
        desk.notice(f"The newest {len(found['findings'])} of {found['count']}.")


def _sum(outcome: Outcome, found: FindingPage) -> str:
    """What this check found itself, apart from what was known before and is not mended yet."""
    found_now = outcome["damaged"] + outcome["missing"] + outcome["strays"]
    before = max(0, found["count"] - found_now)
    still = f" Still open from before: {before}." if before else ""
    parts = f"{outcome['right']} right, {outcome['damaged']} damaged, {outcome['missing']} missing"
    return f"Files in this check: {parts}.{still}"


def _row(desk: Desk, finding: Finding) -> tuple[str, ...]:
    return (
        plain(finding["problem"]).replace("_", " "),
        plain(finding["model"]),
        plain(finding["path"]),
        size(finding["size"]),
        ago(finding["found_at"], desk.clock.now()),
    )
