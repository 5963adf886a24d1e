"""The addresses of the pages about people."""

from starlette.routing import BaseRoute, Route

from steelyard.web.account import AccountPage
from steelyard.web.admin import UsersPage
from steelyard.web.admin_approvals import ApprovalsPage
from steelyard.web.admin_audit import AuditPage
from steelyard.web.admin_tokens import TokensPage
from steelyard.web.frame import Endpoint, Frame
from steelyard.web.people import AccountSource, DoorSource, PeopleSources
from steelyard.web.setup import SetupPage
from steelyard.web.signin import SignInPage


def create_people_routes(sources: PeopleSources, frame: Frame) -> list[BaseRoute]:
    """Signing in, one's account, and what administrators do about people."""
    return [
        *_door_routes(sources.doors, frame),
        *_account_routes(sources.account, frame),
        *_admin_routes(sources, frame),
    ]


def _door_routes(source: DoorSource, frame: Frame) -> list[BaseRoute]:
    signing, setting = SignInPage(source, frame), SetupPage(source, frame)
    return [
        _get("/login", signing.show, "page-login", frame),
        _post("/pages/login", signing.enter, "page-login-form", frame),
        _post("/pages/logout", signing.leave, "page-logout", frame),
        _get("/setup", setting.show, "page-setup", frame),
        _post("/pages/setup", setting.finish, "page-setup-form", frame),
    ]


def _account_routes(source: AccountSource, frame: Frame) -> list[BaseRoute]:
    account = AccountPage(source, frame)
    return [
        _get("/account", account.show, "page-account", frame),
        _post("/pages/account/password", account.set_password, "page-account-password", frame),
        _post("/pages/account/tokens", account.make_token, "page-account-token", frame),
        _post("/pages/account/tokens/{id}/revoke", account.revoke_token, "page-account-revoke", frame),
        _post("/pages/account/keys", account.add_key, "page-account-key", frame),
        _post("/pages/account/keys/{id}/remove", account.remove_key, "page-account-key-remove", frame),
        _post("/pages/account/sign-out", account.sign_out_everywhere, "page-account-sign-out", frame),
    ]


def _admin_routes(sources: PeopleSources, frame: Frame) -> list[BaseRoute]:
    users, tokens = UsersPage(sources.users, frame), TokensPage(sources.tokens, frame)
    approvals = ApprovalsPage(sources.approvals, frame)
    return [
        _get("/admin", users.show, "page-admin", frame),
        _post("/pages/admin/users", users.add, "page-admin-add", frame),
        _post("/pages/admin/users/{name}/{deed}", users.act, "page-admin-act", frame),
        _post("/pages/admin/links", users.link, "page-admin-link", frame),
        _post("/pages/admin/links/remove", users.unlink, "page-admin-unlink", frame),
        _get("/admin/tokens", tokens.show, "page-admin-tokens", frame),
        _post("/pages/admin/tokens", tokens.make, "page-admin-token", frame),
        _post("/pages/admin/tokens/{id}/revoke", tokens.revoke, "page-admin-revoke", frame),
        _get("/admin/approvals", approvals.show, "page-admin-approvals", frame),
        _post("/pages/admin/approvals/{id}/{decision}", approvals.decide, "page-admin-decide", frame),
        _get("/admin/audit", AuditPage(sources.audit, frame).show, "page-admin-audit", frame),
    ]


def _get(path: str, endpoint: Endpoint, name: str, frame: Frame) -> Route:
    return Route(path, frame.known(endpoint), methods=["GET"], name=name)


def _post(path: str, endpoint: Endpoint, name: str, frame: Frame) -> Route:
    return Route(path, frame.known(endpoint), methods=["POST"], name=name)
