"""The errors of accounts.

SteelyardError
├── Unauthorized
│   └── WrongPassword 401
├── Forbidden
│   ├── NotYourAccount 403
│   ├── TooMuchForToken 403: more than whoever asks may give
│   └── WrongSetupCode 403
├── NotFound
│   ├── UserMissing 404
│   ├── LinkMissing 404
│   ├── TokenMissing 404
│   └── KeyMissing 404
├── Conflict
│   ├── NameTaken 409
│   ├── LastAdmin 409
│   ├── UnfitForRole 409
│   ├── LinkTaken 409
│   ├── KeyTaken 409
│   └── AlreadySetUp 409
└── Invalid
    ├── BadAccountName 422
    ├── BadPassword 422
    ├── BadToken 422: what it shall be does not fit
    └── BadLink 422
"""

from steelyard.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized


class WrongPassword(Unauthorized):
    """Nobody is told which of the two is wrong."""

    slug = "wrong-password"
    title = "User name or password is wrong"


class NotYourAccount(Forbidden):
    """Somebody else's account is an administrator's matter."""

    slug = "not-your-account"
    title = "That takes an administrator"


class TooMuchForToken(Forbidden):
    """A token may not do more than its owner, nor more than whoever makes it."""

    slug = "too-much-for-token"
    title = "That is more than you can give a token"


class WrongSetupCode(Forbidden):
    """The code for the first administrator is not one, or its day is over."""

    slug = "wrong-setup-code"
    title = "That setup code is not good"


class UserMissing(NotFound):
    """Nobody has an account by that name."""

    slug = "user-missing"
    title = "No such user"


class LinkMissing(NotFound):
    """The principal does not belong to that account."""

    slug = "link-missing"
    title = "Not linked"


class TokenMissing(NotFound):
    """No token with that id, or it is somebody else's."""

    slug = "token-missing"
    title = "No such token"


class KeyMissing(NotFound):
    """No public key with that id, or it is somebody else's."""

    slug = "key-missing"
    title = "No such key"


class NameTaken(Conflict):
    """Names are compared without regard to capital letters."""

    slug = "name-taken"
    title = "That name is taken"


class LastAdmin(Conflict):
    """Somebody must be able to run the depot."""

    slug = "last-admin"
    title = "That is the last administrator"


class UnfitForRole(Conflict):
    """An administrator needs a password, a program has none."""

    slug = "unfit-for-role"
    title = "The account does not fit that role"


class LinkTaken(Conflict):
    """A principal belongs to one account at most."""

    slug = "link-taken"
    title = "That belongs to another account"


class KeyTaken(Conflict):
    """A public key belongs to one account."""

    slug = "key-taken"
    title = "That key is registered already"


class AlreadySetUp(Conflict):
    """There is an administrator."""

    slug = "already-set-up"
    title = "This depot has an administrator already"


class BadAccountName(Invalid):
    """A name that no account can have."""

    slug = "bad-account-name"
    title = "That cannot be the name of an account"


class BadPassword(Invalid):
    """A password that is too easy to guess."""

    slug = "bad-password"
    title = "That password cannot be used"


class BadToken(Invalid):
    """What a token shall be does not fit together."""

    slug = "bad-token"
    title = "Such a token cannot be made"


class BadLink(Invalid):
    """Self-declared names and addresses prove nothing."""

    slug = "bad-link"
    title = "That cannot be linked"
