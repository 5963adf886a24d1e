"""All SQL of accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from steelyard.db.upsert import insert_new
from steelyard.identity.accounts.errors import LastAdmin, NameTaken, UserMissing
from steelyard.identity.accounts.models import User
from steelyard.identity.names import name_key
from steelyard.identity.roles import Role
from steelyard.identity.tables import accounts


def add(connection: Connection, name: str, role: Role, password_hash: str | None, by: str, now: datetime) -> User:
    """A new account. Raises NameTaken."""
    row = {
        "name": name, "name_key": name_key(name), "role": role.value, "password_hash": password_hash,
        "created_at": now, "created_by": by[:200], "password_changed_at": now if password_hash else None,
    }  # fmt: skip
    if not insert_new(connection, accounts, [row], ["name_key"]):
        raise NameTaken(
            f"There is an account {name!r} already.", hint="Take another name; `steelyard users` lists them."
        )
    return require(connection, name)


def find(connection: Connection, name: str) -> User | None:
    """The account of this name, whatever its capital letters."""
    row = connection.execute(select(accounts).where(accounts.c.name_key == name_key(name))).one_or_none()
    return user_of(row) if row else None


def find_by_id(connection: Connection, account: int) -> User | None:
    """The account with this key."""
    row = connection.execute(select(accounts).where(accounts.c.id == account)).one_or_none()
    return user_of(row) if row else None


def require(connection: Connection, name: str) -> User:
    """The account of this name. Raises UserMissing."""
    user = find(connection, name)
    if user is None:
        raise UserMissing(f"Nobody here is called {name[:128]!r}.", hint="`steelyard users` lists the accounts.")
    return user


def list_page(connection: Connection, limit: int, offset: int) -> tuple[int, list[User]]:
    """The true total and one page, by name."""
    total = connection.execute(select(func.count()).select_from(accounts)).scalar_one()
    rows = connection.execute(select(accounts).order_by(accounts.c.name_key).limit(limit).offset(offset))
    return total, [user_of(row) for row in rows]


def change(connection: Connection, account: int, values: dict[str, Any]) -> None:
    """Set columns."""
    if values:
        connection.execute(update(accounts).where(accounts.c.id == account).values(**values))


def replace_hash(connection: Connection, account: int, old: str, new: str) -> None:
    """Keep a better hash of the same password, unless the password was changed meanwhile."""
    same = (accounts.c.id == account, accounts.c.password_hash == old)
    connection.execute(update(accounts).where(*same).values(password_hash=new))


def remove(connection: Connection, account: int) -> None:
    """Delete the row; whatever refers to it must be gone."""
    connection.execute(delete(accounts).where(accounts.c.id == account))


def forget_maker(connection: Connection, name: str, pseudonym: str) -> None:
    """Somebody is forgotten: the accounts that they made say the pseudonym."""
    connection.execute(update(accounts).where(accounts.c.created_by == name).values(created_by=pseudonym))


def has_admin(connection: Connection) -> bool:
    """Whether somebody can sign in and run the depot."""
    usable = (accounts.c.role == Role.ADMIN.value, accounts.c.disabled_at.is_(None))
    some = select(accounts.c.id).where(*usable, accounts.c.password_hash.is_not(None)).limit(1)
    return connection.execute(some).first() is not None


def require_admin_left(connection: Connection, before: User) -> None:
    """To be asked behind a change of an account, in its transaction. Raises LastAdmin.

    Two that change the last two at once cannot both pass: SQLite has one writer, PostgreSQL's SERIALIZABLE refuses one.
    """
    if before.is_usable_admin and not has_admin(connection):
        raise LastAdmin(
            f"Nobody but {before.name} can run this depot.",
            hint="Make another administrator first: steelyard users set NAME --role admin",
        )


def user_of(row: Row[Any]) -> User:
    """The account in a row with the table's columns."""
    return User(
        id=row.id, name=row.name, role=Role(row.role), created_at=row.created_at, created_by=row.created_by,
        disabled_at=row.disabled_at, password_changed_at=row.password_changed_at, password_hash=row.password_hash,
    )  # fmt: skip
