"""Everybody's tokens, for administrators; programs with an account of their own get theirs here."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect
from steelyard.web.headers import unkept
from steelyard.web.notices import Notice, Place
from steelyard.web.paged import paged
from steelyard.web.people import TokensSource
from steelyard.web.people_forms import TokenForm, token_form
from steelyard.web.query import read_offset
from steelyard.web.shelf import Json
from steelyard.web.told import read_told, refused, told
from steelyard.web.view.tokens import any_token_fields, fresh_token, tokens
from steelyard.web.words import counted

PAGE_SIZE = 50
_PATH = "/admin/tokens"
_CHROME = Chrome("Tokens", "admin", twins=(Twin("Tokens as JSON", "/api/v1/tokens"),), is_inside=True)


class TokensPage:
    """``/admin/tokens`` and its forms."""

    def __init__(self, source: TokensSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /admin/tokens``."""
        try:
            return await self._page(request, read_told(request.query_params))
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def make(self, request: Request) -> Response:
        """``POST /pages/admin/tokens``: the one page that ever shows the token."""
        form = TokenForm()
        try:
            form = token_form(await read_fields(request))
            made = await self._source.make_token(form, request)
            return await self._page(request, None, made=made)
        except SteelyardError as error:
            return await self._refused(request, error, form)

    async def revoke(self, request: Request) -> Response:
        """``POST /pages/admin/tokens/{id}/revoke``."""
        try:
            await self._source.revoke_token(request.path_params["id"], request)
        except SteelyardError as error:
            return await self._refused(request, error)
        return redirect(request, told(_PATH, "revoked"))

    async def _refused(self, request: Request, error: SteelyardError, form: TokenForm | None = None) -> Response:
        try:
            return await self._page(request, refused(Place.TOKENS, error), form, error)
        except SteelyardError as broken:
            return self._frame.failed(request, broken)

    async def _page(
        self,
        request: Request,
        notice: Notice | None,
        form: TokenForm | None = None,
        error: SteelyardError | None = None,
        *,
        made: Json | None = None,
    ) -> Response:
        offset, now = read_offset(request.query_params), self._frame.now()
        state = await self._source.tokens(offset, PAGE_SIZE, request)
        shown = self._frame.page(
            request,
            "admin_tokens.html",
            _CHROME,
            error,
            tokens=tokens(state.tokens, now),
            summary=counted(state.total, "token"),
            list=paged(offset, PAGE_SIZE, state.total, len(state.tokens)),
            fields=any_token_fields(state.days, form),
            fresh=None if made is None else fresh_token(made, self._frame.depot_address(request), now),
            notice=notice,
        )
        return unkept(shown)
