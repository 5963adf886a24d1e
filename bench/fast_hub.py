"""A hub that is no bottleneck: nginx sends the files, the stand-in hub answers everything else."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import nginx, upstream

_SERVER = """
  location / {{ proxy_pass {hub}; proxy_set_header Host $http_host; }}
  location ~ "^/(bench/[^/]+)/resolve/[0-9a-f]+/(.+)$" {{
    error_page 418 = @hub;
    if ($request_method = HEAD) {{ return 418; }}
    alias {root}/$1/$2;
  }}
  location @hub {{ proxy_pass {hub}; proxy_set_header Host $http_host; }}
"""


@contextmanager
def serving(root: Path, work: Path) -> Iterator[str]:
    """The address of a hub that serves the folder; the stand-in hub alone where nginx is not installed."""
    with ExitStack() as running:
        hub = running.enter_context(upstream.serving(root))
        if not nginx.is_installed():
            print("!!! nginx is not installed: the stand-in hub sends the files, more slowly", flush=True)
            yield hub
            return
        port = running.enter_context(nginx.running(work / "nginx-hub", _SERVER.format(hub=hub, root=root)))
        yield f"http://127.0.0.1:{port}"
