"""``steelyard show``: one model."""

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, ModelName
from steelyard.cli.tables import Column, print_facts, print_rows
from steelyard.cli.words import NOTHING, joined, percent, plain, since, size
from steelyard.client import Client
from steelyard.client.shapes import Job, Model, ModelFile, Variant

_FILES = (Column("File", whole=True), Column("Size", right=True))
_STATE, _HASH = Column("State"), Column("SHA-256", clip=True)


def show(
    context: typer.Context,
    model: ModelName,
    as_json: AsJson = False,
) -> None:
    """Show one model: facts, files, use."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.models.get(model)
        last = _last_job(client, found)
    if as_json:
        desk.json(found)
        return
    facts = [*_facts(desk, found), *_trouble(last), *_use(desk, found)]
    print_facts(desk, [(name, value) for name, value in facts if value != NOTHING])
    if found.get("files"):
        desk.print("")
        _print_files(desk, found["files"])


def _print_files(desk: Desk, files: list[ModelFile]) -> None:
    states = [file.get("state", "stored") for file in files]
    hashes = [plain(file.get("sha256")) for file in files]
    rows = [(plain(file["path"]), size(file["size"])) for file in files]
    if any(state != "stored" for state in states):
        stated = [(*row, plain(state), digest) for row, state, digest in zip(rows, states, hashes, strict=True)]
        print_rows(desk, (*_FILES, _STATE, _HASH), stated)
    else:
        print_rows(desk, (*_FILES, _HASH), [(*row, digest) for row, digest in zip(rows, hashes, strict=True)])


def _last_job(client: Client, model: Model) -> Job | None:
    if model["status"] != "failed":
        return None
    return next(iter(client.jobs.list(model=model["model"], limit=1)["jobs"]), None)


def _trouble(job: Job | None) -> list[tuple[str, str]]:
    return [("Error", plain(job["error"])), ("Hint", plain(job["hint"]))] if job else []


def _facts(desk: Desk, model: Model) -> list[tuple[str, str]]:
    parameters = model.get("parameters")
    return [
        ("Model", plain(model["model"])),
        ("Name", plain(model.get("name") if model.get("name") != model["model"] else None)),
        ("Description", plain(model.get("description"))),
        ("Id", plain(model["id"])),
        ("Status", plain(model["status"]) + ("" if model.get("active", True) else " (inactive)")),
        ("Source", plain(model.get("source"))),
        ("Revision", plain(model.get("revision"))),
        ("Format", plain(model.get("format"))),
        ("Variants", joined([_variant(variant) for variant in model.get("variants", [])])),
        ("Architecture", plain(model.get("architecture"))),
        ("Parameters", plain(None if parameters is None else f"{parameters:,}")),
        ("Quantisation", plain(model.get("quantization"))),
        ("Context", plain(model.get("context_length"))),
        ("Licence", plain(model.get("license"))),
        ("Size", size(model.get("size_bytes"))),
        ("Owner", plain(model.get("owner"))),
        ("Treated as", joined([word for word in ("pinned", "private") if model.get(word)])),
        ("Tags", joined(model.get("tags", []))),
        ("Aliases", joined(model.get("aliases", []))),
        ("Problems", joined(model.get("problems", []))),
        ("Added", since(model.get("created_at"), desk.clock.now())),
    ]


def _variant(variant: Variant) -> str:
    return f"{variant['name']} ({size(variant['size_bytes'])}{', default' if variant['default'] else ''})"


def _use(desk: Desk, model: Model) -> list[tuple[str, str]]:
    stats, now = model.get("stats") or {}, desk.clock.now()
    return [
        ("First pulled by", plain(stats.get("first_downloaded_by"))),
        ("First pulled", since(stats.get("first_downloaded_at"), now)),
        ("First pulled from", plain(stats.get("first_downloaded_from"))),
        ("Last used", since(model.get("last_used_at"), now, never="never")),
        ("Downloads", plain(stats.get("download_count", 0))),
        ("Looked at", plain(stats.get("access_count", 0))),
        ("Requests", plain(stats.get("total_requests", 0))),
        ("Uses", plain(stats.get("uses", 0))),
        ("Users", plain(stats.get("unique_users"))),
        ("Success rate", percent(stats.get("success_rate"))),
    ]
