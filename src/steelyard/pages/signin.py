"""How people sign in, sign out, and set the depot up."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from steelyard.identity.accounts.bodies import Login, SetupBody
from steelyard.identity.accounts.session_routes import Doors
from steelyard.identity.asking import asking
from steelyard.pages.checked import checked
from steelyard.web.people import Mark
from steelyard.web.people_forms import SetupForm, SignInForm


class DoorPages:
    """Implements DoorSource."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def sign_in(self, form: SignInForm, request: Request) -> Mark:
        """Begin a session. Raises BadForm, WrongPassword, TooManyRequests, NotSignedIn, DatabaseAway."""
        doors, body = self._doors, checked(Login, {"username": form.username, "password": form.password})
        caller, address = await doors.people.caller(request.scope), asking(request.scope).address
        shown, secret = doors.cookie.shown(request), body.password.get_secret_value()
        who = await doors.sign_in.start(caller, body.username, secret, address, shown)
        return partial(doors.cookie.give, text=who.cookie)

    async def sign_out(self, request: Request) -> Mark:
        """End the session of this browser, if it has one. Raises DatabaseAway."""
        doors, shown = self._doors, self._doors.cookie.shown(request)
        if shown is None:
            return keep
        await doors.sign_in.end(await doors.people.caller(request.scope), shown)
        return doors.cookie.take

    async def set_up(self, form: SetupForm, request: Request) -> Mark:
        """Make the first administrator. Raises BadForm and what Setup.finish raises."""
        fields = {"code": form.code, "username": form.username, "password": form.password}
        doors, body = self._doors, checked(SetupBody, fields)
        caller = await doors.people.caller(request.scope)
        code, secret = body.code.get_secret_value(), body.password.get_secret_value()
        who = await doors.setup.finish(caller, code, body.username, secret)
        return partial(doors.cookie.give, text=who.cookie)


def keep(_response: Response) -> None:
    """The mark that leaves the browser's cookie as it is."""
