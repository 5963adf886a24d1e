"""The errors of imports.

PathRefused 403, PathMissing 404, ImportMissing 404, NothingToImport 400, NameUnclear 400, NothingImported 409.
What is wrong with a single model or file stands in the report and stops nothing else.
"""

from steelyard.core.errors import BadRequest, Conflict, Forbidden, Invalid, NotFound


class PathRefused(Forbidden):
    """The folder is not among those that may be imported."""

    slug = "import-path-refused"
    title = "This folder may not be imported"


class PathMissing(NotFound):
    """The server has no such folder, or may not read it."""

    slug = "import-path-missing"
    title = "There is no such folder on the server"


class PathInvalid(Invalid):
    """The path is not written from the root on."""

    slug = "import-path-invalid"
    title = "That is not a folder of the server"


class ImportMissing(NotFound):
    """No import has that id."""

    slug = "import-missing"
    title = "There is no such import"


class NothingToImport(BadRequest):
    """The folder holds nothing of the kind that was asked for."""

    slug = "nothing-to-import"
    title = "Nothing to import was found"


class NameUnclear(BadRequest):
    """A name was given that cannot be used for what was found."""

    slug = "import-name-unclear"
    title = "The name does not fit what was found"


class NothingImported(Conflict):
    """Everything that was found had to be refused."""

    slug = "nothing-imported"
    title = "Nothing could be imported"
