"""What this machine's environment makes of clients."""

from collections.abc import Iterator

from steelyard.cli.mirror.finding import Finding, doubt, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.place import shown
from steelyard.cli.mirror.proxies import proxy_of

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")


def check(seen: Observed) -> Iterator[Finding]:
    """HF_ENDPOINT always, the rest where it stands in the way."""
    yield _endpoint(seen)
    yield from _offline(seen)
    if seen.seat.says_yes("HF_HUB_ENABLE_HF_TRANSFER"):
        detail = "HF_HUB_ENABLE_HF_TRANSFER is set: newer clients ignore it, older ones cannot resume with it"
        yield doubt("hf_transfer", detail, "unset HF_HUB_ENABLE_HF_TRANSFER")
    proxy = proxy_of(seen.seat.environ, seen.place.base)
    if proxy is not None:
        detail = f"requests to the depot go through the proxy {proxy}"
        yield doubt("proxy", detail, f"Add {seen.place.host} to NO_PROXY, unless that is the only way.")
    if seen.seat.says_yes("HF_HUB_DISABLE_XET"):
        yield fine("disable xet", "HF_HUB_DISABLE_XET is set: pushing needs it, pulling does not")


def _endpoint(seen: Observed) -> Finding:
    wanted = seen.place.base
    found = seen.seat.environ.get("HF_ENDPOINT", "").rstrip("/")
    if found == wanted:
        return fine("HF_ENDPOINT", f"set to {shown(wanted)}")
    said = f"is set to {shown(found)}" if found else "is not set here"
    return doubt("HF_ENDPOINT", f"{said}: clients started here do not ask this mirror", f"export HF_ENDPOINT={wanted}")


def _offline(seen: Observed) -> Iterator[Finding]:
    named = [variable for variable in _OFFLINE if seen.seat.says_yes(variable)]
    if named:
        names = " and ".join(named)
        yield doubt("offline", f"{names}: clients started here ask nobody", f"unset {' '.join(named)}")
