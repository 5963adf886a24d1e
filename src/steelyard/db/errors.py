"""The errors of a database that is another machine's.

SteelyardError
├── BadRequest
│   └── DatabaseRefused 400: the address, the password or an installed package is wrong; somebody must act
└── Unavailable
    └── DatabaseAway 503: it passes by itself
        └── DatabaseBusy 503: too many wrote the same rows at once
"""

from steelyard.core.errors import BadRequest, Unavailable


class DatabaseRefused(BadRequest):
    """The database cannot be used as it is set."""

    slug = "database-refused"
    title = "The database cannot be used as it is set"


class DatabaseAway(Unavailable):
    """The database does not answer."""

    slug = "database-away"
    title = "The depot's database does not answer"


class DatabaseBusy(DatabaseAway):
    """Every try of a transaction met another one."""

    slug = "database-busy"
    title = "Too many changes at once"
