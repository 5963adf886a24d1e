"""``steelyard doctor``: looks at this machine and its settings, without a server."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import FAILED, desk_of
from steelyard.cli.options import AsJson

_MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


def doctor(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The depot's own folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check settings, disk, database and the way to the hub."""
    # Late on purpose: see serve.py.
    from steelyard.checkup import examine, read_mounts
    from steelyard.settings import load

    desk = desk_of(context)
    findings = list(examine(load(desk.environ, {"home": home}), desk.environ, read_mounts()))
    if as_json:
        desk.json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            desk.print(f"{_MARKS[finding.level]}  {finding.name}: {finding.detail}")
            if finding.level != "ok" and finding.remedy:
                desk.print(f"         {finding.remedy}")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(FAILED)
