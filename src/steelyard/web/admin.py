"""People, for administrators: accounts, and whom the depot knows without one."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import NotFound, SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect
from steelyard.web.headers import unkept
from steelyard.web.notices import Notice, Place
from steelyard.web.paged import paged
from steelyard.web.people import UserSource
from steelyard.web.people_forms import UserForm, link_form, user_form
from steelyard.web.query import read_offset
from steelyard.web.told import read_told, refused, told
from steelyard.web.view.users import role_options, strangers, users
from steelyard.web.words import counted

PAGE_SIZE = 50
_STRANGERS = 25
_PATH = "/admin"
_CHROME = Chrome(
    "People",
    "admin",
    twins=(Twin("Accounts as JSON", "/api/v1/users"), Twin("Everybody who was seen as JSON", "/api/v1/principals")),
)
_Do = Callable[[str, Mapping[str, str], Request], Awaitable[None]]


class UsersPage:
    """``/admin`` and its forms."""

    def __init__(self, source: UserSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame
        self._deeds: Mapping[str, _Do] = {
            "role": lambda name, fields, request: source.change_role(name, fields.get("role", ""), request),
            "disable": lambda name, _, request: source.switch(name, request, disabled=True),
            "enable": lambda name, _, request: source.switch(name, request, disabled=False),
            "password": lambda name, fields, request: source.set_password(name, fields.get("password", ""), request),
            "sign-out": lambda name, _, request: source.sign_out(name, request),
            "delete": lambda name, _, request: source.delete(name, request),
        }

    async def show(self, request: Request) -> Response:
        """``GET /admin``."""
        try:
            return await self._page(request, read_told(request.query_params))
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def add(self, request: Request) -> Response:
        """``POST /pages/admin/users``: make an account."""
        form = UserForm()
        try:
            form = user_form(await read_fields(request))
            name = await self._source.add(form, request)
        except SteelyardError as error:
            return await self._refused(request, error, form)
        return redirect(request, told(_PATH, "added", name))

    async def act(self, request: Request) -> Response:
        """``POST /pages/admin/users/{name}/{deed}``: do something about an account."""
        name, deed = request.path_params["name"], request.path_params["deed"]
        try:
            await self._deed(deed)(name, await read_fields(request), request)
        except SteelyardError as error:
            return await self._refused(request, error)
        return redirect(request, told(_PATH, deed, name))

    async def link(self, request: Request) -> Response:
        """``POST /pages/admin/links``: let a principal belong to an account."""
        try:
            form = link_form(await read_fields(request))
            await self._source.link(form, request)
        except SteelyardError as error:
            return await self._refused(request, error)
        return redirect(request, told(_PATH, "link", form.username))

    async def unlink(self, request: Request) -> Response:
        """``POST /pages/admin/links/remove``: let a principal belong to nobody."""
        try:
            form = link_form(await read_fields(request))
            await self._source.unlink(form, request)
        except SteelyardError as error:
            return await self._refused(request, error)
        return redirect(request, told(_PATH, "unlink", form.username))

    def _deed(self, name: str) -> _Do:
        found = self._deeds.get(name)
        if found is None:
            raise NotFound(
                f"Nothing called {name[:20]!r} can be done to an account.", hint="Use the buttons on the page."
            )
        return found

    async def _refused(self, request: Request, error: SteelyardError, form: UserForm | None = None) -> Response:
        try:
            return await self._page(request, refused(Place.PEOPLE, error), form, error)
        except SteelyardError as broken:
            return self._frame.failed(request, broken)

    async def _page(
        self,
        request: Request,
        notice: Notice | None,
        form: UserForm | None = None,
        error: SteelyardError | None = None,
    ) -> Response:
        offset, now = read_offset(request.query_params), self._frame.now()
        total, found = await self._source.users(offset, PAGE_SIZE, request)
        others = await self._source.strangers(_STRANGERS, request)
        wanted = form or UserForm()
        shown = self._frame.page(
            request,
            "admin.html",
            _CHROME,
            error,
            users=users(found, now),
            summary=counted(total, "account"),
            list=paged(offset, PAGE_SIZE, total, len(found)),
            strangers=strangers(others, now),
            username=wanted.username,
            roles=role_options(wanted.role),
            refused=form is not None,
            notice=notice,
        )
        return unkept(shown)
