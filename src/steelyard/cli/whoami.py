"""``steelyard whoami``: who the depot takes you for."""

import typer

from steelyard.cli.desk import desk_of
from steelyard.cli.options import AsJson
from steelyard.cli.tables import print_facts
from steelyard.cli.words import joined, plain
from steelyard.client.shapes import Me


def whoami(context: typer.Context, as_json: AsJson = False) -> None:
    """Show who you are to the depot, how it knows, and what you may do."""
    desk = desk_of(context)
    with desk.client() as client:
        me = client.users.me()
    if as_json:
        desk.json(me)
    else:
        print_facts(desk, _facts(me))
        if me["role"] is None:
            desk.notice("The depot does not know you. Ask its administrator for an account, and set STEELYARD_TOKEN.")


def _facts(me: Me) -> list[tuple[str, str]]:
    return [
        ("Name", plain(me["username"])),
        ("Known by", plain(me["identified_by"])),
        ("Account", plain(me["account"])),
        ("Role", plain(me["role"])),
        ("Shown", plain(me["credential"])),
        ("Scopes", "all that the role may" if me["scopes"] is None else joined(me["scopes"])),
        ("Depot", "open: everybody is an administrator" if me["mode"] == "open" else "wants to know who asks"),
    ]
