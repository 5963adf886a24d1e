"""``/resolve/``: the files, with their headers, ranges, redirects and faults."""

import hashlib
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from steelyard.testing.hub.asked import check_gate, repo_and_commit
from steelyard.testing.hub.body import SMALL, BodySender, read_span
from steelyard.testing.hub.content import StoredFile
from steelyard.testing.hub.errors import EntryNotFound
from steelyard.testing.hub.faults import (
    CutAfter,
    Flip,
    IgnoreRange,
    RedirectToCdn,
    Stall,
    Throttle,
    WrongSize,
)
from steelyard.testing.hub.plan import Plan, RangeNotSatisfiable, Span, read_range
from steelyard.testing.hub.repos import Commit, Repo
from steelyard.testing.hub.state import CALL, NUMBER, STATE


async def resolve(request: web.Request) -> web.StreamResponse:
    """A file on the hub's own origin: from here, or by a redirect to the CDN."""
    state, path = request.app[STATE], request.match_info["path"]
    repo, commit = repo_and_commit(request)
    check_gate(request, repo)
    try:
        file = commit.file(path)
    except EntryNotFound as error:
        error.headers["X-Repo-Commit"] = commit.oid
        raise
    headers = _hub_headers(request, repo, commit, file)
    if file.lfs and state.faults.take(RedirectToCdn, request[CALL]):
        location = f"{state.cdn_url}{_resolve_path(request, commit.oid)}?signature={_sign(commit, path)}"
        return web.Response(status=302, headers={**headers, "Location": location})
    return await _serve(request, file, headers)


async def resolve_on_cdn(request: web.Request) -> web.StreamResponse:
    """A file on the other origin: only with the signature the redirect gave, and with no look at tokens."""
    _, commit = repo_and_commit(request)
    path = request.match_info["path"]
    if request.query.get("signature") != _sign(commit, path):
        return web.Response(status=403, text="AccessDenied: use the address from the redirect as it is")
    file = commit.file(path)
    return await _serve(request, file, {"ETag": f'"{file.etag}"', "Accept-Ranges": "bytes"})


def _hub_headers(request: web.Request, repo: Repo, commit: Commit, file: StoredFile) -> dict[str, str]:
    state, name = request.app[STATE], PurePosixPath(request.match_info["path"]).name
    headers = {
        "X-Repo-Commit": commit.oid,
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}",
    }
    if file.lfs:
        headers |= {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
    if file.lfs and state.announce_xet:
        token = f"{state.url}/api/{repo.kind.plural}/{repo.repo_id}/xet-read-token/{commit.oid}"
        headers |= {"X-Xet-Hash": file.xet_hash, "Link": f'<{token}>; rel="xet-auth"'}
    return headers


async def _serve(request: web.Request, file: StoredFile, headers: dict[str, str]) -> web.StreamResponse:
    faults, call = request.app[STATE].faults, request[CALL]
    short = faults.take(WrongSize, call)
    size = file.size - short.missing if short else file.size
    try:
        asked = _asked_range(request, file, size)
    except RangeNotSatisfiable:
        return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if asked and faults.take(IgnoreRange, call):
        asked = None
    plan = _plan(request, asked or Span(0, size))
    if asked:
        headers = {**headers, "Content-Range": f"bytes {asked.start}-{asked.stop - 1}/{size}"}
    status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
    return await _answer(request, file, plan, status, headers)


async def _answer(
    request: web.Request, file: StoredFile, plan: Plan, status: int, headers: dict[str, str]
) -> web.StreamResponse:
    headers = {**headers, "Content-Type": "application/octet-stream"}
    ledger, number = request.app[STATE].ledger, request[NUMBER]
    if plan.clean and plan.span.length <= SMALL and request.method != "HEAD":
        return web.Response(status=status, headers=headers, body=read_span(file.location, plan.span))
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = plan.span.length
    ledger.answered(number, status)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    with suppress(ConnectionError):  # the client has gone: nobody is left to tell
        await BodySender(request, response, partial(ledger.sent, number)).send(file.location, plan)
    return response


def _asked_range(request: web.Request, file: StoredFile, size: int) -> Span | None:
    condition = request.headers.get("If-Range")
    if request.method == "HEAD" or (condition is not None and condition != f'"{file.etag}"'):
        return None
    return read_range(request.headers.get("Range"), size)


def _plan(request: web.Request, span: Span) -> Plan:
    if request.method == "HEAD":
        return Plan(span)
    faults, call = request.app[STATE].faults, request[CALL]
    flips = faults.take_all(Flip, call, lambda flip: span.start <= flip.offset < span.stop)
    cut = faults.take(CutAfter, call, lambda cut: cut.size < span.length)
    stall = faults.take(Stall, call, lambda stall: stall.after < span.length)
    pace = faults.take(Throttle, call)
    return Plan(
        span,
        flips=frozenset(flip.offset for flip in flips),
        cut=cut.size if cut else None,
        stall=(stall.after, stall.seconds) if stall else None,
        pace=pace.bytes_per_second if pace else None,
    )


def _resolve_path(request: web.Request, commit: str) -> str:
    match = request.match_info
    return f"/{match['kind']}{match['repo']}/resolve/{commit}/{quote(match['path'])}"


def _sign(commit: Commit, path: str) -> str:
    return hashlib.sha256(f"stand-in:{commit.oid}:{path}".encode()).hexdigest()[:32]
