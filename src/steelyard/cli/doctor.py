"""``steelyard doctor``: looks at this machine and its settings, or at a mirror from a client's seat.

It can also make the counts of days anew.
"""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import FAILED, NO_SERVER, Desk, desk_of
from steelyard.cli.mirror.asker import HttpAsker
from steelyard.cli.mirror.examine import examine as examine_mirror
from steelyard.cli.mirror.finding import any_error
from steelyard.cli.mirror.place import places
from steelyard.cli.mirror.reach import is_unreachable
from steelyard.cli.mirror.report import print_report, report_json
from steelyard.cli.mirror.seat import seat_of
from steelyard.cli.mirror.survey import observe
from steelyard.cli.options import AsJson

_SCOPE = (
    "These are the settings of this command; a server that runs may have others. For a depot elsewhere give its --home"
    " and --store."
)
_MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


def doctor(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The depot's own folder.")] = None,
    store: Annotated[Path | None, typer.Option(help="The folder with the bytes.")] = None,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Test this mirror from a client's seat instead: http://depot:8420/hf."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="ORG/NAME", help="With --mirror: the model to try; else the first one that is ready."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="With --mirror: what clients send, if not HF_TOKEN.")] = None,
    recount: Annotated[
        str | None,
        typer.Option(metavar="DAY|all", help="Make the statistics of a UTC day (2026-11-20) anew from the events."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check settings, disk, database and the way to the hub; nothing is made or changed.

    With --mirror, check a depot's mirror as its clients see it. With --recount, make counts that were damaged anew;
    the depot may run meanwhile.
    """
    desk = desk_of(context)
    if recount is not None:
        if mirror is not None or model is not None or token is not None:
            raise typer.BadParameter("--recount goes with --home and --store alone")
        _recount(desk, home, store, _day(recount), as_json)
    elif mirror is None:
        if model is not None or token is not None:
            raise typer.BadParameter("--model and --token belong to --mirror URL")
        _look_here(desk, home, store, as_json)
    elif home is not None or store is not None:
        raise typer.BadParameter("--mirror looks at a depot from outside; leave out --home and --store")
    else:
        _look_there(desk, mirror, model, token or desk.token, as_json)


def _look_here(desk: Desk, home: Path | None, store: Path | None, as_json: bool) -> None:
    # Late on purpose: see serve.py.
    from steelyard.checkup import examine, read_mounts
    from steelyard.settings import load

    loaded = load(desk.environ, {"home": home, "store": store})
    findings = list(examine(loaded, desk.environ, read_mounts()))
    if as_json:
        desk.json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            desk.print(f"{_MARKS[finding.level]}  {finding.name}: {finding.detail}")
            if finding.level != "ok" and finding.remedy:
                desk.print(f"         {finding.remedy}")
        desk.notice(_SCOPE)
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(FAILED)


def _day(text: str) -> date | None:
    """The day that is meant, None for all. Raises typer.BadParameter."""
    if text == "all":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--recount takes a day like 2026-11-20, or all; not {text!r}") from error


def _recount(desk: Desk, home: Path | None, store: Path | None, wanted: date | None, as_json: bool) -> None:
    # Late on purpose: see serve.py.
    from steelyard.recounting import RecountedDay, recount
    from steelyard.settings import load

    done: list[RecountedDay] = []

    def tell(day: RecountedDay) -> None:
        done.append(day)
        (desk.notice if as_json else desk.print)(_line(day.day, day.events, day.counted_before, day.number, day.days))

    recount(load(desk.environ, {"home": home, "store": store}).settings, wanted, tell)
    if as_json:
        desk.json([_json(asdict(day)) for day in done])
        return
    wrong = sum(day.counted_before != day.events for day in done)
    desk.notice(f"Days counted anew: {len(done)}; of these had other counts before: {wrong}.")


def _line(day: str, events: int, before: int | None, number: int, days: int) -> str:
    was = "as before" if before == events else "could not be read before" if before is None else f"before: {before:,}"
    return f"{day}  {events:,} events ({was}), {number} of {days}"


def _json(day: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in day.items() if name not in {"number", "days"}}


def _look_there(desk: Desk, url: str, model: str | None, token: str | None, as_json: bool) -> None:
    """Raises BadAddress; typer.Exit with 3 when nobody answers, with 1 when something is wrong."""
    candidates = places(url)
    with HttpAsker() as asker:
        seen = observe(asker, seat_of(desk.environ, token), candidates, model)
    findings = examine_mirror(seen)
    if as_json:
        desk.json(report_json(seen, findings))
    else:
        print_report(desk, seen, findings)
    if is_unreachable(seen):
        raise typer.Exit(NO_SERVER)
    if any_error(findings):
        raise typer.Exit(FAILED)
