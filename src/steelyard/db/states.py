"""What a driver's error says by its SQLSTATE; SQLite has none."""

from sqlalchemy.exc import DBAPIError

_OF_A_VALUE = ("22", "54")  # classes: data that no column takes, and more than the server's limits allow


def state_of(error: DBAPIError) -> str:
    """The SQLSTATE, or an empty text when the server gave none."""
    return getattr(error.orig, "sqlstate", None) or ""


def is_of_a_value(error: DBAPIError) -> bool:
    """Whether what was sent is the cause: sending it again fails again."""
    return state_of(error).startswith(_OF_A_VALUE)
