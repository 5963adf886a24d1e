"""Why a file is held back."""

_LONGEST = 80


class Refused(Exception):
    """The file does not pass; the reasons are for people. Never an answer by itself: it becomes a verdict."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def shown(text: str) -> str:
    """A name out of a file as a reason may quote it: short, and nothing but printable ASCII."""
    return (
        text[:_LONGEST].encode("ascii", "backslashreplace").decode() if text.isprintable() else ascii(text[:_LONGEST])
    )
