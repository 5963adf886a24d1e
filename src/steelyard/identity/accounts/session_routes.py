"""Sign in, sign out, new passwords, the first administrator, and who one is."""

from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from steelyard.http.late import late_router
from steelyard.http.shapes import answers
from steelyard.identity.accounts.bodies import Login, NewPassword, SetupBody
from steelyard.identity.accounts.cookies import SessionCookie
from steelyard.identity.accounts.renewal import PasswordService
from steelyard.identity.accounts.sessions import SignedIn, SignIn
from steelyard.identity.accounts.setup import Setup
from steelyard.identity.accounts.shapes import MeShape, SessionsEnded
from steelyard.identity.accounts.user_routes import UserName
from steelyard.identity.accounts.views import me_json, signed_in_json
from steelyard.identity.asking import asking
from steelyard.identity.people import People

_USER = "/api/v1/users/{name}"


@dataclass(frozen=True, slots=True)
class Doors:
    """What the routes of sessions need. ``mode`` is whether the depot wants to know who asks."""

    people: People
    sign_in: SignIn
    passwords: PasswordService
    setup: Setup
    cookie: SessionCookie
    mode: Literal["open", "required"]

    def admit(self, who: SignedIn) -> Response:
        """The answer to whoever signed in, with the cookie."""
        response = JSONResponse(signed_in_json(who, self.mode), headers={"Cache-Control": "no-store"})
        self.cookie.give(response, who.cookie)
        return response


def create_router(doors: Doors) -> APIRouter:
    """The routes of sessions."""
    router = late_router(tags=["accounts"])
    people, cookie = doors.people, doors.cookie

    @router.get("/api/v1/me", summary="Who you are here, and what you may do", **answers(MeShape))
    async def me(request: Request) -> dict[str, Any]:
        return me_json(await people.caller(request.scope), doors.mode)

    @router.post("/api/v1/login", summary="Sign in with a password; the answer sets a cookie", **answers(MeShape))
    async def login(request: Request, body: Login) -> Response:
        caller, address = await people.caller(request.scope), asking(request.scope).address
        secret = body.password.get_secret_value()
        return doors.admit(await doors.sign_in.start(caller, body.username, secret, address, cookie.shown(request)))

    @router.post("/api/v1/logout", status_code=204, summary="Sign out in this browser")
    async def logout(request: Request) -> Response:
        response, shown = Response(status_code=204), cookie.shown(request)
        if shown is not None:
            await doors.sign_in.end(await people.caller(request.scope), shown)
            cookie.take(response)
        return response

    @router.post(f"{_USER}/logout", summary="Sign out everywhere", **answers(SessionsEnded))
    async def logout_everywhere(request: Request, name: UserName) -> dict[str, Any]:
        return {"username": name, "ended": await doors.sign_in.end_all(await people.caller(request.scope), name)}

    @router.post(f"{_USER}/password", status_code=204, summary="Set a password; every session of the account ends")
    async def set_password(request: Request, name: UserName, body: NewPassword) -> Response:
        caller, address = await people.caller(request.scope), asking(request.scope).address
        current = None if body.current is None else body.current.get_secret_value()
        who = await doors.passwords.set(caller, name, body.password.get_secret_value(), current, address)
        response = Response(status_code=204)
        if who is not None:
            cookie.give(response, who.cookie)
        return response

    @router.post("/api/v1/setup", summary="Make the first administrator, once", **answers(MeShape))
    async def set_up(request: Request, body: SetupBody) -> Response:
        caller = await people.caller(request.scope)
        code, secret = body.code.get_secret_value(), body.password.get_secret_value()
        return doors.admit(await doors.setup.finish(caller, code, body.username, secret))

    return router
