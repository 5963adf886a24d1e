"""Whether clients are sent elsewhere."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from steelyard.cli.mirror.answer import Answer
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed

NAME = "redirects"


def check(seen: Observed) -> Iterator[Finding]:
    """The first redirect that leaves the address, else the first one at all."""
    sent = [answer for answer in seen.answers() if answer.target is not None]
    away = next((answer for answer in sent if not _is_same_origin(answer)), None)
    if away is not None:
        yield _leaving(away, seen.place.base)
    elif sent:
        detail = f"{sent[0].path} is sent on to {urlsplit(sent[0].target or '').path}"
        yield doubt(NAME, detail, "Does a proxy complete or clean up paths? Let them through as they are.")
    else:
        yield fine(NAME, "nobody is sent elsewhere")


def _leaving(answer: Answer, base: str) -> Finding:
    target = urlsplit(answer.target or "")
    if target.hostname == urlsplit(answer.url).hostname and target.scheme == "https":
        return fault(NAME, "everything is sent on to https", f"Use https: HF_ENDPOINT=https{base[base.index(':') :]}")
    detail = (
        f"{answer.path} is sent on to {target.scheme}://{target.hostname}: clients leave the depot, and their token"
    )
    return fault(NAME, f"{detail} stays behind", "Is this the depot? It serves files itself. Check what answers there.")


def _is_same_origin(answer: Answer) -> bool:
    here, there = urlsplit(answer.url), urlsplit(answer.target or "")
    return (here.scheme, here.netloc) == (there.scheme, there.netloc)
