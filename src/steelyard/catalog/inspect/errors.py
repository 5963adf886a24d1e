"""The one error that leaves a reader."""


class BadHeader(Exception):
    """A file's header is not what its format says, or more than the depot reads; the text is the reason, for people.

    Never an answer by itself: it becomes a problem of the revision.
    """


def shown(data: bytes) -> str:
    """Bytes out of a file as a reason may quote them: short, and nothing but printable ASCII."""
    return ascii(data[:60].decode("utf-8", "replace"))
