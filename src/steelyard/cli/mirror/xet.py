"""Whether anything leads clients to the hub's Xet store, past the depot.

A client that reads ``xetHash`` in a tree, or Xet headers on a file, asks for a read token and then fetches from the
store itself: nothing is kept, counted or verified here, and without a way out the download fails.
"""

from collections.abc import Iterator, Mapping

from steelyard.cli.mirror.answer import Answer, Outcome, document
from steelyard.cli.mirror.finding import Finding, fault, fine
from steelyard.cli.mirror.observed import Observed

NAME = "xet"
_REMEDY = (
    "Update the depot, and check that no other mirror or proxy answers in its place. Until then set"
    " HF_HUB_DISABLE_XET=1 on the clients."
)


def check(seen: Observed) -> Iterator[Finding]:
    """Every announcement found, in one finding."""
    if seen.model is None:
        return
    found = [*_documents(seen), *_headers(seen)]
    if found:
        yield fault(NAME, f"clients are led around the depot: {', '.join(dict.fromkeys(found))}", _REMEDY)
    else:
        yield fine(NAME, "nothing leads clients around the depot")


def _documents(seen: Observed) -> Iterator[str]:
    model = seen.model
    if model is not None:
        named: dict[str, Outcome | None] = {"the info": seen.info, "the tree": model.tree, "paths-info": model.paths}
        yield from (f"xetHash in {name}" for name, outcome in named.items() if _mentions(document(outcome)))


def _headers(seen: Observed) -> Iterator[str]:
    for look in seen.looks():
        for outcome in (look.head, look.get):
            if isinstance(outcome, Answer):
                yield from _announced(outcome.headers)


def _announced(headers: Mapping[str, str]) -> Iterator[str]:
    yield from (f"header {name}" for name in headers if name.startswith("x-xet-"))
    if "xet-auth" in headers.get("link", ""):
        yield "header link (xet-auth)"


def _mentions(said: object) -> bool:
    if isinstance(said, dict):
        return bool(said.get("xetHash")) or any(map(_mentions, said.values()))
    return isinstance(said, list) and any(map(_mentions, said))
