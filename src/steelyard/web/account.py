"""One's own account: who one is here, the password, and tokens and keys for programs."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect
from steelyard.web.headers import unkept
from steelyard.web.notices import Notice, Place
from steelyard.web.people import AccountSource, Mark
from steelyard.web.people_forms import TokenForm, key_form, password_form, require_same, token_form
from steelyard.web.shelf import Json
from steelyard.web.told import read_told, refused, told
from steelyard.web.view.account import account
from steelyard.web.view.keys import keys
from steelyard.web.view.tokens import fresh_token, token_fields, tokens

_CHROME = Chrome("Your account", "account", twins=())
_PATH = "/account"


class AccountPage:
    """``/account`` and its forms."""

    def __init__(self, source: AccountSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /account``."""
        try:
            return await self._page(request, read_told(request.query_params))
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def set_password(self, request: Request) -> Response:
        """``POST /pages/account/password``."""
        try:
            fields = await read_fields(request)
            require_same(fields)
            mark = await self._source.set_password(password_form(fields), request)
        except SteelyardError as error:
            return await self._refused(request, Place.ACCOUNT, error)
        return _marked(redirect(request, told(_PATH, "own-password")), mark)

    async def make_token(self, request: Request) -> Response:
        """``POST /pages/account/tokens``: the one page that ever shows the token."""
        form = TokenForm()
        try:
            form = token_form(await read_fields(request))
            made = await self._source.make_token(form, request)
            return await self._page(request, None, made=made)
        except SteelyardError as error:
            return await self._refused(request, Place.TOKENS, error, form)

    async def revoke_token(self, request: Request) -> Response:
        """``POST /pages/account/tokens/{id}/revoke``."""
        try:
            await self._source.revoke_token(request.path_params["id"], request)
        except SteelyardError as error:
            return await self._refused(request, Place.TOKENS, error)
        return redirect(request, told(_PATH, "revoked"))

    async def add_key(self, request: Request) -> Response:
        """``POST /pages/account/keys``."""
        try:
            await self._source.add_key(key_form(await read_fields(request)), request)
        except SteelyardError as error:
            return await self._refused(request, Place.KEYS, error)
        return redirect(request, told(_PATH, "key-added"))

    async def remove_key(self, request: Request) -> Response:
        """``POST /pages/account/keys/{id}/remove``."""
        try:
            await self._source.remove_key(request.path_params["id"], request)
        except SteelyardError as error:
            return await self._refused(request, Place.KEYS, error)
        return redirect(request, told(_PATH, "key-removed"))

    async def sign_out_everywhere(self, request: Request) -> Response:
        """``POST /pages/account/sign-out``."""
        try:
            mark = await self._source.sign_out_everywhere(request)
        except SteelyardError as error:
            return await self._refused(request, Place.ACCOUNT, error)
        return _marked(redirect(request, told("/login", "left-everywhere")), mark)

    async def _refused(
        self, request: Request, place: Place, error: SteelyardError, form: TokenForm | None = None
    ) -> Response:
        try:
            return await self._page(request, refused(place, error), form, error)
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
        state, now = await self._source.account(request), self._frame.now()
        fresh = None if made is None else fresh_token(made, self._frame.depot_address(request), now)
        shown = self._frame.page(
            request,
            "account.html",
            _CHROME,
            error,
            account=account(state, now),
            tokens=tokens(state.tokens, now),
            fields=token_fields(state, form),
            fresh=fresh,
            keys=keys(state.keys, now),
            key_refused=notice is not None and notice.failed and notice.place is Place.KEYS,
            notice=notice,
        )
        return unkept(shown)


def _marked(response: Response, mark: Mark) -> Response:
    mark(response)
    return unkept(response)
