"""Where people wanted to go before they had to sign in: an address of our own, or nowhere."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request

_LONGEST = 2000


def local_path(text: str) -> str:
    """The path below the prefix that somebody wanted, ``/`` for anything else.

    Browsers read ``//host`` and ``/\\host`` as another host, and skip tabs and line ends when they look for it.
    """
    plain = len(text) <= _LONGEST and text.isascii() and text.isprintable() and not {" ", "\\"} & set(text)
    if not plain or not text.startswith("/") or text.startswith("//"):
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc else text


def login_path(request: Request) -> str:
    """The sign-in page below the prefix that leads back to what this request wanted."""
    path = quote(request.scope["path"].removeprefix(request.scope.get("root_path", "")), safe="/@:~")
    query = request.scope.get("query_string", b"").decode("latin-1")
    wanted = local_path(f"{path}?{query}" if query else path)
    return "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}"
