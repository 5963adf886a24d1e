"""The hub's metadata calls."""

from urllib.parse import urlencode

from aiohttp import web

from steelyard.testing.hub import wire
from steelyard.testing.hub.asked import check_gate, flag, repo_and_commit, token_of
from steelyard.testing.hub.state import STATE


async def info(request: web.Request) -> web.Response:
    """``/api/{kind}/{id}`` and ``/revision/{rev}``, with ``?blobs=true``."""
    repo, commit = repo_and_commit(request)
    xet = request.app[STATE].announce_xet
    return web.json_response(wire.info(repo, commit, blobs=flag(request.query, "blobs"), xet=xet))


async def tree(request: web.Request) -> web.Response:
    """``/tree/{rev}[/{path}]``, in pages that an absolute ``Link`` ties together."""
    state, query = request.app[STATE], request.query
    _, commit = repo_and_commit(request)
    folder = request.match_info["path"].strip("/")
    options = {"recursive": flag(query, "recursive"), "expand": flag(query, "expand"), "xet": state.announce_xet}
    entries = wire.tree(commit, folder, **options)
    start = int(query.get("cursor", "0"))
    stop = start + min(int(query.get("limit", state.page_size)), state.page_size)
    headers = _next(request, {"cursor": stop}) if stop < len(entries) else {}
    return web.json_response(entries[start:stop], headers=headers)


async def paths_info(request: web.Request) -> web.Response:
    """``POST /paths-info/{rev}`` with ``paths`` and ``expand`` as a form or as JSON; unknown paths are left out."""
    _, commit = repo_and_commit(request)
    if request.content_type == "application/json":
        sent = await request.json()
        paths, expand = list(sent["paths"]), flag(sent, "expand")
    else:
        form = await request.post()
        paths, expand = [str(path) for path in form.getall("paths", [])], flag(form, "expand")
    known = {*commit.files, *commit.folders()}
    xet = request.app[STATE].announce_xet
    return web.json_response([wire.entry(commit, path, expand=expand, xet=xet) for path in paths if path in known])


async def refs(request: web.Request) -> web.Response:
    """``/refs``, with ``?include_prs=1``."""
    repo, _ = repo_and_commit(request)
    return web.json_response(wire.refs(repo, pull_requests=flag(request.query, "include_prs")))


async def commits(request: web.Request) -> web.Response:
    """``/commits/{rev}``, in pages counted from ``?p=0``."""
    history, size = wire.commits(*repo_and_commit(request)), request.app[STATE].commits_page_size
    page = int(request.query.get("p", "0"))
    start, stop = page * size, (page + 1) * size
    headers = _next(request, {"p": page + 1}) if stop < len(history) else {}
    return web.json_response(history[start:stop], headers={**headers, "X-Total-Count": str(len(history))})


async def auth_check(request: web.Request) -> web.Response:
    """``/auth-check``: 200 when the files may be read."""
    repo, _ = repo_and_commit(request)
    check_gate(request, repo)
    return web.json_response({})


async def xet_read_token(request: web.Request) -> web.Response:
    """A token for a Xet store that does not exist: whoever comes here has been led away from plain HTTP."""
    repo_and_commit(request)
    access = {"casUrl": f"{request.app[STATE].cdn_url}/xet", "accessToken": "stand-in", "exp": 4102444800}
    named = {"Cas-Url": access["casUrl"], "Access-Token": access["accessToken"], "Token-Expiration": access["exp"]}
    return web.json_response(access, headers={f"X-Xet-{name}": str(value) for name, value in named.items()})


async def whoami(request: web.Request) -> web.Response:
    """``/api/whoami-v2``: 401 without an accepted token."""
    token = token_of(request)
    if token is None:
        return web.json_response({"error": "Invalid username or password."}, status=401)
    return web.json_response(wire.whoami(token))


async def agent_harnesses(_: web.Request) -> web.Response:
    """What huggingface_hub 2 asks once a day: nothing is known."""
    return web.json_response({"standardEnvVars": [], "harnesses": {}})


async def telemetry(_: web.Request) -> web.Response:
    """Dropped."""
    return web.Response()


async def cas(_: web.Request) -> web.Response:
    """The Xet store that does not exist: the ledger knows who asked it."""
    return web.json_response({"error": "There is no Xet store here."}, status=404)


def _next(request: web.Request, changed: dict[str, int]) -> dict[str, str]:
    following = urlencode({**request.query, **changed})
    return {"Link": f'<{request.app[STATE].url}{request.rel_url.raw_path}?{following}>; rel="next"'}
