"""The one table of who may use which route. A route that stands nowhere here is refused at the start.

What depends on the thing asked for (its owner, whether it is private) is decided where the thing is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from steelyard.identity.principal import Access
from steelyard.identity.roles import Role, Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks for: at least this role, and a token for this scope. Without a role it is for everybody."""

    role: Role | None = None
    scope: Scope = Scope.READ

    def admits(self, access: Access) -> bool:
        """Whether somebody with this access may come in."""
        return self.role is None or access.may(self.role, self.scope)


PUBLIC = Rule()
LOOK = Rule(Role.VIEWER, Scope.READ)
PULL = Rule(Role.MEMBER, Scope.PULL)
CHANGE = Rule(Role.MEMBER, Scope.WRITE)
RUN = Rule(Role.ADMIN, Scope.ADMIN)
ASK = Rule(Role.MEMBER, Scope.READ)  # ask a model something: it takes memory and time that others want too
REPORT = Rule(Role.MEMBER, Scope.REPORT)  # tell what happened elsewhere
OWN = Rule(Role.VIEWER, Scope.ADMIN)  # one's own account: a token cannot touch it unless it was made for that

_MODELS = ("/api/models", "/api/v1/models")
_JOBS = ("/jobs", "/api/v1/jobs")
_ONE = "/{reference:path}"
_Lines = Mapping[str, Rule]

