"""``steelyard doctor``: looks at this machine and its settings, without a server."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import FAILED, desk_of
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
    as_json: AsJson = False,
) -> None:
    """Check settings, disk, database and the way to the hub. Nothing is made or changed."""
    # Late on purpose: see serve.py.
    from steelyard.checkup import examine, read_mounts
    from steelyard.settings import load

    desk = desk_of(context)
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
