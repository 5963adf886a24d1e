"""Which proxy clients on this machine would use, as their HTTP library (httpx) reads the environment."""

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


def proxy_of(environ: Mapping[str, str], url: str) -> str | None:
    """Name and port of the proxy for this address; None when clients connect themselves. Never its password."""
    parts = urlsplit(url)
    named = _variable(environ, f"{parts.scheme}_proxy") or _variable(environ, "all_proxy")
    excepted = _variable(environ, "no_proxy").split(",")
    if not named or any(_spares(entry.strip().lower(), parts) for entry in excepted):
        return None
    return urlsplit(named if "://" in named else f"http://{named}").netloc.rpartition("@")[2]


def _spares(entry: str, parts: SplitResult) -> bool:
    """Whether an entry of NO_PROXY is about this address: ``*``, a name with all below it, or the same with a port."""
    host, port = parts.hostname or "", parts.port
    name = entry.rpartition("://")[2].removesuffix(f":{port}" if port else "")
    if not name:
        return False
    return name in {"*", host, f"[{host}]"} or host.endswith(f".{name.lstrip('.')}")


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""