_EVERYBODY: _Lines = {
    "GET /health/live": PUBLIC, "GET /health/ready": PUBLIC, "GET /openapi.json": PUBLIC, "GET /docs": PUBLIC,
    "GET /static/{path:path}": PUBLIC,
}  # fmt: skip
_SHELF: _Lines = {
    "GET ": LOOK, "GET /exists": LOOK, f"GET {_ONE}": LOOK, f"GET {_ONE}/exists": LOOK, f"GET {_ONE}/files": LOOK,
    f"GET {_ONE}/stats": LOOK, f"GET {_ONE}/events": LOOK, f"PATCH {_ONE}": CHANGE, f"PUT {_ONE}": CHANGE,
    f"DELETE {_ONE}": CHANGE, f"POST {_ONE}/restore": CHANGE, f"POST {_ONE}/verify": CHANGE, "POST /download": PULL,
    f"POST {_ONE}/allow": RUN, f"DELETE {_ONE}/allow": RUN,
}  # fmt: skip
_WORK: _Lines = {
    "GET ": LOOK, "GET /{job_id}": LOOK, "GET /{job_id}/events": LOOK, "DELETE /{job_id}": CHANGE,
    "POST /{job_id}/cancel": CHANGE, "POST /{job_id}/pause": CHANGE, "POST /{job_id}/resume": CHANGE,
    "POST /{job_id}/retry": CHANGE,
}  # fmt: skip
_REQUESTS: _Lines = {
    "POST /pull": PULL, "POST /api/v1/pull": PULL, "GET /api/v1/downloads/history": LOOK,
    "GET /api/v1/downloads/history/user/{username}": LOOK, "GET /api/v1/downloads/history/ip/{vpn_ip}": LOOK,
    "GET /api/v1/downloads/request/{task_id}": LOOK, "POST /api/v1/downloads/request/{task_id}/cancel": PULL,
}  # fmt: skip
_HOUSE: _Lines = {
    "GET /health": LOOK, "GET /metrics": LOOK, "GET /api/stats": LOOK, "GET /api/v1/stats": LOOK,
    "GET /api/v1/stats/ip/{ip}": RUN, "GET /api/v1/stats/models": LOOK, "GET /api/v1/stats/users": LOOK,
    "GET /api/v1/stats/matrix": LOOK, "GET /api/v1/stats/growth": LOOK, "GET /api/v1/stats/costs": LOOK,
    "GET /api/v1/downloads/stats": LOOK, "GET /api/v1/users/{name}/stats": LOOK,
    "GET /api/v1/stream": LOOK, "GET /api/v1/events": LOOK, "POST /api/v1/events": REPORT,
    "POST /v1/traces": REPORT, "POST /v1/logs": REPORT, "GET /api/v1/store": LOOK,
    "POST /api/v1/imports": RUN, "GET /api/v1/imports": RUN, "GET /api/v1/imports/{job_id}": RUN,
    "POST /api/v1/scans": RUN, "GET /api/v1/findings": RUN, "GET /api/v1/checks": RUN,
}  # fmt: skip
_PEOPLE: _Lines = {
    "GET /api/v1/me": LOOK, "POST /api/v1/login": PUBLIC, "POST /api/v1/logout": PUBLIC, "POST /api/v1/setup": PUBLIC,
    "GET /api/v1/users": RUN, "POST /api/v1/users": RUN, "GET /api/v1/users/{name}": OWN,
    "PATCH /api/v1/users/{name}": RUN, "DELETE /api/v1/users/{name}": RUN, "POST /api/v1/users/{name}/password": OWN,
    "POST /api/v1/users/{name}/logout": OWN, "POST /api/v1/users/{name}/principals": RUN,
    "DELETE /api/v1/users/{name}/principals": RUN, "GET /api/v1/principals": RUN, "GET /api/v1/tokens": OWN,
    "POST /api/v1/tokens": OWN, "DELETE /api/v1/tokens/{token_id}": OWN, "GET /api/v1/audit": RUN,
    "GET /api/v1/keys": OWN, "POST /api/v1/keys": OWN, "DELETE /api/v1/keys/{key_id}": OWN,
    "GET /api/v1/users/{name}/export": OWN, "POST /api/v1/users/{name}/forget": RUN,
}  # fmt: skip
_QUOTAS: _Lines = {
    "GET /api/v1/quotas": RUN, "GET /api/v1/quotas/me": LOOK, "GET /api/v1/quotas/users/{name}": RUN,
    "PUT /api/v1/quotas/everybody": RUN, "DELETE /api/v1/quotas/everybody": RUN,
    "PUT /api/v1/quotas/{kind}/{name}": RUN, "DELETE /api/v1/quotas/{kind}/{name}": RUN,
    "GET /api/v1/approvals": RUN, "GET /api/v1/approvals/{task_id}": RUN,
    "POST /api/v1/approvals/{task_id}/approve": RUN, "POST /api/v1/approvals/{task_id}/deny": RUN,
}  # fmt: skip
_SERVING: _Lines = {
    "POST /chat": ASK, "POST /api/v1/chat": ASK, "GET /api/v1/engines": LOOK, "GET /api/v1/engines/loaded": LOOK,
    "POST /api/v1/engines/unload": CHANGE, "GET /api/v1/sessions": ASK, "GET /api/v1/sessions/{session}": ASK,
    "DELETE /api/v1/sessions/{session}": ASK,
}  # fmt: skip
_OPENAI: _Lines = {
    "GET /v1/models": LOOK, "GET /v1/models/{model:path}": LOOK, "POST /v1/chat/completions": ASK,
    "POST /v1/completions": ASK, "POST /v1/embeddings": ASK,
}  # fmt: skip
_OLLAMA: _Lines = {
    "GET /api/version": LOOK, "GET /api/tags": LOOK, "GET /api/ps": LOOK, "POST /api/show": LOOK,
    "POST /api/chat": ASK, "POST /api/generate": ASK, "POST /api/embed": ASK, "POST /api/embeddings": ASK,
    "POST /api/pull": PULL, "POST /api/push": CHANGE, "POST /api/copy": CHANGE, "POST /api/create": CHANGE,
    "DELETE /api/delete": CHANGE, "HEAD /api/blobs/{digest}": CHANGE, "POST /api/blobs/{digest}": CHANGE,
}  # fmt: skip
_PAGES: _Lines = {
    "GET /": LOOK, "GET /live": LOOK, "GET /models/{reference:path}": LOOK, "GET /live/models/{reference:path}": LOOK,
    "GET /downloads": LOOK, "GET /live/downloads": LOOK, "GET /insights": LOOK, "GET /live/insights": LOOK,
    "POST /pages/pull": PULL, "GET /running": LOOK,
    "GET /live/running": LOOK, "POST /pages/running/unload": CHANGE, "GET /chat": ASK,
    "POST /pages/jobs/{id}/{action}": CHANGE, "POST /pages/models/edit/{reference:path}": CHANGE,
    "POST /pages/models/{deed}/{reference:path}": CHANGE,
    "GET /login": PUBLIC, "GET /setup": PUBLIC, "POST /pages/login": PUBLIC, "POST /pages/logout": PUBLIC,
    "POST /pages/setup": PUBLIC, "GET /account": OWN, "POST /pages/account/password": OWN,
    "POST /pages/account/tokens": OWN, "POST /pages/account/sign-out": OWN,
    "POST /pages/account/keys": OWN, "POST /pages/account/keys/{id}/remove": OWN,
    "POST /pages/account/tokens/{id}/revoke": OWN, "GET /admin": RUN, "GET /admin/tokens": RUN,
    "GET /admin/approvals": RUN, "GET /admin/audit": RUN, "POST /pages/admin/users": RUN,
    "POST /pages/admin/links": RUN, "POST /pages/admin/links/remove": RUN, "POST /pages/admin/tokens": RUN,
    "POST /pages/admin/users/{name}/{deed}": RUN, "POST /pages/admin/tokens/{id}/revoke": RUN,
    "POST /pages/admin/approvals/{id}/{decision}": RUN,
}  # fmt: skip
_MIRROR: _Lines = {
    f"{method} {door}{path}": LOOK
    for door in ("/hf", "/u/{user}/hf")
    for method, path in (("GET", "/{rest:path}"), ("POST", "/api/{kind}/{repo:path}/paths-info/{revision:path}"))
}
_REPO = "/api/{kind}/{repo:path}"
_PUSH: _Lines = {
    f"{method} {door}{path}": rule
    for door in ("/hf", "/u/{user}/hf")
    for method, path, rule in (
        ("POST", "/api/repos/create", CHANGE), ("DELETE", "/api/repos/delete", CHANGE),
        ("POST", "/api/repos/move", CHANGE), ("POST", "/api/validate-yaml", CHANGE),
        ("PUT", f"{_REPO}/settings", CHANGE), ("POST", f"{_REPO}/preupload/{{revision:path}}", CHANGE),
        ("POST", f"{_REPO}/commit/{{revision:path}}", CHANGE), ("POST", f"{_REPO}/branch/{{branch:path}}", CHANGE),
        ("DELETE", f"{_REPO}/branch/{{branch:path}}", CHANGE), ("POST", f"{_REPO}/tag/{{revision:path}}", CHANGE),
        ("DELETE", f"{_REPO}/tag/{{revision:path}}", CHANGE),
        ("GET", f"{_REPO}/xet-write-token/{{revision:path}}", CHANGE),
        ("GET", "/api/xet/set-HF_HUB_DISABLE_XET=1-and-push-again", LOOK),
        ("POST", "/{repo:path}.git/info/lfs/objects/batch", CHANGE),
        ("POST", "/{repo:path}.git/info/lfs/objects/verify", CHANGE),
        ("PUT", "/api/lfs/{ticket}", PUBLIC),  # the address itself is the proof: clients send no token with the bytes
    )
}  # fmt: skip


def _lines() -> Iterator[tuple[str, Rule]]:
    dialects = (_OPENAI, _OLLAMA, _MIRROR, _PUSH)
    for lines in (_EVERYBODY, _REQUESTS, _HOUSE, _PEOPLE, _QUOTAS, _SERVING, _PAGES, *dialects):
        yield from lines.items()
    for prefixes, lines in ((_MODELS, _SHELF), (_JOBS, _WORK)):
        for line, rule in lines.items():
            method, _, path = line.partition(" ")
            yield from ((f"{method} {prefix}{path}", rule) for prefix in prefixes)


RULES: Mapping[str, Rule] = dict(_lines())
