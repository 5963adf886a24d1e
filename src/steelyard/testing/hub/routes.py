"""Which address leads where, on both origins."""

from aiohttp import web

from steelyard.testing.hub import control, files, metadata
from steelyard.testing.hub.ledger import Origin
from steelyard.testing.hub.middleware import record
from steelyard.testing.hub.state import ORIGIN, STATE, HubState

_REPO = "{repo:[^/]+(?:/[^/]+)?}"
_API = "/api/{kind:models|datasets|spaces}/" + _REPO
_RESOLVE = "/{kind:(?:datasets/|spaces/)?}" + _REPO + "/resolve/{rev}/{path:.+}"


def hub_app(state: HubState) -> web.Application:
    """The hub's own origin. A revision is one segment: its slashes come as ``%2F``."""
    app = _app(state, "hub")
    add = app.router.add_get
    add("/api/whoami-v2", metadata.whoami, name="whoami")
    add("/api/agent-harnesses", metadata.agent_harnesses, name="agent-harnesses")
    add("/api/telemetry{tail:(?:/.*)?}", metadata.telemetry, name="telemetry")
    add(f"{_API}/revision/{{rev}}", metadata.info, name="revision")
    add(f"{_API}/tree/{{rev}}{{path:(?:/.*)?}}", metadata.tree, name="tree")
    add(f"{_API}/refs", metadata.refs, name="refs")
    add(f"{_API}/commits/{{rev}}", metadata.commits, name="commits")
    add(f"{_API}/auth-check", metadata.auth_check, name="auth-check")
    add(f"{_API}/xet-read-token/{{rev}}", metadata.xet_read_token, name="xet-read-token")
    app.router.add_post(f"{_API}/paths-info/{{rev}}", metadata.paths_info, name="paths-info")
    add(_API, metadata.info, name="info")
    _add_control(app)
    add(_RESOLVE, files.resolve, name="resolve")
    return app


def cdn_app(state: HubState) -> web.Application:
    """The other origin: files, and the address of a Xet store."""
    app = _app(state, "cdn")
    app.router.add_get(_RESOLVE, files.resolve_on_cdn, name="resolve")
    app.router.add_route("*", "/xet{tail:(?:/.*)?}", metadata.cas, name="cas")
    return app


def _app(state: HubState, origin: Origin) -> web.Application:
    app = web.Application(middlewares=[record], client_max_size=16 << 20)
    app[STATE] = state
    app[ORIGIN] = origin
    return app


def _add_control(app: web.Application) -> None:
    app.router.add_get("/_hub/ledger", control.ledger)
    app.router.add_delete("/_hub/ledger", control.clear_ledger)
    app.router.add_get("/_hub/faults", control.list_faults)
    app.router.add_post("/_hub/faults", control.add_fault)
    app.router.add_delete("/_hub/faults", control.clear_faults)
