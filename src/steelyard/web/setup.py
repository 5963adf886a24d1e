"""The first administrator: whoever has the link from the depot's log makes themselves one."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.identity.accounts.errors import AlreadySetUp, WrongSetupCode
from steelyard.web.chrome import Chrome
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect
from steelyard.web.headers import unkept
from steelyard.web.notices import Notice, Place
from steelyard.web.people import DoorSource
from steelyard.web.people_forms import SetupForm, require_same, setup_form
from steelyard.web.told import refused

_CHROME = Chrome("Set up", twins=())


class SetupPage:
    """``/setup`` and its form. The code is in the address once only: a script takes it out at once."""

    def __init__(self, source: DoorSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /setup``."""
        return self._page(request, setup_form(request.query_params), None)

    async def finish(self, request: Request) -> Response:
        """``POST /pages/setup``."""
        form = SetupForm()
        try:
            fields = await read_fields(request)
            form = setup_form(fields)
            require_same(fields)
            mark = await self._source.set_up(form, request)
        except SteelyardError as error:
            return self._page(request, form, refused(Place.SIGN_IN, error), error)
        response = redirect(request, "/")
        mark(response)
        return unkept(response)

    def _page(
        self, request: Request, form: SetupForm, notice: Notice | None, error: SteelyardError | None = None
    ) -> Response:
        values = {
            "code": "" if isinstance(error, WrongSetupCode) else form.code, "username": form.username, "notice": notice,
            "refused": error is not None, "is_done": isinstance(error, AlreadySetUp),
        }  # fmt: skip
        return unkept(self._frame.page(request, "setup.html", _CHROME, error, **values))
