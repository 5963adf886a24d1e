"""``steelyard quotas``: how much somebody may hold and bring."""

from typing import Annotated, Literal

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import NOTHING, ago, plain, size
from steelyard.client.shapes import Quota, QuotaStanding

app = typer.Typer(add_completion=False, invoke_without_command=True)

User = Annotated[str | None, typer.Option(help="Only for this person.")]
Role = Annotated[Literal["viewer", "member", "service"] | None, typer.Option(help="For everybody of this role.")]
Period = Literal["day", "week", "month"]
_COLUMNS = (
    Column("For", whole=True),
    Column("Holds", right=True),
    Column("Brings", right=True),
    Column("Requests", right=True),
    Column("In a"),
    Column("Changed", spare=True),
    Column("By", spare=True),
)
_STANDING = (Column("Limit on"), Column("Used", right=True), Column("Of", right=True), Column("In a"))


@app.callback()
def quotas(context: typer.Context, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List quotas, set and clear them, or see how you stand."""
    if context.invoked_subcommand is None:
        _list(desk_of(context), limit, as_json)


@app.command("list")
def list_quotas(context: typer.Context, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List what is set. For administrators."""
    _list(desk_of(context), limit, as_json)


@app.command("set")
def set_quota(
    context: typer.Context,
    user: User = None,
    role: Role = None,
    holds: Annotated[str | None, typer.Option(help="How much may be held, such as 100GB.")] = None,
    brings: Annotated[str | None, typer.Option(help="How much may be brought in a period, such as 50GB.")] = None,
    requests: Annotated[int | None, typer.Option(min=0, help="How many requests in a period.")] = None,
    period: Annotated[Period, typer.Option(help="The last 1, 7 or 30 days.")] = "month",
    as_json: AsJson = False,
) -> None:
    """Set all limits of a person, of a role, or of everybody. What is left out falls back on the less specific."""
    _require_one(user, role)
    desk = desk_of(context)
    with desk.client() as client:
        told = client.quotas.set(
            user=user, role=role, held_bytes=holds, period_bytes=brings, period_requests=requests, period=period
        )
    if as_json:
        desk.json(told)
    else:
        print_rows(desk, _COLUMNS, [_row(desk, told)])


@app.command()
def clear(context: typer.Context, user: User = None, role: Role = None) -> None:
    """Let a person, a role, or everybody have no quota of their own."""
    _require_one(user, role)
    desk = desk_of(context)
    with desk.client() as client:
        client.quotas.clear(user=user, role=role)
    desk.notice("Cleared.")


@app.command()
def me(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Somebody else; for administrators.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show your own limits, and what you have used of them."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.quotas.me() if user is None else client.quotas.of_user(user)
    if as_json:
        desk.json(found)
    else:
        print_rows(desk, _STANDING, _stands(found))


def _require_one(user: str | None, role: str | None) -> None:
    if user is not None and role is not None:
        raise typer.BadParameter("give --user or --role, or neither for everybody")


def _list(desk: Desk, limit: int, as_json: bool) -> None:
    with desk.client() as client:
        found = client.quotas.list(limit=limit)
    if as_json:
        desk.json(found)
    elif found["quotas"]:
        print_rows(desk, _COLUMNS, (_row(desk, quota) for quota in found["quotas"]))
    else:
        desk.notice("No quota is set: nobody is limited.")


def _row(desk: Desk, quota: Quota) -> tuple[str, ...]:
    everybody = quota["kind"] == "everybody"
    return (
        "everybody" if everybody else f"{quota['kind']} {plain(quota['name'])}",
        size(quota["held_bytes"]),
        size(quota["period_bytes"]),
        plain(quota["period_requests"]),
        quota["period"],
        ago(quota["changed_at"], desk.clock.now()),
        plain(quota["changed_by"]),
    )


def _stands(found: QuotaStanding) -> list[tuple[str, ...]]:
    held, moved, asked = found["held_bytes"], found["period_bytes"], found["period_requests"]
    return [
        ("bytes held", size(held["used"]), size(held["limit"]), NOTHING),
        ("bytes brought", size(moved["used"]), size(moved["limit"]), plain(moved.get("period"))),
        ("requests", str(asked["used"]), plain(asked["limit"]), plain(asked.get("period"))),
    ]
