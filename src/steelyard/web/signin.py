"""Signing in and out."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect
from steelyard.web.headers import unkept
from steelyard.web.local import local_path
from steelyard.web.notices import Notice, Place
from steelyard.web.people import DoorSource
from steelyard.web.people_forms import SignInForm, sign_in_form
from steelyard.web.told import read_told, refused, told

_CHROME = Chrome("Sign in", "account", twins=())


class SignInPage:
    """``/login``, and the forms that begin and end a session."""

    def __init__(self, source: DoorSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /login``."""
        form = SignInForm(next=local_path(request.query_params.get("next", "/")))
        return self._page(request, form, read_told(request.query_params))

    async def enter(self, request: Request) -> Response:
        """``POST /pages/login``."""
        form = SignInForm()
        try:
            form = sign_in_form(await read_fields(request))
            mark = await self._source.sign_in(form, request)
        except SteelyardError as error:
            return self._page(request, form, refused(Place.SIGN_IN, error), error)
        response = redirect(request, local_path(form.next))
        mark(response)
        return unkept(response)

    async def leave(self, request: Request) -> Response:
        """``POST /pages/logout``."""
        try:
            mark = await self._source.sign_out(request)
        except SteelyardError as error:
            return unkept(self._frame.failed(request, error))
        response = redirect(request, told("/login", "left"))
        mark(response)
        return unkept(response)

    def _page(
        self, request: Request, form: SignInForm, notice: Notice | None, error: SteelyardError | None = None
    ) -> Response:
        shown = self._frame.page(
            request,
            "login.html",
            _CHROME,
            error,
            username=form.username,
            next=local_path(form.next),
            notice=notice,
            refused=error is not None,
        )
        return unkept(shown)
